# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults, delays and kills on request: rules that match requests and do something to them."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.azure.clock import Clock
from lab.azure.messages import Request, Response
from lab.azure.operations import Outcome

_KEYS = {
    "method", "url", "body", "skip", "times", "probability", "seed", "when",
    "delay", "signal", "touch", "block", "respond", "drop", "fail_operation",
}  # fmt: skip
_PATIENCE_SECONDS = 300.0


class ConnectionCut(Exception):
    """The connection has to be cut without an answer."""


@dataclass
class Rule:
    """One rule; ``description`` is what was posted (keys: see ``_KEYS``; README of the lab explains them)."""

    id: str
    description: Mapping[str, Any]
    seen: int = 0
    hits: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        unknown = self.description.keys() - _KEYS
        if unknown:
            raise ValueError(f"a rule has no {', '.join(sorted(unknown))}")
        self._method = re.compile(self.description.get("method", ".*"), re.IGNORECASE)
        self._url = re.compile(self.description.get("url", ""), re.IGNORECASE)
        self._body = re.compile(self.description.get("body", ""), re.DOTALL)
        self._random = random.Random(self.description.get("seed", 0))

    @property
    def when(self) -> str:
        return str(self.description.get("when", "before"))

    def takes(self, request: Request) -> bool:
        """Whether it is this request's turn; counts."""
        path = request.url.split("://", 1)[-1]
        path = path[path.find("/") :]
        if not (
            self._method.fullmatch(request.method)
            and self._url.search(path)
            and self._body.search(request.body.decode("utf-8", "replace"))
        ):
            return False
        self.seen += 1
        times = self.description.get("times", 1 if "probability" not in self.description else None)
        if self.seen <= self.description.get("skip", 0) or (times is not None and self.hits >= times):
            return False
        if self._random.random() >= self.description.get("probability", 1.0):
            return False
        self.hits += 1
        return True

    def state(self) -> dict[str, Any]:
        return {"id": self.id, "seen": self.seen, "hits": self.hits, **self.description}


class Faults:
    """The rules in force. Safe for threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rules: dict[str, Rule] = {}

    def add(self, description: Mapping[str, Any]) -> str:
        """
        Raises:
            ValueError: the rule has keys that no rule has, or a malformed expression.
        """
        try:
            rule = Rule(str(uuid.uuid4()), dict(description))
        except re.error as error:
            raise ValueError(str(error)) from error
        with self._lock:
            self._rules[rule.id] = rule
        return rule.id

    def remove(self, rule_id: str | None = None) -> None:
        """Removes one rule or all; what they block goes on."""
        with self._lock:
            gone = [self._rules.pop(one) for one in list(self._rules) if rule_id in (None, one)]
        for rule in gone:
            rule.released.set()

    def release(self, rule_id: str) -> bool:
        with self._lock:
            rule = self._rules.get(rule_id)
        if rule is None:
            return False
        rule.released.set()
        return True

    def state(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.state() for rule in self._rules.values()]

    def matching(self, request: Request) -> list[Rule]:
        """The rules whose turn it is with this request. Ask once for each request."""
        with self._lock:
            return [rule for rule in self._rules.values() if rule.takes(request)]

    def carry_out(self, rules: list[Rule], when: str) -> Response | None:
        """Does what the rules for this moment say; gives the answer that replaces the service's, if any.

        Raises:
            ConnectionCut
        """
        for rule in rules:
            if rule.when == when:
                replacement = self._carry_out(rule)
                if replacement is not None:
                    return replacement
        return None

    def _carry_out(self, rule: Rule) -> Response | None:
        what = rule.description
        if "delay" in what:
            self._clock.sleep(float(what["delay"]))
        if "touch" in what:
            Path(what["touch"]).touch()
        if "signal" in what:
            number = getattr(signal, f"SIG{what['signal'].get('signal', 'KILL')}")
            try:
                os.kill(int(what["signal"]["pid"]), number)
            except ProcessLookupError:
                pass  # it has ended by itself; the rule's hits tell that this was its moment
        if what.get("block"):
            rule.released.wait(_PATIENCE_SECONDS)
        if what.get("drop"):
            raise ConnectionCut(rule.id)
        if "respond" in what:
            answer = what["respond"]
            return Response(int(answer["status"]), answer.get("body"), answer.get("headers", {}))
        return None


def ordered_outcome(rules: list[Rule]) -> Outcome | None:
    """How the operation that this request starts has to end, if a rule says so."""
    for rule in rules:
        if "fail_operation" in rule.description:
            told = rule.description["fail_operation"]
            return Outcome(
                told.get("status", "Failed"),
                told.get("code", "InternalOperationError"),
                told.get("message", "Internal server error"),
            )
    return None

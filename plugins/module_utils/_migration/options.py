# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What the team decides: options of a plan, and rules that choose by pattern."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Optional

from .facts import WorkloadRecord
from .plan import Plan
from .pod_templates import service_account

DEFAULT_AUDIENCE = "api://AzureADTokenExchange"
DEFAULT_WAVES = ("1", "100%")

METHODS = ("direct", "proxy")
APPLIES = ("live", "export", "none")
ACCOUNT_MODES = ("separate", "share")

_CHOICES = ("include", "method", "service_account", "identity", "wave", "apply")
_PATTERNS = ("namespace", "kind", "name")
_WAVE = re.compile(r"^(?:[1-9]\d*|(?:100|[1-9]?\d)%)$")
_ACCOUNT = re.compile(r"^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$")


class OptionError(ValueError):
    """An option that cannot be meant; the text names it."""


@dataclass(frozen=True)
class Rule:
    """Patterns (shell style, case matters) on the left, choices on the right. A choice of None decides nothing."""

    namespace: Optional[str] = None
    kind: Optional[str] = None
    name: Optional[str] = None
    labels: Mapping[str, str] = field(default_factory=dict)
    include: Optional[bool] = None
    method: Optional[str] = None
    service_account: Optional[str] = None
    identity: Optional[str] = None  # resource ID, client ID or name of an AzureIdentity, or "application"
    wave: Optional[int] = None
    apply: Optional[str] = None

    def __post_init__(self) -> None:
        _one_of("method", self.method, METHODS)
        _one_of("apply", self.apply, APPLIES)
        if self.wave is not None and self.wave < 0:
            raise OptionError(f"rules: wave is {self.wave}; it must be 0 (the canary) or more")
        if self.service_account is not None and not _ACCOUNT.match(self.service_account):
            raise OptionError(f"rules: {self.service_account!r} cannot be the name of a service account")
        if all(getattr(self, choice) is None for choice in _CHOICES):
            raise OptionError(f"rules: {self.text()} decides nothing; give one of {', '.join(_CHOICES)}")

    def matches(self, record: WorkloadRecord) -> bool:
        own = (record.ref.namespace, record.ref.kind, record.ref.name)
        wanted = (self.namespace, self.kind, self.name)
        if not all(
            pattern is None or fnmatch.fnmatchcase(text, pattern) for text, pattern in zip(own, wanted)
        ):
            return False
        labels = record.labels or {}
        return all(
            key in labels and fnmatch.fnmatchcase(str(labels[key]), str(pattern))
            for key, pattern in self.labels.items()
        )

    def weight(self) -> tuple[int, int, int, int]:
        """How specific it is: name before labels before namespace before kind, a literal before a pattern."""
        return (_weight(self.name), 2 * len(self.labels), _weight(self.namespace), _weight(self.kind))

    def text(self) -> str:
        parts = [f"{key}={getattr(self, key)}" for key in _PATTERNS if getattr(self, key) is not None]
        parts += [f"label {key}={value}" for key, value in sorted(self.labels.items())]
        return f"the rule for {', '.join(parts) or 'everything'}"

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Rule:
        """From an option's dict, where everything that was not given is None. Raises OptionError."""
        unknown = sorted(set(data) - {item.name for item in fields(cls)})
        if unknown:
            raise OptionError(f"rules: there is no {unknown[0]!r}")
        given = {key: value for key, value in data.items() if value is not None}
        return cls(**given)


@dataclass(frozen=True)
class Decision:
    """What the rules say of one workload, each choice from the most specific rule that makes it."""

    include: bool = True
    method: str = "direct"
    service_account: Optional[str] = None
    identity: Optional[str] = None
    wave: Optional[int] = None
    apply: Optional[str] = None


@dataclass(frozen=True)
class PlanOptions:
    rules: tuple[Rule, ...] = ()
    regions: tuple[str, ...] = ()  # for identities whose region knows no federated credentials
    identity_resource_group: str = ""  # for them; empty: the group of the identity that they replace
    service_account_mode: str = "separate"  # separate | share
    waves: tuple[str, ...] = DEFAULT_WAVES  # sizes, "1" or "25%"; what is left over makes a last one
    audience: str = DEFAULT_AUDIENCE
    acknowledge: tuple[str, ...] = ()  # finding codes
    fleet_plans: tuple[Plan, ...] = ()  # of other clusters, for the credentials of shared identities

    def __post_init__(self) -> None:
        _one_of("service_account_mode", self.service_account_mode, ACCOUNT_MODES)
        for wave in self.waves:
            if not _WAVE.match(wave):
                raise OptionError(f"waves: {wave!r} is neither a number of workloads nor a percentage")
        if not self.audience:
            raise OptionError("audience: it must not be empty")

    def decide(self, record: WorkloadRecord) -> Decision:
        chosen: dict[str, Any] = {}
        matching = [rule for rule in self.rules if rule.matches(record)]
        for rule in sorted(matching, key=Rule.weight):  # stable: of two alike the later one wins
            chosen.update({key: getattr(rule, key) for key in _CHOICES if getattr(rule, key) is not None})
        return Decision(**chosen)

    def unmatched(self, records: Sequence[WorkloadRecord]) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if not any(rule.matches(record) for record in records))


def current_account(record: WorkloadRecord) -> str:
    """The account as the template names it now; ``record.service_account`` is the one before any switch."""
    return service_account(record.template)


def _one_of(option: str, value: Optional[str], allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise OptionError(f"{option}: {value!r} is not one of {', '.join(allowed)}")


def _weight(pattern: Optional[str]) -> int:
    if pattern is None or pattern == "*":
        return 0
    return 1 if any(mark in pattern for mark in "*?[") else 2

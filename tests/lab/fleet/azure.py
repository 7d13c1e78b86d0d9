# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator's process, as the lab starts it, and its dials for faults."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from lab.fleet.scenario import Cluster
from lab.fleet.world import world
from lab.folder import LabFolder
from lab.kubernetes.process import BackgroundProgram
from lab.own_process import start_module

PATIENCE_SECONDS = 20.0


class EmulatorFailed(Exception):
    """The emulator did not come up; the text ends with its log."""


def emulator(folder: LabFolder) -> BackgroundProgram:
    return BackgroundProgram("azure", folder.logs)


def emulator_runs(folder: LabFolder) -> bool:
    return emulator(folder).running()


def start_emulator(folder: LabFolder, clusters: Sequence[Cluster], tools: Path, speed: float) -> str:
    """Starts the emulator with the fleet's world; gives its URL, without a trailing slash.

    Raises:
        EmulatorFailed
    """
    folder.azure.mkdir(parents=True, exist_ok=True)
    folder.world.write_text(json.dumps(world(clusters), indent=2) + "\n")
    folder.world.chmod(0o600)
    address = folder.azure / "address.json"
    address.unlink(missing_ok=True)
    program = emulator(folder)
    start_module(
        program,
        "lab.azure",
        *("--state-dir", folder.azure, "--world", folder.world, "--exchanges", folder.exchanges),
        *("--kubernetes-home", folder.kubernetes, "--tools", tools, "--speed", str(speed)),
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not address.exists():
        if not program.running() or time.monotonic() > deadline:
            raise EmulatorFailed(f"the emulated Azure did not come up:\n{program.last_words()}")
        time.sleep(0.05)
    return str(json.loads(address.read_text())["url"]).rstrip("/")


def instance_metadata_url(azure_url: str, cluster: str) -> str:
    """Where instance metadata of a pod answers, with ``{namespace}`` and ``{pod}`` to fill in."""
    return f"{azure_url}/_imds/{cluster}/{{namespace}}/{{pod}}"


@dataclass(frozen=True)
class Controls:
    """The emulator's control endpoint: faults, stops at chosen requests, its dials and its world."""

    folder: LabFolder
    url: str

    def add_rule(self, **rule: Any) -> str:
        """A rule for matching requests (``method``, ``url``, ``skip``, ``times``, ...); gives its ID."""
        return str(self._ask("POST", "/rules", rule)["id"])

    def rule_hits(self, rule_id: str) -> int:
        """How often a rule has acted."""
        answer = self._ask("GET", "/rules")
        rules = answer["rules"] if isinstance(answer, dict) else answer
        return next(int(rule["hits"]) for rule in rules if str(rule["id"]) == rule_id)

    def release(self, rule_id: str) -> None:
        """Lets the requests go on that a rule with ``block`` holds."""
        self._ask("POST", f"/rules/{rule_id}/release")

    def remove_rules(self) -> None:
        self._ask("DELETE", "/rules")

    def add_to_world(self, **parts: Any) -> None:
        """Resources in the shape of ``world.json``."""
        self._ask("POST", "/world", parts)

    def remove_from_world(self, resource_id: str) -> None:
        self._ask("DELETE", f"/world?id={resource_id}")

    def turn(self, **dials: float) -> None:
        """Sets delays, in seconds at speed 1."""
        self._ask("PATCH", "/dials", dials)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        pool = urllib3.PoolManager(ca_certs=str(self.folder.ca), retries=False, timeout=30)
        answer = pool.request(
            method,
            f"{self.url}/_lab{path}",
            body=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        if answer.status >= 400:
            raise EmulatorFailed(
                f"{method} /_lab{path}: {answer.status}: {answer.data.decode(errors='replace')}"
            )
        return json.loads(answer.data) if answer.data else {}

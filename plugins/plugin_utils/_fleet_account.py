# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection.
"""What a whole run did to each cluster: fed with one result at a time, read at the end as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ._step_account import COLLECTION, tally

_NOTE_WIDTH = 100
_MOVED = ("switched", "already", "masked", "waiting_for_pod")
_NOT_MOVED = ("blocked", "held", "exported", "rolled_back", "failed")  # states of workloads


@dataclass
class ClusterAccount:
    """What is known of one cluster so far. ``failure`` is the message of the task that ended its run."""

    plan: Optional[str] = None
    workloads: Optional[Mapping[str, Any]] = None
    undone: bool = False
    verified: bool = False
    retired: bool = False
    changes: int = 0
    failure: Optional[str] = None
    note: str = ""


@dataclass
class FleetAccount:
    check_mode: bool = False
    clusters: dict[str, ClusterAccount] = field(default_factory=dict)

    def record(
        self, host: str, action: str, arguments_state: Optional[str], result: Mapping[str, Any]
    ) -> None:
        """Take in the result of a task that succeeded; ``arguments_state`` is its option ``state``."""
        if not action.startswith(COLLECTION):
            return
        account = self.clusters.setdefault(host, ClusterAccount())
        account.changes += 1 if result.get("changed") else 0
        module = action[len(COLLECTION) :]
        if module == "migration_plan":
            account.plan = str(result.get("state"))
        elif module == "workloads":
            account.workloads = result.get("counts") or {}
            account.undone = arguments_state == "pod_identity"
        elif module == "pod_identity":
            account.retired = arguments_state != "present"

    def verified(self, host: str) -> None:
        self.clusters.setdefault(host, ClusterAccount()).verified = True

    def failed(self, host: str, message: str, result: Mapping[str, Any]) -> None:
        """Take in the failure that ended the run of ``host``; partial results of ``result`` count."""
        account = self.clusters.setdefault(host, ClusterAccount())
        account.failure = message
        account.changes += 1 if result.get("changed") else 0
        if isinstance(result.get("counts"), Mapping):
            account.workloads = result["counts"]

    def table(self) -> list[str]:
        """One line for each cluster, headed and aligned; empty where the run touched no cluster."""
        if not self.clusters:
            return []
        rows = [("cluster", "state", "changed steps", "account")]
        rows += [
            (host, state(account, self.check_mode), str(account.changes), _note(account))
            for host, account in sorted(self.clusters.items())
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return ["  ".join([*(row[at].ljust(widths[at]) for at in range(3)), row[3]]).rstrip() for row in rows]

    def headline(self) -> str:
        failed = sum(1 for account in self.clusters.values() if account.failure)
        words = (
            f"{len(self.clusters)} clusters, {failed} failed"
            if failed
            else f"{len(self.clusters)} clusters, none failed"
        )
        return f"{words} (check mode, nothing was changed)" if self.check_mode else words


def state(account: ClusterAccount, check_mode: bool) -> str:
    """The one word for where a cluster stands at the end of the run."""
    if account.failure is not None:
        return "FAILED"
    if account.retired:
        return "would be retired" if check_mode else "retired"
    if account.undone:
        return "would go back" if check_mode else "rolled back"
    if account.verified and account.plan != "nothing_to_migrate":
        return ("would be " if check_mode else "") + _progress(account.workloads or {})
    if account.plan is not None:
        return account.plan.replace("_", " ")
    return "seen"


def _progress(workloads: Mapping[str, Any]) -> str:
    if not any(workloads.get(name) for name in _NOT_MOVED):
        return "migrated"
    return "partly migrated" if any(workloads.get(name) for name in _MOVED) else "not migrated"


def _note(account: ClusterAccount) -> str:
    words = [f"workloads: {tally(account.workloads)}"] if account.workloads else []
    if account.failure is not None:
        first = " ".join(account.failure.split())
        words.append(first if len(first) <= _NOTE_WIDTH else first[: _NOTE_WIDTH - 1] + "…")
    return "; ".join(words)

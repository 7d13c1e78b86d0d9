# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What became of workloads, as modules return it (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._migration.facts import ObjectRef

STATES = (
    "switched",
    "already",
    "masked",
    "held",
    "rolled_back",
    "exported",
    "waiting_for_pod",
    "failed",
    "blocked",
)
_MOST = 200  # workloads in a result, failures first; the counts are about all


@dataclass(frozen=True)
class Outcome:
    ref: ObjectRef
    state: str  # one of STATES
    detail: str = ""
    wave: int = 0
    changed: bool = False  # in this run
    before: Mapping[str, Any] = field(default_factory=dict)  # pod template, for the diff
    after: Mapping[str, Any] = field(default_factory=dict)
    on_request: bool = False  # rolled back because it was asked for

    @property
    def failed(self) -> bool:
        """Whether this run failed for it. A workload that is held from an earlier run did not fail in this
        one."""
        return self.state == "failed" or (self.state == "rolled_back" and not self.on_request)


def shown(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """At most 200 of them, failures and changes first."""
    chosen = sorted(outcomes, key=lambda item: (not item.failed, not item.changed, item.state == "already"))[
        :_MOST
    ]
    return [
        {"ref": text(item.ref), "state": item.state, "wave": item.wave, "detail": item.detail[:600]}
        for item in sorted(chosen, key=lambda item: (item.wave, text(item.ref)))
    ]


def counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many are in each state, every state named; ``total`` is all."""
    found = dict.fromkeys(STATES, 0)
    total = 0
    for item in outcomes:
        found[item.state] += 1
        total += 1
    return {**found, "total": total}


def failure_text(cluster: str, outcomes: Sequence[Outcome]) -> str:
    failed = [item for item in outcomes if item.failed]
    lines = [f"{text(item.ref)} {item.state.replace('_', ' ')}: {item.detail}" for item in failed[:5]]
    more = f" (and {len(failed) - 5} more)" if len(failed) > 5 else ""
    return f"{cluster}: {len(failed)} of {len(outcomes)} workloads failed: " + " | ".join(lines) + more


def diff(outcomes: Iterable[Outcome]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Pod templates before and after, of the changed ones."""
    changed = [item for item in outcomes if item.changed]
    return (
        {text(item.ref): item.before for item in changed},
        {text(item.ref): item.after for item in changed},
    )


def text(ref: ObjectRef) -> str:
    """``Deployment team-a/web``"""
    return f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"

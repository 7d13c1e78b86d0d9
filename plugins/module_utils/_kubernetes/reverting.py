# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Workloads back to Pod Identity, by the undo records that they carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from .._migration import rewriting
from .._migration.facts import ObjectRef
from . import switching
from .client import KubernetesClient
from .errors import KubernetesError
from .paths import collection
from .selecting import chosen
from .waiting import Waiting, wait_for_rollouts
from .workload_outcomes import Outcome

# What can be switched live, and so be undone.
KINDS = (
    ("Deployment", "apps/v1"),
    ("StatefulSet", "apps/v1"),
    ("DaemonSet", "apps/v1"),
    ("CronJob", "batch/v1"),
)


@dataclass(frozen=True)
class Wishes:
    waiting: Waiting
    force: bool = False  # also where somebody else has changed what would be restored
    hold: bool = False  # so that the next migration passes over them


def switched_workloads(client: KubernetesClient) -> dict[ObjectRef, dict[str, Any]]:
    """All workloads of the cluster that carry an undo record."""
    found = {}
    for kind, api_version in KINDS:
        for item in client.list(collection(kind, None, api_version)):
            if rewriting.switched(item):
                metadata = item["metadata"]
                found[ObjectRef(kind, metadata.get("namespace", ""), metadata["name"], api_version)] = item
    return found


def revert(
    client: KubernetesClient,
    objects: Mapping[ObjectRef, Mapping[str, Any]],
    patterns: Optional[Sequence[Mapping[str, Any]]],
    wishes: Wishes,
    say: Callable[[str], None],
) -> tuple[Outcome, ...]:
    """Undoes all that the patterns choose, then waits for all rollouts. A workload's own trouble is its
    outcome."""
    outcomes: dict[ObjectRef, Outcome] = {}
    for ref, item in objects.items():
        if chosen(ref, patterns):
            outcomes[ref] = _undo(client, ref, item, wishes)
    rolling = [ref for ref, outcome in outcomes.items() if outcome.changed]
    if rolling and not client.dry_run:
        say(f"{client.cluster}: {len(rolling)} workloads go back to Pod Identity")
        for ref, watched in wait_for_rollouts(client, rolling, wishes.waiting, say, switched=False).items():
            if watched.failure:
                detail = f"its template is as before the switch, but it is not well: {watched.failure}"
                outcomes[ref] = replace(outcomes[ref], state="failed", detail=detail)
    return tuple(outcomes.values())


def _undo(client: KubernetesClient, ref: ObjectRef, item: Mapping[str, Any], wishes: Wishes) -> Outcome:
    reason = "put back on request" if wishes.hold else ""
    try:
        conflicts = switching.undo_conflicts(item)
        if conflicts and not wishes.force:
            detail = f"not touched: changed by somebody since the switch: {'; '.join(conflicts)}. Use force"
            " to restore the rest"
            return Outcome(ref, "failed", detail)
        after = client.change(
            switching.path(ref), lambda current: switching.undo_patch(current, hold_reason=reason)
        )
    except KubernetesError as error:
        return Outcome(ref, "failed", str(error))
    detail = f"left as it is, since somebody changed it: {'; '.join(conflicts)}" if conflicts else ""
    return Outcome(
        ref,
        "rolled_back",
        detail,
        changed=True,
        before=switching.template(item),
        after=switching.template(after),
        on_request=True,
    )

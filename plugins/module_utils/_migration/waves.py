# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The order in which workloads are switched: a canary first, then the rest in steps."""

from __future__ import annotations

from collections.abc import Sequence

from .accounts import Candidate
from .facts import ObjectRef

_RANK = {"Deployment": 0, "StatefulSet": 1, "DaemonSet": 2, "CronJob": 3}


def waves(candidates: Sequence[Candidate], sizes: Sequence[str]) -> dict[ObjectRef, int]:
    """Wave of each workload, from 0 on. A rule's own wave wins; the others fill the sizes in their order.

    Sizes are numbers of workloads or percentages of them ("25%", at least one); what is left over makes a last wave.
    """
    fixed = {item.record.ref: item.decision.wave for item in candidates if item.decision.wave is not None}
    free = sorted((item for item in candidates if item.record.ref not in fixed), key=_order)
    result: dict[ObjectRef, int] = dict(fixed)
    start = number = 0
    for number, size in enumerate([*sizes, "100%"]):
        end = min(len(free), start + _count(size, len(free)))
        result.update({item.record.ref: number for item in free[start:end]})
        start = end
    return result


def _order(item: Candidate) -> tuple[int, int, int, int, str, str, str]:
    """What shows most for least comes first: it runs, rolls by itself, keeps its identity and needs no proxy."""
    record = item.record
    return (
        0 if record.rolls == "rolling" else 1,
        0 if record.replicas != 0 else 1,
        # Whether or not the new one is there by now: a later run has to find the waves of the first.
        1 if any(target.source_id for target in item.targets) else 0,
        _RANK.get(record.ref.kind, 9) + (10 if item.decision.method == "proxy" else 0),
        record.ref.namespace,
        record.ref.name,
        record.ref.kind,
    )


def _count(size: str, total: int) -> int:
    if size.endswith("%"):
        return max(1, total * int(size[:-1]) // 100)
    return int(size)

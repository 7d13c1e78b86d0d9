# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What is to be said of a switched workload, by what was seen of it (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Optional

from .._migration.facts import ObjectRef
from .._migration.plan import PlannedWorkload
from .injection import Expected, faults
from .rollouts import rollout
from .waiting import Watched
from .workload_outcomes import Outcome


@dataclass(frozen=True)
class Work:
    """One planned workload and what there is of it."""

    planned: PlannedWorkload
    expected: Expected
    current: Optional[Mapping[str, Any]]

    @property
    def ref(self) -> ObjectRef:
        return self.planned.ref


def verdict(work: Work, watched: Watched, now: Optional[Outcome]) -> Outcome:
    """The state of a switched workload by what was seen of it; ``now``: how it was switched in this
    run."""
    base = now or Outcome(work.ref, settled(work), "", work.planned.wave)
    if watched.failure:
        return replace(base, state="failed", detail=watched.failure)
    wrong = [
        f"pod {pod['metadata']['name']}: {'; '.join(found)}"
        for pod in watched.pods
        for found in [faults(pod, work.expected)]
        if found
    ]
    if wrong:
        return replace(base, state="failed", detail=" | ".join(wrong[:2]))
    if not watched.pods:
        return replace(base, state="waiting_for_pod", detail="switched, and no pod of it seen yet")
    if work.planned.keep_label:
        return replace(
            base, state="masked", detail="it keeps the label aadpodidbinding, which its selector needs"
        )
    return base


def settled(work: Work) -> str:
    return "masked" if work.planned.keep_label else "already"


def failure(work: Work) -> str:
    state = rollout(work.current or {})
    return f"its rollout has failed: {state.message}" if state.failed else ""

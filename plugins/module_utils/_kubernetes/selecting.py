# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Workloads chosen by shell patterns of kind, namespace and name (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Optional

from .._migration.facts import ObjectRef

_API_VERSIONS = {"CronJob": "batch/v1", "Job": "batch/v1", "Pod": "v1", "ReplicationController": "v1"}


def chosen(ref: ObjectRef, patterns: Optional[Sequence[Mapping[str, Any]]]) -> bool:
    """Whether any pattern fits; no patterns at all choose everything, and a key that is left out fits all."""
    if not patterns:
        return True
    return any(
        all(
            fnmatchcase(getattr(ref, key), str(pattern.get(key) or "*"))
            for key in ("kind", "namespace", "name")
        )
        for pattern in patterns
    )


def unmatched(refs: Sequence[ObjectRef], patterns: Sequence[Mapping[str, Any]]) -> list[str]:
    """Patterns that fit nothing, as text: most likely a mistyped name."""
    return [
        f"{pattern.get('kind') or '*'} {pattern.get('namespace') or '*'}/{pattern.get('name') or '*'}"
        for pattern in patterns
        if any(pattern.get(key) for key in ("kind", "namespace", "name"))
        and not any(chosen(ref, [pattern]) for ref in refs)
    ]


def named(item: Mapping[str, Any]) -> ObjectRef:
    """The workload that an entry of a list names outright."""
    kind = str(item["kind"])
    return ObjectRef(kind, str(item["namespace"]), str(item["name"]), _API_VERSIONS.get(kind, "apps/v1"))

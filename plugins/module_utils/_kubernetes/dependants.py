# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The "-wi" twins of SecretProviderClasses and TriggerAuthentications, there before the workloads that point
to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._migration.plan import PlannedWorkload
from .client import KubernetesClient
from .paths import path_of


def needed(
    twins: Sequence[Mapping[str, Any]], workloads: Sequence[PlannedWorkload]
) -> list[Mapping[str, Any]]:
    """The twins that these workloads will use, and those of cluster-wide kinds (pure)."""
    used = {(item.ref.namespace, twin) for item in workloads for twin in (item.dependants or {}).values()}
    return [twin for twin in twins if _key(twin)[0] == "" or _key(twin) in used]


def ensure(client: KubernetesClient, twins: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Applies what is missing or differs; gives the names of those written. Raises KubernetesError."""
    written = []
    for twin in twins:
        path = path_of(twin)
        current = client.find(path)
        if current is None or not covers(current, twin):
            client.apply(path, twin, force=True)
            written.append(f"{twin['kind']} {'/'.join(part for part in _key(twin) if part)}")
    return tuple(written)


def covers(current: Any, wanted: Any) -> bool:
    """Whether all that is wanted is there already; the API server and controllers may have added more
    (pure)."""
    if isinstance(wanted, Mapping):
        return isinstance(current, Mapping) and all(
            key in current and covers(current[key], wanted[key]) for key in wanted
        )
    if isinstance(wanted, (list, tuple)):
        return (
            isinstance(current, (list, tuple))
            and len(current) == len(wanted)
            and all(covers(there, item) for there, item in zip(current, wanted))
        )
    return bool(current == wanted)


def _key(twin: Mapping[str, Any]) -> tuple[str, str]:
    metadata = twin.get("metadata") or {}
    return str(metadata.get("namespace") or ""), str(metadata["name"])

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Room for federated credentials: what each identity has and what the whole fleet is going to add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from .._migration.credentials import LIMIT
from .._migration.facts import Facts
from .._migration.plan import Plan
from .record import Budget
from .steps import missing_credentials

_NEAR = 3  # places left

_ORDER = ("over", "full", "near", "unknown", "fits")


def of_fleet(clusters: Sequence[tuple[str, Facts, Plan]]) -> tuple[Budget, ...]:
    """One for each identity that a plan uses, those in need first. ``clusters``: (name, facts, plan)."""
    names: dict[str, str] = {}
    standing: dict[str, Optional[set[tuple[str, str]]]] = {}
    for _cluster, facts, plan in clusters:
        for planned in plan.identities:
            names.setdefault(planned.id.lower(), planned.id)
            if planned.create and not facts.azure.cluster.oidc_issuer_enabled:
                # It is still to be made. Later nobody reads it, since no AzureIdentity names it.
                standing.setdefault(planned.id.lower(), set())
        for identity in facts.azure.identities:
            known = {(item.issuer, item.subject) for item in identity.credentials}
            if identity.federation == "supported":
                # Clusters are read one after the other: a credential that any of them saw is there.
                standing[identity.id.lower()] = known | (standing.get(identity.id.lower()) or set())
    planned_here: dict[str, dict[str, int]] = {key: {} for key in names}
    for cluster, facts, plan in clusters:
        for credential in missing_credentials(facts, plan):
            key = credential.identity_id.lower()
            seen = standing.get(key) or set()
            if key in planned_here and (credential.issuer, credential.subject) not in seen:
                planned_here[key][cluster] = planned_here[key].get(cluster, 0) + 1
    budgets = [_budget(names[key], standing.get(key), planned_here[key]) for key in sorted(names)]
    return tuple(
        sorted(budgets, key=lambda item: (_ORDER.index(item.state), -item.total, item.identity_id.lower()))
    )


def _budget(identity_id: str, standing: Optional[set[tuple[str, str]]], planned: dict[str, int]) -> Budget:
    existing = None if standing is None else len(standing)
    coming = sum(planned.values())
    total = (existing or 0) + coming
    if total > LIMIT and coming:
        state = "over"
    elif existing is None:
        state = "unknown"
    elif total >= LIMIT:
        state = "full"
    else:
        state = "near" if LIMIT - total <= _NEAR else "fits"
    return Budget(
        identity_id=identity_id,
        name=identity_id.rpartition("/")[2],
        limit=LIMIT,
        existing=existing,
        planned=dict(sorted(planned.items())),
        total=total,
        state=state,
    )

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that ends after a wave and one that goes on later have to mean the same waves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from unit.migration import cluster_cases

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import discover
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import (
    Facts,
    IdentityFacts,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.options import PlanOptions
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.planning import plan

CASE: Mapping[str, Any] = {
    "identities": [
        {"name": "old", "region": "malaysiasouth", "federation": "unsupported"},
        {"name": "app"},
    ],
    "workloads": [
        {"is": "Deployment a/moved", "label": "old", "account": "moved"},
        {"is": "Deployment b/plain", "label": "app", "account": "plain"},
    ],
}


def waves(facts: Facts) -> dict[str, int]:
    return {item.ref.name: item.wave for item in plan(facts, PlanOptions(regions=("westeurope",))).workloads}


def test_an_identity_that_has_been_created_since_does_not_make_another_canary() -> None:
    facts = discover(cluster_cases.raw_cluster(CASE), cluster_cases.azure_side(CASE))
    planned = plan(facts, PlanOptions(regions=("westeurope",)))
    (new,) = (item for item in planned.identities if item.create)
    made = IdentityFacts(new.id, True, "westeurope", "client-new", "principal-new", "tenant", "supported")
    later = replace(facts, azure=replace(facts.azure, identities=(*facts.azure.identities, made)))
    assert [
        item.id for item in plan(later, PlanOptions(regions=("westeurope",))).identities if item.create
    ] == []
    assert waves(facts) == waves(later) == {"plain": 0, "moved": 1}

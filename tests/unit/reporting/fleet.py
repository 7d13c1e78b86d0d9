# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of fleet.yaml as inputs of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from unit.migration import cluster_cases

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import discover
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import (
    Facts,
    FederatedCredential,
    WorkloadRecord,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import Plan
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.planning import plan
from ansible_collections.aksops.workload_identity.plugins.module_utils._reporting.assembling import assemble
from ansible_collections.aksops.workload_identity.plugins.module_utils._reporting.record import (
    ClusterInput,
    Report,
)

CASES: tuple[Mapping[str, Any], ...] = tuple(
    yaml.safe_load((Path(__file__).parent / "fleet.yaml").read_text())
)
MADE_AT = "2026-11-23T22:30:05Z"
STOPPED = ClusterInput("aks-stopped", reason="The cluster is stopped. Start it (az aks start) and run again.")


def cluster(case: Mapping[str, Any]) -> ClusterInput:
    """One cluster of the file, with what has been done to it since."""
    facts = discover(cluster_cases.raw_cluster(case), cluster_cases.azure_side(case))
    planned = plan(facts, cluster_cases.plan_options(case))
    done = case.get("done", {})
    facts = replace(facts, workloads=tuple(_moved(item, done) for item in facts.workloads))
    if done.get("federated"):
        facts = _federated(facts, planned)
    if done.get("annotated"):
        facts = _annotated(facts, planned)
    exchanges = None
    if "tokens" in done:
        exchanges = tuple(_exchange(place, outcome) for place, outcome in done["tokens"].items())
    return ClusterInput(case["cluster"], facts, planned, exchanges=exchanges)


def report(*inputs: ClusterInput) -> Report:
    """A report of these clusters, or of the whole fleet and one that is stopped."""
    every = inputs or (*(cluster(case) for case in CASES), STOPPED)
    return assemble(every, "Clusters of the shop", MADE_AT, "0.1.0")


def _moved(record: WorkloadRecord, done: Mapping[str, Any]) -> WorkloadRecord:
    place = f"{record.ref.namespace}/{record.ref.name}"
    wrong = done.get("unhealthy", {}).get(place)
    return replace(
        record,
        switched=place in done.get("switched", ()),
        held=done.get("held", {}).get(place),
        healthy=wrong is None,
        health=wrong or "",
    )


def _federated(facts: Facts, planned: Plan) -> Facts:
    identities = tuple(
        replace(
            identity,
            credentials=tuple(
                FederatedCredential(item.name, item.issuer, item.subject, (item.audience,))
                for item in planned.credentials
                if item.identity_id == identity.id
            ),
        )
        for identity in facts.azure.identities
    )
    return replace(facts, azure=replace(facts.azure, identities=identities))


def _annotated(facts: Facts, planned: Plan) -> Facts:
    accounts = tuple(
        {
            "kind": "ServiceAccount",
            "metadata": {
                "namespace": item.namespace,
                "name": item.name,
                "annotations": {"azure.workload.identity/client-id": item.client_id},
            },
        }
        for item in planned.service_accounts
    )
    return replace(facts, service_accounts=accounts)


def _exchange(place: str, outcome: str) -> Mapping[str, Any]:
    namespace, _slash, name = place.partition("/")
    words = "" if outcome == "proved" else "AADSTS700213: no matching federated identity record was found."
    return {"namespace": namespace, "service_account": name, "outcome": outcome, "explanation": words}

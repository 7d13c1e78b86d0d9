# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report makes of facts and plans: states, steps, room on identities (fleet.yaml says what to expect)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from unit.reporting import fleet

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.records import (
    from_data,
    to_data,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._reporting.record import (
    ClusterInput,
    Report,
    Step,
)

IDS = [str(case["cluster"]) for case in fleet.CASES]


def short(step: Step) -> str:
    return f"{step.state} {step.done}/{step.total}" if step.total else step.state


@pytest.mark.parametrize("case", fleet.CASES, ids=IDS)
def test_a_cluster_is_where_its_facts_say(case: Mapping[str, Any]) -> None:
    made = fleet.report(fleet.cluster(case))
    (cluster,) = made.clusters
    expected = case["expect"]
    assert cluster.state == expected["state"]
    assert {step.key: short(step) for step in cluster.steps} == expected["steps"]
    assert {f"{item.namespace}/{item.name}": item.state for item in made.workloads} == expected["workloads"]


def test_clusters_in_trouble_come_first() -> None:
    assert [item.cluster for item in fleet.report().clusters] == [
        "aks-stopped",
        "aks-blocked",
        "aks-ready",
        "aks-under-way",
        "aks-switched",
        "aks-free",
    ]


def test_a_cluster_without_facts_is_told_with_its_reason() -> None:
    (cluster,) = fleet.report(fleet.STOPPED).clusters
    assert (cluster.state, cluster.reason) == ("not_readable", fleet.STOPPED.reason)


def test_a_missing_reason_is_not_passed_over_in_silence() -> None:
    (cluster,) = fleet.report(ClusterInput("aks-x")).clusters
    assert cluster.reason == "It was not looked at."


def test_findings_come_gravest_first() -> None:
    severities = [item.severity for item in fleet.report().findings]
    assert severities == sorted(severities, key=["blocker", "warning", "note"].index)
    assert severities[0] == "blocker"


def test_the_order_of_the_inputs_changes_nothing() -> None:
    inputs = [*(fleet.cluster(case) for case in fleet.CASES), fleet.STOPPED]
    assert fleet.report(*inputs) == fleet.report(*reversed(inputs))


def test_a_cluster_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="aks-stopped is given more than once"):
        fleet.report(fleet.STOPPED, fleet.STOPPED)


def test_a_report_comes_back_from_its_file() -> None:
    made = fleet.report()
    assert from_data(Report, to_data(made)) == made


def test_totals_add_up() -> None:
    totals = fleet.report().totals
    assert totals["clusters"] == 6
    assert totals["clusters_not_readable"] == 1
    assert totals["clusters_free"] == 1
    assert totals["workloads"] == 14
    assert totals["workloads_switched"] == 5
    assert totals["workloads_excluded"] == 1


def budget(name: str, *inputs: ClusterInput) -> tuple[int | None, int, str]:
    (found,) = [item for item in fleet.report(*inputs).budgets if item.name == name]
    return found.existing, sum(found.planned.values()), found.state


def one(case: Mapping[str, Any]) -> ClusterInput:
    return fleet.cluster({"cluster": "aks-1", **case})


@pytest.mark.parametrize(
    ("standing", "state"), [(0, "fits"), (15, "fits"), (16, "near"), (18, "near"), (19, "full")]
)
def test_room_is_counted_with_what_the_plan_adds(standing: int, state: str) -> None:
    case = {
        "identities": [{"name": "app", "credentials": standing}],
        "workloads": [{"is": "Deployment a/web", "label": "app", "account": "web"}],
    }
    assert budget("app", one(case)) == (standing, 1, state)


def test_clusters_that_each_fit_may_be_too_many_together() -> None:
    case = {
        "identities": [{"name": "app", "credentials": 19}],
        "workloads": [{"is": "Deployment a/web", "label": "app", "account": "web"}],
    }
    first = one(case)
    assert first.plan is not None
    moved = tuple(replace(item, issuer="https://other/") for item in first.plan.credentials)
    second = replace(first, cluster="aks-2", plan=replace(first.plan, credentials=moved))
    assert budget("app", first, second) == (19, 2, "over")


def test_a_credential_that_two_clusters_see_counts_once() -> None:
    case = {
        "identities": [{"name": "app", "credentials": 3}],
        "workloads": [{"is": "Deployment a/web", "label": "app", "account": "web"}],
    }
    first = one(case)
    assert budget("app", first, replace(first, cluster="aks-2"))[0] == 3


def test_an_identity_that_could_not_be_read_has_no_invented_number() -> None:
    case = {
        "identities": [{"name": "app", "federation": "unknown"}],
        "workloads": [{"is": "Deployment a/web", "label": "app", "account": "web"}],
    }
    assert budget("app", one(case)) == (None, 1, "unknown")


def test_an_account_that_was_refused_one_of_its_tokens_is_not_verified() -> None:
    case = next(item for item in fleet.CASES if item["cluster"] == "aks-switched")
    given = fleet.cluster(case)
    half = (
        {"namespace": "site", "service_account": "web", "outcome": "proved"},
        {"namespace": "site", "service_account": "web", "outcome": "failed", "explanation": "Not that one."},
    )
    made = fleet.report(replace(given, exchanges=half))
    assert (made.workloads[0].state, made.workloads[0].detail) == ("unproven", "Not that one.")
    assert {step.key: short(step) for step in made.clusters[0].steps}["verified"] == "open 0/1"

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reviewed plan is taken as it is, unless the cluster has moved on or the plan cannot be carried out."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit.migration import cluster_cases

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration import rewriting
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import discover
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import (
    Facts,
    RawCluster,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.merge_patch import patched
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import Plan
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan_review import (
    ReviewError,
    accepted,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.planning import (
    PlanOptions,
    plan,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.records import to_data
from ansible_collections.aksops.workload_identity.plugins.module_utils._plan_files import (
    PlanError,
    plan_to_file,
)

CASE: Mapping[str, Any] = {
    "issuer": False,
    "identities": [{"name": "app"}, {"name": "other"}],
    "workloads": [
        {"is": "Deployment default/web", "label": "app", "account": "web"},
        {"is": "CronJob default/nightly", "label": "other", "account": "nightly"},
        {"is": "Deployment kube-system/agent", "label": "app", "account": "agent"},
    ],
}


def facts_of(case: Mapping[str, Any]) -> Facts:
    return discover(cluster_cases.raw_cluster(case), cluster_cases.azure_side(case))


def changed(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(dict(CASE)), **changes}


def review(reviewed: Plan, facts: Facts) -> Plan:
    return accepted(reviewed, plan(facts, PlanOptions()), facts)


REVIEWED = plan(facts_of(CASE), PlanOptions())


def test_on_the_same_cluster_it_is_taken_as_it_is() -> None:
    assert review(REVIEWED, facts_of(CASE)) == REVIEWED


def test_an_issuer_that_came_with_the_migration_is_filled_in() -> None:
    taken = review(REVIEWED, facts_of(changed(issuer=True)))
    assert taken.issuer_url == cluster_cases.ISSUER
    assert {item.issuer for item in taken.credentials} == {cluster_cases.ISSUER}


def test_an_identity_that_the_migration_created_does_not_matter() -> None:
    facts = facts_of(CASE)
    made = replace(facts.azure.identities[0], id=cluster_cases.resource_id("app-westeurope"))
    azure = replace(facts.azure, identities=(*facts.azure.identities, made))
    assert review(REVIEWED, replace(facts, azure=azure)) == REVIEWED


def test_health_replicas_and_images_do_not_matter() -> None:
    case = changed()
    case["workloads"][0].update(
        replicas=7,
        pods=3,
        status={"availableReplicas": 0},
        template={"spec": {"containers": [{"name": "main", "image": "registry.example/app:2"}]}},
    )
    taken = review(REVIEWED, facts_of(case))
    assert taken.workloads == REVIEWED.workloads
    assert "unhealthy" in {item.code for item in taken.findings}


def test_what_an_earlier_run_has_switched_does_not_matter() -> None:
    raw = cluster_cases.raw_cluster(CASE)
    web = next(item for item in REVIEWED.workloads if item.ref.name == "web")
    switched = []
    for obj in raw.objects["deployments.apps"]:
        if obj["metadata"]["name"] == "web":
            change = rewriting.switch({**obj, "kind": "Deployment"}, web)
            obj = patched(obj, change.patch)
        switched.append(obj)
    now = RawCluster({**raw.objects, "deployments.apps": tuple(switched)}, (), raw.server_version)
    facts = discover(now, cluster_cases.azure_side(CASE))
    assert any(record.switched for record in facts.workloads)
    assert review(REVIEWED, facts).workloads == REVIEWED.workloads


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"account": "web2"}, "Deployment default/web: service account was 'web' and is 'web2'"),
        ({"label": "other"}, "Deployment default/web: identities was"),
        ({"env": {"AZURE_CLIENT_ID": "client-app"}}, "client IDs was '' and is 'client-app'"),
        ({"is": "Deployment default/shop"}, "Deployment default/shop is new; Deployment default/web is gone"),
        ({"template": {"spec": {"hostNetwork": True}}}, "Deployment default/web: proxy was 'possible'"),
    ],
)
def test_a_workload_that_changed_is_told(change: Mapping[str, Any], words: str) -> None:
    case = changed()
    case["workloads"][0].update(change)
    with pytest.raises(ReviewError, match="moved on") as error:
        review(REVIEWED, facts_of(case))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exists": False}, "exists was 'yes' and is 'no'"),
        ({"federation": "unsupported"}, "federation was 'supported' and is 'unsupported'"),
        (
            {"resource_id": cluster_cases.resource_id("elsewhere")},
            "AzureIdentity default/app: resource ID was",
        ),
    ],
)
def test_an_identity_that_changed_is_told(change: Mapping[str, Any], words: str) -> None:
    case = changed()
    case["identities"][0].update(change)
    with pytest.raises(ReviewError) as error:
        review(REVIEWED, facts_of(case))
    assert words in str(error.value)


def test_bare_pods_and_jobs_come_and_go() -> None:
    case = changed()
    case["workloads"].append({"is": "Pod default/task", "label": "app", "account": "web"})
    with_pod = review(REVIEWED, facts_of(case))
    assert [item.ref.kind for item in with_pod.workloads][-1] == "Pod"
    assert review(with_pod, facts_of(CASE)).workloads == REVIEWED.workloads


def edited(name: str, **values: Any) -> Plan:
    return replace(
        REVIEWED,
        workloads=tuple(
            replace(item, **values) if item.ref.name == name else item for item in REVIEWED.workloads
        ),
    )


def test_method_wave_and_apply_may_be_edited_and_workloads_taken_out() -> None:
    chosen = edited("web", method="proxy", wave=3, apply="export")
    chosen = replace(chosen, workloads=tuple(item for item in chosen.workloads if item.ref.name != "nightly"))
    assert review(chosen, facts_of(CASE)).workloads == chosen.workloads


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (edited("web", method="magic"), "has method 'magic'"),
        (edited("web", apply="never"), "has apply 'never'"),
        (edited("web", wave=-1), "has wave -1"),
        (edited("agent", apply="live"), "Deployment kube-system/agent is blocked: kube-system"),
        (edited("web", service_account="nobody"), "which is not among service_accounts"),
        (replace(REVIEWED, credentials=()), "there is no federated credential"),
        (replace(REVIEWED, issuer_url="https://other/"), "issuer_url is 'https://other/'"),
        (replace(REVIEWED, cluster_id="/subscriptions/x"), "is one of /subscriptions/x"),
        (replace(REVIEWED, basis={}), "does not say what it rests on"),
        (replace(REVIEWED, workloads=REVIEWED.workloads * 2), "is there twice"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(wrong: Plan, words: str) -> None:
    with pytest.raises(ReviewError) as error:
        review(wrong, facts_of(CASE))
    assert words in str(error.value)


def options(folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "facts_path": str(folder / "facts.json"),
        "plan_path": str(folder / "plan.json"),
        "service_account_mode": "separate",
        "waves": ["1", "100%"],
        "audience": "api://AzureADTokenExchange",
        **more,
    }


def test_the_file_of_a_reviewed_plan_may_be_the_plan_file_itself(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(to_data(facts_of(CASE))))
    chosen = edited("web", wave=3)
    (tmp_path / "plan.json").write_text(json.dumps(to_data(chosen)))
    result = plan_to_file(options(tmp_path, reviewed_plan=str(tmp_path / "plan.json")))
    assert {"wave": 3, "workloads": 1} in result["waves"]
    assert json.loads((tmp_path / "plan.json").read_text()) == to_data(chosen)


def test_a_refused_plan_leaves_the_files_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(to_data(facts_of(changed(identities=[{"name": "app"}])))))
    (tmp_path / "reviewed.json").write_text(json.dumps(to_data(REVIEWED)))
    with pytest.raises(PlanError, match="AzureIdentity default/other is gone") as error:
        plan_to_file(options(tmp_path, reviewed_plan=str(tmp_path / "reviewed.json")))
    assert "aks-1" in str(error.value)
    assert not (tmp_path / "plan.json").exists()

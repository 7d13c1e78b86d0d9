# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which Pod Identity is taken away, and what keeps it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from unit.migration import cluster_cases

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import discover
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import Facts
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.teardown import (
    Step,
    still_used,
    teardown_plan,
)

UNDO = '{"edits":[{"path":["metadata","labels","aadpodidbinding"],"before":"app"}],"v":1}'
SWITCHED: Mapping[str, Any] = {
    "is": "Deployment default/web",
    "account": "web",
    "metadata": {"annotations": {"workload-identity.aksops.io/undo": UNDO}},
}
PROFILE = [
    {"name": "app", "namespace": "default", "identity": {"resourceId": cluster_cases.resource_id("app")}}
]


def facts_of(**case: Any) -> Facts:
    whole = {"identities": [{"name": "app"}], "workloads": [SWITCHED], **case}
    return discover(cluster_cases.raw_cluster(whole), cluster_cases.azure_side(whole))


def ids(steps: Sequence[Step]) -> list[str]:
    return [step.id for step in steps]


def step(steps: Sequence[Step], name: str) -> Step:
    return next(item for item in steps if item.id == name)


def test_helm_bindings_go_first_and_mic_sees_to_the_rest_before_it_goes() -> None:
    assert ids(teardown_plan(facts_of())) == [
        "delete-bindings",
        "wait-for-assigned-identities",
        "delete-identities",
        "delete-mic-helm-pod-identity-aad-pod-identity",
        "uninstall-helm-pod-identity-aad-pod-identity",
        # NMI tells a run after a killed one where the release was, so what is found by it goes before it.
        "delete-left-overs",
        "delete-nmi-helm-pod-identity-aad-pod-identity",
        "delete-left-overs-nmi",
        "delete-crds",
        "forget-undo",
    ]


def test_a_managed_installation_has_no_mic_so_the_scale_sets_are_cleaned_here() -> None:
    steps = teardown_plan(facts_of(pod_identity="managed", scale_sets={"pool": ["app", "foreign"]}))
    assert ids(steps)[:3] == ["delete-bindings", "clean-scale-sets", "delete-identities"]
    removal = step(steps, "clean-scale-sets").scale_sets[0]
    assert removal.identity_ids == (cluster_cases.resource_id("app"),)


def test_the_add_on_s_profile_is_emptied_before_it_is_disabled() -> None:
    steps = ids(teardown_plan(facts_of(pod_identity="addon", profile=PROFILE)))
    assert steps[0] == "empty-addon"
    assert steps.index("delete-identities") < steps.index("disable-addon") < steps.index("delete-crds")


def test_every_mic_goes_before_any_nmi() -> None:
    aks_engine = {
        "kind": "DaemonSet",
        "metadata": {
            "namespace": "kube-system",
            "name": "nmi",
            "labels": {"addonmanager.kubernetes.io/mode": "x"},
        },
        "spec": {"template": {"spec": {"containers": [{"image": "x/aad-pod-identity/nmi:v1"}]}}},
    }
    steps = ids(teardown_plan(facts_of(pod_identity="manifests", objects=[aks_engine])))
    assert steps.index("delete-mic-manifests-default") < steps.index("delete-nmi-aks-engine-kube-system")


def test_identities_that_others_need_stay_on_the_scale_sets() -> None:
    user = {
        "is": "DaemonSet ops/agent",
        "env": {"ID": "client-app"},
        "template": {"spec": {"hostNetwork": True}},
    }
    facts = facts_of(workloads=[SWITCHED, user], scale_sets={"pool": ["app"]})
    assert "clean-scale-sets" not in ids(teardown_plan(facts))
    kubelet = facts_of(node_identities=["app"], scale_sets={"pool": ["app"]})
    assert "clean-scale-sets" not in ids(teardown_plan(kubelet))


def test_without_a_mic_the_finalizers_of_assigned_identities_are_taken_off() -> None:
    assigned = {"kind": "AzureAssignedIdentity", "metadata": {"namespace": "default", "name": "web-app"}}
    steps = teardown_plan(facts_of(pod_identity="none", objects=[assigned]))
    assert step(steps, "release-assigned-identities").action == "release"
    assert "wait-for-assigned-identities" not in ids(steps)


def test_a_run_that_was_killed_after_the_identities_went_still_cleans_the_scale_sets() -> None:
    facts = facts_of(pod_identity="none", identities=[], scale_sets={"pool": ["app"]})
    steps = teardown_plan(facts, known_identity_ids=[cluster_cases.resource_id("app").lower()])
    assert step(steps, "clean-scale-sets").scale_sets[0].identity_ids == (cluster_cases.resource_id("app"),)
    assert ids(steps)[-1] == "forget-undo"


def test_crds_stay_on_request() -> None:
    assert "delete-crds" not in ids(teardown_plan(facts_of(), remove_crds=False))


def test_where_nothing_is_left_there_is_nothing_to_do() -> None:
    assert teardown_plan(facts_of(pod_identity="none", identities=[], workloads=[])) == ()


def test_only_classes_with_a_twin_are_deleted() -> None:
    def secret_class(name: str, **metadata: Any) -> Mapping[str, Any]:
        parameters = {"usePodIdentity": "false" if metadata else "true"}
        head = {"namespace": "default", "name": name, **metadata}
        return {
            "kind": "SecretProviderClass",
            "metadata": head,
            "spec": {"provider": "azure", "parameters": parameters},
        }

    ours = {"labels": {"app.kubernetes.io/managed-by": "aksops.workload_identity"}}
    facts = facts_of(objects=[secret_class("a"), secret_class("b"), secret_class("a-wi", **ours)])
    assert [ref.name for ref in step(teardown_plan(facts), "delete-classes").objects] == ["a"]


def test_a_fleet_that_is_switched_uses_it_no_more() -> None:
    assert still_used(facts_of()) == ()


@pytest.mark.parametrize("kind", ["Deployment", "CronJob", "Pod"])
def test_a_workload_that_was_not_switched_holds_it(kind: str) -> None:
    facts = facts_of(workloads=[{"is": f"{kind} default/web", "label": "app"}])
    assert [(item.code, item.where) for item in still_used(facts)] == [("still-bound", f"{kind} default/web")]


def test_a_workload_that_an_upgrade_reverted_holds_it() -> None:
    facts = facts_of(workloads=[{**SWITCHED, "label": "app"}])
    assert [item.code for item in still_used(facts)] == ["still-bound"]


def test_a_masked_workload_that_was_switched_does_not_hold_it() -> None:
    masked = {
        "is": "Deployment default/web",
        "label": "app",
        "account": "web",
        "pods": 1,
        "metadata": {"annotations": {"workload-identity.aksops.io/undo": '{"edits":[],"v":1}'}},
        "spec": {"selector": {"matchLabels": {"aadpodidbinding": "app"}}},
    }
    assert still_used(facts_of(workloads=[masked])) == ()


def test_an_old_pod_of_a_switched_workload_holds_it() -> None:
    old = {
        "kind": "Pod",
        "metadata": {
            "namespace": "default",
            "name": "web-0",
            "labels": {"aadpodidbinding": "app"},
            "ownerReferences": [
                {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1", "controller": True}
            ],
        },
        "status": {"phase": "Running"},
    }
    found = still_used(facts_of(objects=[old]))
    assert [(item.code, item.where) for item in found] == [("pod-still-bound", "Pod default/web-0")]


def test_what_cannot_be_read_holds_it() -> None:
    facts = facts_of(unreadable=[{"what": "deployments.apps", "reason": "forbidden"}])
    assert "bindings-unreadable" in {item.code for item in still_used(facts)}

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters as hosts: their names stay unique, their variables are what the roles need."""

from __future__ import annotations

from ansible_collections.aksops.workload_identity.plugins.inventory.aks import (
    host_names,
    host_variables,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.resource_ids import part

SUBSCRIPTION_1 = "00000000-0000-0000-0000-000000000001"
SUBSCRIPTION_2 = "00000000-0000-0000-0000-000000000002"


def cluster(name: str, group: str = "rg", subscription: str = SUBSCRIPTION_1, **properties: object) -> dict:
    # AKS answers with "resourcegroups" in lower case.
    path = f"/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ContainerService/managedClusters"
    return {"id": f"{path}/{name}", "name": name, "location": "westeurope", "properties": properties}


def test_a_host_is_named_after_its_cluster() -> None:
    assert list(host_names([cluster("b"), cluster("a")])) == ["a", "b"]


def test_the_resource_group_tells_clusters_of_one_name_apart() -> None:
    names = host_names([cluster("a", "one"), cluster("a", "two"), cluster("b")])
    assert sorted(names) == ["a-one", "a-two", "b"]


def test_the_subscription_tells_clusters_of_one_name_and_group_apart() -> None:
    names = host_names([cluster("a", subscription=SUBSCRIPTION_1), cluster("a", subscription=SUBSCRIPTION_2)])
    assert list(names) == [f"a-rg-{SUBSCRIPTION_1}", f"a-rg-{SUBSCRIPTION_2}"]


def test_names_that_differ_in_case_only_count_as_the_same() -> None:
    assert list(host_names([cluster("A", "one"), cluster("a", "two")])) == ["A-one", "a-two"]


def test_a_segment_of_a_resource_id_is_found_whatever_its_case() -> None:
    assert part("/subscriptions/s/resourceGroups/Team-A/x", "resourcegroups") == "Team-A"
    assert part("/subscriptions/s", "resourcegroups") == ""


def test_the_variables_that_roles_need_come_from_the_resource_id() -> None:
    variables = host_variables(cluster("a", "Team-A"))
    assert variables["aks_subscription_id"] == SUBSCRIPTION_1
    assert variables["aks_resource_group"] == "Team-A"
    assert variables["aks_cluster_name"] == "a"
    assert variables["ansible_connection"] == "local"


def test_the_running_version_is_told_and_not_the_one_asked_for() -> None:
    variables = host_variables(cluster("a", kubernetesVersion="1.34", currentKubernetesVersion="1.34.4"))
    assert variables["aks_kubernetes_version"] == "1.34.4"


def test_profiles_that_azure_leaves_out_or_gives_as_null_count_as_off() -> None:
    variables = host_variables(
        cluster("a", podIdentityProfile=None, oidcIssuerProfile=None, securityProfile=None)
    )
    assert variables["aks_pod_identity_addon"] is False
    assert variables["aks_oidc_issuer_enabled"] is False
    assert variables["aks_workload_identity_enabled"] is False
    assert variables["aks_issuer_url"] is None

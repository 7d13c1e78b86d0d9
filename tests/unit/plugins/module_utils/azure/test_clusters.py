# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of a cluster from what Resource Manager answers, which leaves out or nulls whatever is not set."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import clusters
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.cluster_summary import summary
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import (
    PodIdentityProfile,
)

ID = "/subscriptions/S-1/resourcegroups/Rg-A/providers/Microsoft.ContainerService/ManagedClusters/aks-1"


def cluster(**properties: Any) -> dict[str, Any]:
    return {"id": ID, "name": "aks-1", "location": "westeurope", "properties": properties}


def test_parts_of_the_id_are_read_whatever_their_case() -> None:
    facts = clusters.facts_of(cluster())
    assert (facts.subscription_id, facts.resource_group, facts.name) == ("S-1", "Rg-A", "aks-1")


@pytest.mark.parametrize("nothing", [{}, {"absent": True}])
def test_profiles_that_are_absent_or_null_are_off(nothing: dict[str, Any]) -> None:
    names = (
        "oidcIssuerProfile",
        "securityProfile",
        "podIdentityProfile",
        "aadProfile",
        "addonProfiles",
        "identityProfile",
        "ingressProfile",
        "powerState",
    )
    facts = clusters.facts_of(cluster(**({} if nothing else dict.fromkeys(names))))
    assert (facts.oidc_issuer_enabled, facts.issuer_url, facts.workload_identity_enabled) == (
        False,
        None,
        False,
    )
    assert (facts.pod_identity_profile, facts.entra_integrated, facts.node_identity_ids) == (None, False, ())
    assert facts.power_state == "Running"


def test_the_issuer_url_keeps_its_trailing_slash() -> None:
    facts = clusters.facts_of(cluster(oidcIssuerProfile={"enabled": True, "issuerURL": "https://i/t/c/"}))
    assert (facts.oidc_issuer_enabled, facts.issuer_url) == (True, "https://i/t/c/")


def test_the_version_is_the_one_that_runs() -> None:
    assert clusters.kubernetes_version(cluster(kubernetesVersion="1.34")) == "1.34"
    running = cluster(kubernetesVersion="1.34", currentKubernetesVersion="1.34.4")
    assert clusters.kubernetes_version(running) == "1.34.4"


def test_identities_that_aks_puts_on_the_nodes_are_named_once() -> None:
    facts = clusters.facts_of(
        cluster(
            identityProfile={"kubeletidentity": {"resourceId": "/id/kubelet"}},
            addonProfiles={
                "azureKeyvaultSecretsProvider": {"enabled": True, "identity": {"resourceId": "/id/Vault"}},
                "omsagent": {"enabled": True, "identity": {"resourceId": "/ID/vault"}},
                "azurepolicy": {"enabled": False, "identity": None},
            },
            ingressProfile={"webAppRouting": {"enabled": True, "identity": {"resourceId": "/id/ingress"}}},
        )
    )
    assert [item.lower() for item in facts.node_identity_ids] == ["/id/kubelet", "/id/vault", "/id/ingress"]


def test_the_add_ons_profile_comes_as_azure_gives_it() -> None:
    entry = {"name": "web", "identity": {"resourceId": "/id"}}
    profile = {"enabled": True, "userAssignedIdentities": [entry], "userAssignedIdentityExceptions": None}
    facts = clusters.facts_of(cluster(podIdentityProfile=profile))
    assert facts.pod_identity_profile == PodIdentityProfile(True, (entry,), ())
    assert summary(cluster(podIdentityProfile=profile))["pod_identity_addon"] is True


@pytest.mark.parametrize(
    ("state", "busy"),
    [
        ("Succeeded", False),
        ("succeeded", False),
        ("Failed", False),
        ("Canceled", False),
        ("Updating", True),
        ("ProvisioningControlPlane", True),
    ],
)
def test_states_that_nobody_documented_are_still_running(state: str, busy: bool) -> None:
    assert clusters.is_busy(cluster(provisioningState=state)) is busy


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, ""),
        ({"provisioningError": {"code": "Quota", "message": "No cores."}}, "Quota: No cores."),
        ({"provisioningError": {"error": {"code": "Quota", "message": "No cores."}}}, "Quota: No cores."),
    ],
)
def test_why_the_last_operation_failed(status: Any, words: str) -> None:
    assert clusters.failure(cluster(status=status)) == words

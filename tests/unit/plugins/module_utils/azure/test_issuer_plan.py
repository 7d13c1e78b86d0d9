# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an update of the issuer sends: all of the cluster but read-only members, and only two settings changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.issuer_plan import (
    Switches,
    Wanted,
    body,
    current,
    refusal,
    target,
)

BOTH = Wanted(oidc_issuer=True, workload_identity=True)
CLUSTER: dict[str, Any] = {
    "id": "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/aks-1",
    "name": "aks-1",
    "type": "Microsoft.ContainerService/ManagedClusters",
    "location": "westeurope",
    "eTag": "e1",
    "systemData": {"createdBy": "somebody"},
    "tags": {"team": "a", "empty": None},
    "identity": {
        "type": "UserAssigned",
        "principalId": "p",
        "tenantId": "t",
        "userAssignedIdentities": {"/subscriptions/s/id": {"principalId": "p", "clientId": "c"}},
    },
    "properties": {
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "kubernetesVersion": "1.31",
        "currentKubernetesVersion": "1.31.2",
        "fqdn": "aks-1.example",
        "aFieldOfTomorrow": {"deep": [None, {"x": 1}]},
        "servicePrincipalProfile": {"clientId": "msi"},
        "windowsProfile": {"adminUsername": "azureuser"},
        "agentPoolProfiles": [
            {"name": "pool", "count": 3, "provisioningState": "Succeeded", "eTag": "p1", "taints": None}
        ],
        "securityProfile": {"imageCleaner": {"enabled": True}, "defender": None},
        "podIdentityProfile": {
            "enabled": True,
            "userAssignedIdentities": [{"name": "web", "provisioningState": "Assigned"}],
            "userAssignedIdentityExceptions": [{"name": "mic", "podLabels": None}],
        },
    },
}


def with_properties(**properties: Any) -> dict[str, Any]:
    changed = copy.deepcopy(CLUSTER)
    changed["properties"].update(properties)
    return changed


ISSUER_ON = with_properties(oidcIssuerProfile={"enabled": True, "issuerURL": "https://i/"})
BOTH_ON = with_properties(
    oidcIssuerProfile={"enabled": True, "issuerURL": "https://i/"},
    securityProfile={"workloadIdentity": {"enabled": True}},
)


def test_the_body_is_the_cluster_without_read_only_members_and_with_both_settings() -> None:
    assert body(CLUSTER, BOTH) == {
        "location": "westeurope",
        "tags": {"team": "a", "empty": None},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/id": {}}},
        "properties": {
            "kubernetesVersion": "1.31",
            "aFieldOfTomorrow": {"deep": [None, {"x": 1}]},
            "servicePrincipalProfile": {"clientId": "msi"},
            "windowsProfile": {"adminUsername": "azureuser"},
            "agentPoolProfiles": [{"name": "pool", "count": 3, "taints": None}],
            "securityProfile": {
                "imageCleaner": {"enabled": True},
                "defender": None,
                "workloadIdentity": {"enabled": True},
            },
            "podIdentityProfile": {
                "enabled": True,
                "userAssignedIdentities": [{"name": "web"}],
                "userAssignedIdentityExceptions": [{"name": "mic", "podLabels": {}}],
            },
            "oidcIssuerProfile": {"enabled": True},
        },
    }


def test_what_was_read_is_left_alone() -> None:
    before = copy.deepcopy(CLUSTER)
    body(CLUSTER, BOTH)
    assert before == CLUSTER


def test_the_issuer_alone_leaves_the_security_profile_as_it_is() -> None:
    sent = body(CLUSTER, Wanted(oidc_issuer=True, workload_identity=None))
    assert sent["properties"]["securityProfile"] == CLUSTER["properties"]["securityProfile"]
    assert sent["properties"]["oidcIssuerProfile"] == {"enabled": True}


@pytest.mark.parametrize(
    ("cluster", "wanted", "before", "after"),
    [
        (CLUSTER, BOTH, Switches(False, False), Switches(True, True)),
        (ISSUER_ON, BOTH, Switches(True, False), Switches(True, True)),
        (BOTH_ON, BOTH, Switches(True, True), Switches(True, True)),
        (BOTH_ON, Wanted(True, None), Switches(True, True), Switches(True, True)),
        (
            with_properties(oidcIssuerProfile=None, securityProfile=None),
            BOTH,
            Switches(False, False),
            Switches(True, True),
        ),
    ],
)
def test_settings_before_and_after(
    cluster: dict[str, Any], wanted: Wanted, before: Switches, after: Switches
) -> None:
    assert (current(cluster), target(cluster, wanted)) == (before, after)


@pytest.mark.parametrize(
    ("cluster", "wanted", "words"),
    [
        (CLUSTER, BOTH, None),
        (ISSUER_ON, Wanted(False, None), "cannot switch an OIDC issuer off"),
        (CLUSTER, Wanted(False, True), "needs the OIDC issuer"),
        (with_properties(currentKubernetesVersion="1.23.15"), BOTH, "1.24 or newer"),
        (with_properties(currentKubernetesVersion="1.24.0"), BOTH, None),
        (with_properties(currentKubernetesVersion="1.9.0"), BOTH, "1.24 or newer"),
        (with_properties(currentKubernetesVersion="2.0.0"), BOTH, None),
        (with_properties(powerState={"code": "Stopped"}), BOTH, "az aks start"),
        (with_properties(provisioningState="Failed"), BOTH, "provisioning state Failed"),
        (with_properties(provisioningState="Canceled"), BOTH, "provisioning state Canceled"),
        (with_properties(provisioningState="Deleting"), BOTH, "being deleted"),
    ],
)
def test_clusters_that_must_not_be_updated(
    cluster: dict[str, Any], wanted: Wanted, words: str | None
) -> None:
    reason = refusal(cluster, wanted)
    if words is None:
        assert reason is None
    else:
        assert words in str(reason)
        assert "aks-1" in str(reason)

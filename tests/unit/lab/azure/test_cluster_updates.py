# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a PUT makes of a cluster: the rules alone, without a server."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from lab.azure.cluster_bodies import cluster_body
from lab.azure.cluster_updates import check_version, newly_needed_features, updated
from lab.azure.errors import ServiceError

from .conftest import CLUSTER, TENANT


@pytest.fixture
def existing() -> dict[str, Any]:
    entry = {
        "id": CLUSTER,
        "location": "westeurope",
        "kubernetes_version": "1.31.13",
        "tags": {"team": "shop"},
        "properties": {
            "unknownProfile": {"kept": True, "nothing": None},
            "podIdentityProfile": {
                "enabled": True,
                "userAssignedIdentities": [],
                "userAssignedIdentityExceptions": [{"name": "e", "namespace": "n", "podLabels": {"a": "b"}}],
            },
            "aadProfile": {"managed": True, "adminGroupObjectIDs": ["g"]},
        },
    }
    return cluster_body(entry, TENANT)


def put(existing: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return updated(existing, {"location": existing["location"], "properties": properties})


def code_of(error: pytest.ExceptionInfo[ServiceError]) -> str:
    body = error.value.body
    assert isinstance(body, dict)
    return str(body["error"]["code"])


def test_what_is_left_out_stays(existing: dict[str, Any]) -> None:
    wanted = put(existing, oidcIssuerProfile={"enabled": True})
    assert wanted["properties"].pop("oidcIssuerProfile") == {"enabled": True}
    expected = copy.deepcopy(existing)
    expected["properties"].pop("oidcIssuerProfile")
    assert wanted == expected


def test_the_whole_body_put_back_changes_nothing(existing: dict[str, Any]) -> None:
    assert updated(existing, copy.deepcopy(existing)) == existing


def test_read_only_fields_are_ignored(existing: dict[str, Any]) -> None:
    wanted = put(
        existing,
        provisioningState="Failed",
        powerState={"code": "Stopped"},
        fqdn="mine",
        oidcIssuerProfile={"enabled": True, "issuerURL": "https://mine/"},
        agentPoolProfiles=[{"name": "nodepool1", "provisioningState": "Failed", "maxPods": 30}],
    )["properties"]
    assert wanted["provisioningState"] == "Succeeded"
    assert wanted["powerState"] == {"code": "Running"}
    assert wanted["fqdn"] == existing["properties"]["fqdn"]
    assert wanted["oidcIssuerProfile"] == {"enabled": True}
    assert wanted["agentPoolProfiles"][0]["provisioningState"] == "Succeeded"
    assert wanted["agentPoolProfiles"][0]["maxPods"] == 30
    assert wanted["agentPoolProfiles"][0]["vmSize"] == "Standard_D4s_v5"


def test_a_null_for_a_profile_leaves_it_and_a_null_inside_is_kept(existing: dict[str, Any]) -> None:
    wanted = put(
        existing,
        servicePrincipalProfile=None,
        addonProfiles={"azurepolicy": {"enabled": False, "config": None}},
    )["properties"]
    assert wanted["servicePrincipalProfile"] == {"clientId": "msi"}
    assert wanted["addonProfiles"]["azurepolicy"] == {"enabled": False, "config": None}


def test_disabling_pod_identity_forgets_what_was_there(existing: dict[str, Any]) -> None:
    assert put(existing, podIdentityProfile={"enabled": False})["properties"]["podIdentityProfile"] == {
        "enabled": False
    }


def test_tags_are_replaced_when_they_are_sent(existing: dict[str, Any]) -> None:
    assert updated(existing, {"properties": {}})["tags"] == {"team": "shop"}
    assert updated(existing, {"tags": {"new": "1"}, "properties": {}})["tags"] == {"new": "1"}


@pytest.mark.parametrize("value", [{"enabled": False}, {"enabled": None}])
def test_an_issuer_cannot_be_switched_off(existing: dict[str, Any], value: dict[str, Any]) -> None:
    existing["properties"]["oidcIssuerProfile"] = {"enabled": True, "issuerURL": "https://x/"}
    with pytest.raises(ServiceError) as error:
        put(existing, oidcIssuerProfile=value)
    assert code_of(error) == "OIDCIssuerFeatureCannotBeDisabled"


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"securityProfile": {"workloadIdentity": {"enabled": True}}}, "BadRequest"),
        ({"dnsPrefix": "other"}, "PropertyChangeNotAllowed"),
        ({"servicePrincipalProfile": {"clientId": "other"}}, "PropertyChangeNotAllowed"),
        (
            {
                "podIdentityProfile": {
                    "enabled": True,
                    "userAssignedIdentityExceptions": [{"name": "e", "namespace": "n", "podLabels": None}],
                }
            },
            "InvalidParameter",
        ),
    ],
)
def test_what_a_cluster_cannot_become(
    existing: dict[str, Any], properties: dict[str, Any], code: str
) -> None:
    with pytest.raises(ServiceError) as error:
        put(existing, **properties)
    assert code_of(error) == code


def test_a_cluster_cannot_move(existing: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as error:
        updated(existing, {"location": "northeurope", "properties": {}})
    assert code_of(error) == "InvalidResourceLocation"


def test_old_versions_cannot_have_the_issuer(existing: dict[str, Any]) -> None:
    wanted = put(existing, oidcIssuerProfile={"enabled": True})
    check_version(existing, wanted, "1.24")
    wanted["properties"]["currentKubernetesVersion"] = "1.23.17"
    with pytest.raises(ServiceError):
        check_version(existing, wanted, "1.24")
    # What is on already is nobody's concern.
    check_version(wanted, wanted, "1.24")


def test_only_what_is_switched_on_needs_its_feature(existing: dict[str, Any]) -> None:
    assert newly_needed_features(existing, existing) == []
    wanted = put(
        existing, oidcIssuerProfile={"enabled": True}, securityProfile={"workloadIdentity": {"enabled": True}}
    )
    assert newly_needed_features(existing, wanted) == [
        "EnableOIDCIssuerPreview",
        "EnableWorkloadIdentityPreview",
    ]

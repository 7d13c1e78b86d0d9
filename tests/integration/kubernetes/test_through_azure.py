# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Through Resource Manager: credentials of a cluster, tokens for its accounts, and the add-on taken out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.kubernetes.estate import API, CLUSTER, IDENTITY, SCALE_SET, Estate, running_estate, updated
from integration.kubernetes.scenario import CLIENT_ID, TENANT_ID, service_account

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes import exchanging, retiring
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.errors import (
    KubernetesError,
)

pytestmark = pytest.mark.lab

CREDENTIALS = "2024-11-30"


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    with running_estate() as running:
        yield running


def proved(
    estate: Estate, *, check_mode: bool = False, wait_timeout: int = 20, **changes: Any
) -> list[dict[str, Any]]:
    wanted = {
        "namespace": "default",
        "service_account": "app",
        "client_id": CLIENT_ID,
        "tenant_id": TENANT_ID,
        "audience": "api://AzureADTokenExchange",
        **changes,
    }
    options = estate.options(exchanges=[wanted], plan_path=None, successes=2, wait_timeout=wait_timeout)
    return exchanging.prove_all(options, estate.access(check_mode), check_mode)


def test_a_token_is_proved_once_account_issuer_and_credential_are_there(estate: Estate) -> None:
    assert proved(estate, check_mode=True)[0]["outcome"] == "would_prove"
    with pytest.raises(KubernetesError, match="service account default/app does not exist"):
        proved(estate)
    estate.control_plane.api().apply([service_account("default", "app")])
    assert proved(estate, check_mode=True)[0]["outcome"] == "would_prove"

    profile = {
        "oidcIssuerProfile": {"enabled": True},
        "securityProfile": {"workloadIdentity": {"enabled": True}},
    }
    issuer = updated(estate, profile)["properties"]["oidcIssuerProfile"]["issuerURL"]
    credential = f"{IDENTITY}/federatedIdentityCredentials/app"
    values = {
        "issuer": issuer,
        "subject": "system:serviceaccount:default:app",
        "audiences": ["api://AzureADTokenExchange"],
    }
    session = estate.access().azure
    session.put(credential, {"properties": values}, CREDENTIALS)
    (result,) = proved(estate)
    assert (result["outcome"], result["code"]) == ("proved", "")


def test_refusals_are_explained_and_hold_no_token(estate: Estate) -> None:
    with pytest.raises(KubernetesError, match="wrong client ID or tenant") as refused:
        proved(estate, client_id="00000000-0000-0000-0000-000000000000", wait_timeout=1)
    assert refused.value.data["exchanges"][0]["code"] == "700016"
    assert "eyJ" not in str(refused.value) + str(refused.value.data)


def test_a_stopped_cluster_is_named_as_such(estate: Estate) -> None:
    session = estate.access().azure
    session.post(f"{CLUSTER}/stop", None, API)
    while (session.get(CLUSTER, API)["properties"]["powerState"]["code"]) != "Stopped":
        pass
    try:
        with pytest.raises(KubernetesError, match=r"The cluster is stopped\. Start it"):
            str(estate.access().kubernetes.server_version)
    finally:
        session.post(f"{CLUSTER}/start", None, API)
        while session.get(CLUSTER, API)["properties"]["provisioningState"] != "Succeeded":
            pass


def test_the_add_on_is_taken_out_profile_and_scale_set_included(estate: Estate, tmp_path: Path) -> None:
    entry = {
        "name": "team",
        "namespace": "default",
        "bindingSelector": "team",
        "identity": {
            "resourceId": IDENTITY,
            "clientId": CLIENT_ID,
            "objectId": "cdcdcdcd-0000-0000-0000-000000000001",
        },
    }
    updated(estate, {"podIdentityProfile": {"enabled": True, "userAssignedIdentities": [entry]}})
    api = estate.control_plane.api()
    assert api.list("/apis/aadpodidentity.k8s.io/v1/azureidentities")
    options = estate.options(
        state="absent",
        backup_path=str(tmp_path / "backup.json"),
        soak=0,
        remove_crds=True,
        remove_role_assignments=True,
        force=False,
        wait_timeout=30,
        poll_interval=1,
    )
    assert retiring.retire(options, estate.access(check_mode=True), True)["changed"]
    assert estate.access().azure.get(CLUSTER, API)["properties"]["podIdentityProfile"]["enabled"]

    assert retiring.retire(options, estate.access(), False)["changed"]
    session = estate.access().azure
    profile = session.get(CLUSTER, API)["properties"].get("podIdentityProfile") or {}
    assert not profile.get("enabled")
    assert not profile.get("userAssignedIdentities")
    identity = session.get(SCALE_SET, "2024-07-01").get("identity") or {}
    assert IDENTITY.lower() not in {item.lower() for item in identity.get("userAssignedIdentities") or {}}
    crds = [
        item["metadata"]["name"]
        for item in api.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
    ]
    assert not [name for name in crds if "aadpodidentity" in name]
    assert not retiring.retire(options, estate.access(), False)["changed"]

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instance metadata: what NMI would answer to a pod."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import requests
from azure.identity import ManagedIdentityCredential

from lab.azure.memory_effects import MemoryCluster, MemoryEffects
from lab.azure.server import RunningServer

from .conftest import CLIENT_ID, IDENTITY, SCALE_SET, Caller

CUSTOM = "/apis/aadpodidentity.k8s.io/v1"
AZURE_IDENTITY = {
    "metadata": {"name": "shop", "namespace": "shop"},
    "spec": {"type": 0, "resourceID": IDENTITY, "clientID": CLIENT_ID},
}


def nmi(*arguments: str) -> dict[str, Any]:
    container = {"image": "mcr.microsoft.com/oss/azure/aad-pod-identity/nmi:v1.8.17", "args": list(arguments)}
    return {"metadata": {"name": "nmi"}, "spec": {"template": {"spec": {"containers": [container]}}}}


@pytest.fixture
def cluster(effects: MemoryEffects, owner: Caller) -> MemoryCluster:
    """A pod in standard mode that has its identity."""
    found = effects.cluster("aks-a")
    found.lists["/apis/apps/v1/daemonsets"] = [nmi("--node=$(NODE_NAME)")]
    found.lists[f"{CUSTOM}/azureassignedidentities"] = [
        {
            "spec": {"pod": "orders-0", "podNamespace": "shop", "azureIdentityRef": AZURE_IDENTITY},
            "status": {"status": "Assigned"},
        }
    ]
    found.objects["/api/v1/namespaces/shop/pods/orders-0"] = {
        "metadata": {"labels": {"aadpodidbinding": "shop"}},
        "spec": {"nodeName": "node-0"},
    }
    found.objects["/api/v1/nodes/node-0"] = {"spec": {"providerID": f"azure://{SCALE_SET}/virtualMachines/0"}}
    owner.ask("PATCH", SCALE_SET, {"identity": {"userAssignedIdentities": {IDENTITY: {}}}}).raise_for_status()
    return found


def ask(azure: RunningServer, headers: dict[str, str] | None = None, **query: str) -> requests.Response:
    return requests.get(
        f"{azure.url}/_imds/aks-a/shop/orders-0/metadata/identity/oauth2/token",
        params={"api-version": "2018-02-01", "resource": "https://storage.azure.com", **query},
        headers={"Metadata": "true"} if headers is None else headers,
        verify=str(azure.ca),
        timeout=10,
    )


def test_a_bound_pod_gets_a_token_of_its_identity(azure: RunningServer, cluster: MemoryCluster) -> None:
    for query in ({}, {"client_id": CLIENT_ID}, {"msi_res_id": IDENTITY}, {"mi_res_id": IDENTITY}):
        answer = ask(azure, None, **query)
        assert answer.status_code == 200, answer.text
        claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
        assert (claims["appid"], claims["aud"]) == (CLIENT_ID, "https://storage.azure.com")
        assert isinstance(answer.json()["expires_on"], str)


def test_the_sdk_gets_it_too(
    azure: RunningServer, cluster: MemoryCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"{azure.url}/_imds/aks-a/shop/orders-0")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azure.ca))
    token = (
        ManagedIdentityCredential(client_id=CLIENT_ID).get_token("https://storage.azure.com/.default").token
    )
    assert jwt.decode(token, options={"verify_signature": False})["appid"] == CLIENT_ID


def test_another_client_id_is_not_found(azure: RunningServer, cluster: MemoryCluster) -> None:
    answer = ask(azure, client_id="0000aaaa-1111-2222-3333-44445555bbbb")
    assert answer.status_code == 404
    assert "no azure identity found for request clientID 0000##### REDACTED #####bbbb" in answer.text


def test_an_identity_on_its_way_is_not_there_yet(azure: RunningServer, cluster: MemoryCluster) -> None:
    cluster.lists[f"{CUSTOM}/azureassignedidentities"][0]["status"]["status"] = "Created"
    assert ask(azure).status_code == 404


def test_the_identity_has_to_be_on_the_node(
    azure: RunningServer, cluster: MemoryCluster, owner: Caller
) -> None:
    owner.ask("PATCH", SCALE_SET, {"identity": {"userAssignedIdentities": {IDENTITY: None}}})
    answer = ask(azure)
    assert answer.status_code == 403
    assert "Identity not found" in answer.text


def test_managed_mode_goes_by_bindings_of_the_namespace(azure: RunningServer, cluster: MemoryCluster) -> None:
    cluster.lists["/apis/apps/v1/daemonsets"] = [nmi("--operation-mode=managed", "--forceNamespaced")]
    del cluster.lists[f"{CUSTOM}/azureassignedidentities"]
    cluster.lists[f"{CUSTOM}/namespaces/shop/azureidentities"] = [AZURE_IDENTITY]
    assert ask(azure).status_code == 404
    binding = {"spec": {"azureIdentity": "shop", "selector": "shop"}}
    cluster.lists[f"{CUSTOM}/namespaces/shop/azureidentitybindings"] = [binding]
    assert ask(azure).status_code == 200
    binding["spec"]["selector"] = "other"
    assert ask(azure).status_code == 404


def test_a_namespaced_identity_is_for_its_own_namespace(azure: RunningServer, cluster: MemoryCluster) -> None:
    reference = {
        **AZURE_IDENTITY,
        "metadata": {
            "name": "shop",
            "namespace": "other",
            "annotations": {"aadpodidentity.k8s.io/Behavior": "namespaced"},
        },
    }
    cluster.lists[f"{CUSTOM}/azureassignedidentities"][0]["spec"]["azureIdentityRef"] = reference
    assert ask(azure).status_code == 404


def test_without_nmi_there_is_no_token(azure: RunningServer, cluster: MemoryCluster) -> None:
    cluster.lists["/apis/apps/v1/daemonsets"] = []
    assert ask(azure).status_code == 400


def test_an_excepted_pod_asks_the_node(azure: RunningServer, cluster: MemoryCluster) -> None:
    cluster.lists[f"{CUSTOM}/azureassignedidentities"] = []
    exception = {"spec": {"podLabels": {"aadpodidbinding": "shop"}}}
    cluster.lists[f"{CUSTOM}/namespaces/shop/azurepodidentityexceptions"] = [exception]
    assert ask(azure, client_id=CLIENT_ID).status_code == 200


def test_requests_have_to_be_meant(azure: RunningServer, cluster: MemoryCluster) -> None:
    assert ask(azure, headers={}).status_code == 400
    assert "parameter resource cannot be empty" in ask(azure, resource="").text

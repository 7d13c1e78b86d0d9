# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft's own clients get along with the emulated Azure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import yaml
from azure.core import MatchConditions
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceModifiedError
from azure.identity import ClientSecretCredential, WorkloadIdentityCredential
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.msi.models import FederatedIdentityCredential

from lab.azure.memory_effects import MemoryEffects
from lab.azure.server import RunningServer

from .conftest import CLIENT_ID, SUBSCRIPTION, TENANT, client_id_of, secret_of


def signed_in(azure: RunningServer, secret: str = secret_of("owner")) -> ClientSecretCredential:
    return ClientSecretCredential(
        TENANT,
        client_id_of("owner"),
        secret,
        authority=azure.url,
        disable_instance_discovery=True,
        connection_verify=str(azure.ca),
    )


def options(azure: RunningServer) -> dict[str, Any]:
    return {
        "base_url": azure.url,
        "credential_scopes": [f"{azure.url}/.default"],
        "connection_verify": str(azure.ca),
        "polling_interval": 0.05,
    }


@pytest.fixture
def clusters(azure: RunningServer) -> Iterator[Any]:
    with ContainerServiceClient(
        signed_in(azure), SUBSCRIPTION, api_version="2026-05-01", **options(azure)
    ) as client:
        yield client.managed_clusters


def test_a_wrong_secret_is_an_authentication_error(azure: RunningServer) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        signed_in(azure, "wrong").get_token(f"{azure.url}/.default")


def test_pages_are_followed(azure: RunningServer, clusters: Any) -> None:
    azure.world.dials = azure.world.dials.turned({"page_size": 1})
    assert [one.name for one in clusters.list()] == ["aks-a", "aks-old"]


def test_the_poller_follows_an_update_to_its_end(clusters: Any) -> None:
    cluster = clusters.get("rg-a", "aks-a")
    cluster.oidc_issuer_profile = {"enabled": True}
    poller = clusters.begin_create_or_update(
        "rg-a", "aks-a", cluster, etag=cluster.e_tag, match_condition=MatchConditions.IfNotModified
    )
    result = poller.result()
    assert result.provisioning_state == "Succeeded"
    assert result.oidc_issuer_profile.issuer_url.endswith("/")


def test_a_stale_etag_is_a_modified_resource(clusters: Any) -> None:
    cluster = clusters.get("rg-a", "aks-a")
    with pytest.raises(ResourceModifiedError):
        clusters.begin_create_or_update(
            "rg-a", "aks-a", cluster, etag="stale", match_condition=MatchConditions.IfNotModified
        )


def test_a_failed_operation_is_told_with_the_services_reason(azure: RunningServer, clusters: Any) -> None:
    azure.faults.add(
        {"method": "PUT", "url": "aks-a", "fail_operation": {"code": "Broken", "message": "it broke"}}
    )
    with pytest.raises(HttpResponseError) as error:
        clusters.begin_create_or_update("rg-a", "aks-a", clusters.get("rg-a", "aks-a")).result()
    assert error.value.error is not None
    assert (error.value.error.code, error.value.error.message) == ("Broken", "it broke")


def test_stop_and_start(clusters: Any) -> None:
    clusters.begin_stop("rg-a", "aks-a").result()
    assert clusters.get("rg-a", "aks-a").power_state.code == "Stopped"
    clusters.begin_start("rg-a", "aks-a").result()
    assert clusters.get("rg-a", "aks-a").power_state.code == "Running"


def test_a_kubeconfig_comes_decoded(clusters: Any) -> None:
    found = clusters.list_cluster_user_credentials("rg-a", "aks-a").kubeconfigs
    assert yaml.safe_load(found[0].value)["current-context"] == "aks-a"


def test_an_app_with_workload_identity(
    azure: RunningServer, effects: MemoryEffects, clusters: Any, tmp_path: Any
) -> None:
    """From the issuer to the token, with nothing but SDKs."""
    cluster = clusters.get("rg-a", "aks-a")
    cluster.oidc_issuer_profile = {"enabled": True}
    issuer = clusters.begin_create_or_update("rg-a", "aks-a", cluster).result().oidc_issuer_profile.issuer_url
    with ManagedServiceIdentityClient(signed_in(azure), SUBSCRIPTION, **options(azure)) as client:
        credential = FederatedIdentityCredential(
            issuer=issuer,
            subject="system:serviceaccount:shop:orders",
            audiences=["api://AzureADTokenExchange"],
        )
        client.federated_identity_credentials.create_or_update("rg-a", "id-a", "orders", credential)
        listed = list(client.federated_identity_credentials.list("rg-a", "id-a"))
        assert [(one.name, one.issuer) for one in listed] == [("orders", issuer)]
        assert client.user_assigned_identities.get("rg-a", "id-a").client_id == CLIENT_ID
    file = tmp_path / "token"
    file.write_text(effects.token("aks-a", "shop", "orders"))
    app = WorkloadIdentityCredential(
        tenant_id=TENANT,
        client_id=CLIENT_ID,
        token_file_path=str(file),
        authority=azure.url,
        disable_instance_discovery=True,
        connection_verify=str(azure.ca),
    )
    token = app.get_token("https://storage.azure.com/.default").token
    assert jwt.decode(token, options={"verify_signature": False})["appid"] == CLIENT_ID

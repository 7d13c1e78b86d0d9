# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every request to Resource Manager goes through."""

from __future__ import annotations

import jwt
import pytest

from lab.azure.server import RunningServer
from lab.azure.signing import Signer

from .conftest import CLUSTER, GROUP, RETIRED, SUBSCRIPTION, Caller, client_id_of, error_of

CLUSTERS = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService/managedClusters"


def test_without_a_token_the_answer_tells_where_to_get_one(owner: Caller) -> None:
    owner.session.headers["Authorization"] = ""
    answer = owner.get(CLUSTERS)
    assert error_of(answer) == (401, "AuthenticationFailed")
    assert f'authorization_uri="{owner.azure.url}/' in answer.headers["WWW-Authenticate"]


def test_foreign_expired_and_misdirected_tokens_are_told_apart(azure: RunningServer, owner: Caller) -> None:
    genuine = owner.token()
    claims = jwt.decode(genuine, options={"verify_signature": False})
    own = azure.azure.signer
    for token, code in (
        (Signer().sign(claims), "InvalidAuthenticationToken"),
        (own.sign({**claims, "exp": 1}), "ExpiredAuthenticationToken"),
        (own.sign({**claims, "aud": "https://vault.azure.net"}), "InvalidAuthenticationTokenAudience"),
        (own.sign({**claims, "oid": "00000000-0000-0000-0000-00000000dead"}), "InvalidAuthenticationToken"),
    ):
        owner.session.headers["Authorization"] = f"Bearer {token}"
        assert error_of(owner.get(CLUSTERS)) == (401, code)


def test_tokens_expire_when_time_is_advanced(azure: RunningServer, owner: Caller) -> None:
    assert owner.get(CLUSTERS).status_code == 200
    azure.clock.advance(3601)
    assert error_of(owner.get(CLUSTERS)) == (401, "ExpiredAuthenticationToken")


def test_rights_come_from_role_assignments(azure: RunningServer) -> None:
    reader = Caller(azure, "reader")
    assert reader.get(CLUSTER).status_code == 200
    answer = reader.put(CLUSTER, {"location": "westeurope", "properties": {}})
    assert error_of(answer) == (403, "AuthorizationFailed")
    message = answer.json()["error"]["message"]
    assert client_id_of("reader") in message
    assert "'Microsoft.ContainerService/managedClusters/write'" in message
    assert CLUSTER in message
    assert error_of(reader.ask("POST", f"{CLUSTER}/listClusterUserCredential")) == (
        403,
        "AuthorizationFailed",
    )


def test_an_api_version_is_needed_and_looked_at(owner: Caller) -> None:
    owner.get(CLUSTERS)
    answer = owner.session.get(owner.azure.url + CLUSTERS)
    assert error_of(answer) == (400, "MissingApiVersionParameter")
    assert error_of(owner.get(CLUSTERS, **{"api-version": "latest"})) == (400, "InvalidApiVersionParameter")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (CLUSTER.replace("aks-a", "aks-none"), (404, "ResourceNotFound")),
        (CLUSTER.replace("rg-a", "rg-none"), (404, "ResourceGroupNotFound")),
        (
            CLUSTER.replace(SUBSCRIPTION, "00000000-0000-0000-0000-00000000dead"),
            (404, "SubscriptionNotFound"),
        ),
        (f"{GROUP}/providers/Microsoft.Unknown/things/a", (404, "InvalidResourceType")),
    ],
)
def test_what_is_not_there_is_named(owner: Caller, path: str, expected: tuple[int, str]) -> None:
    assert error_of(owner.get(path)) == expected


def test_ids_are_compared_without_case(owner: Caller) -> None:
    assert owner.get(CLUSTER.upper()).json()["name"] == "aks-a"


def test_subscriptions_are_those_with_any_role(azure: RunningServer) -> None:
    def seen(name: str) -> set[str]:
        return {one["subscriptionId"] for one in Caller(azure, name).get("/subscriptions").json()["value"]}

    assert seen("owner") == {SUBSCRIPTION, RETIRED}
    assert seen("reader") == {SUBSCRIPTION}


def test_lists_come_in_pages(azure: RunningServer, owner: Caller) -> None:
    azure.world.dials = azure.world.dials.turned({"page_size": 1})
    first = owner.get(CLUSTERS).json()
    assert [one["name"] for one in first["value"]] == ["aks-a"]
    second = owner.ask("GET", first["nextLink"]).json()
    assert [one["name"] for one in second["value"]] == ["aks-old"]
    assert "nextLink" not in second


def test_the_cloud_describes_itself_without_a_token(owner: Caller) -> None:
    body = owner.session.get(f"{owner.azure.url}/metadata/endpoints?api-version=2022-09-01").json()
    assert body["resourceManager"].rstrip("/") == owner.azure.url
    assert body["authentication"]["loginEndpoint"] == owner.azure.url
    assert owner.azure.url in body["authentication"]["audiences"]


def test_correlation_ids_come_back(owner: Caller) -> None:
    owner.get(CLUSTERS)
    answer = owner.ask("GET", CLUSTERS, headers={"x-ms-correlation-request-id": "mine"})
    assert answer.headers["x-ms-correlation-request-id"] == "mine"
    assert answer.headers["x-ms-request-id"]


def test_an_unregistered_provider_refuses_writes(azure: RunningServer, owner: Caller) -> None:
    azure.world.subscriptions[SUBSCRIPTION].providers["microsoft.containerservice"].state = "NotRegistered"
    answer = owner.put(CLUSTER, {"location": "westeurope", "properties": {}})
    assert error_of(answer) == (409, "MissingSubscriptionRegistration")
    assert "'Microsoft.ContainerService'" in answer.json()["error"]["message"]

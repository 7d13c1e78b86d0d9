# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens: who gets one, and with which words others do not."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from lab.azure.memory_effects import MemoryEffects
from lab.azure.server import RunningServer
from lab.azure.signing import Signer

from .conftest import CLIENT_ID, CLUSTER, IDENTITY, TENANT, Caller, client_id_of, wait_for

AUDIENCE = "api://AzureADTokenExchange"
SUBJECT = "system:serviceaccount:shop:orders"


def refusal(answer: Any) -> tuple[int, int, str]:
    body = answer.json()
    number = body["error_codes"][0]
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    return answer.status_code, number, body["error"]


def claims_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(jwt.decode(answer.json()["access_token"], options={"verify_signature": False}))


def test_a_secret_gives_a_token_that_says_whose_it_is(owner: Caller) -> None:
    claims = claims_of(owner.sign_in())
    assert claims["appid"] == client_id_of("owner")
    assert claims["aud"] == owner.azure.url
    assert claims["tid"] == TENANT
    assert "xms_mirid" not in claims


def test_the_older_endpoint_answers_numbers_as_strings(owner: Caller) -> None:
    answer = owner.session.post(
        f"{owner.azure.url}/{TENANT}/oauth2/token?api-version=1.0",
        data={
            "grant_type": "client_credentials",
            "client_id": client_id_of("owner"),
            "client_secret": "secret~of~owner",
            "resource": f"{owner.azure.url}/",
        },
    )
    assert claims_of(answer)["aud"] == f"{owner.azure.url}/"
    assert int(answer.json()["expires_on"]) > time.time()
    assert isinstance(answer.json()["expires_in"], str)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"client_secret": "wrong"}, (401, 7000215, "invalid_client")),
        ({"client_id": "00000000-0000-0000-0000-00000000dead"}, (400, 700016, "unauthorized_client")),
        ({"scope": "https://storage.azure.com"}, (400, 1002012, "invalid_scope")),
        ({"grant_type": "password"}, (400, 70003, "unsupported_grant_type")),
        ({"client_secret": ""}, (401, 7000218, "invalid_client")),
        ({"scope": ""}, (400, 900144, "invalid_request")),
    ],
)
def test_what_is_wrong_is_told_by_its_number(
    owner: Caller, form: dict[str, str], expected: tuple[int, int, str]
) -> None:
    assert refusal(owner.sign_in(**form)) == expected


def test_another_tenant_is_not_known(owner: Caller) -> None:
    answer = owner.session.post(
        f"{owner.azure.url}/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": "x",
            "client_secret": "y",
            "scope": "z/.default",
        },
    )
    assert refusal(answer) == (400, 90002, "invalid_request")


def exchange(caller: Caller, assertion: str) -> Any:
    return caller.sign_in(
        client_id=CLIENT_ID,
        client_secret="",
        client_assertion=assertion,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        scope="https://storage.azure.com/.default",
    )


def trust(
    caller: Caller, issuer: str, subject: str = SUBJECT, audience: str = AUDIENCE, name: str = "fic1"
) -> None:
    body = {"properties": {"issuer": issuer, "subject": subject, "audiences": [audience]}}
    answer = caller.put(f"{IDENTITY}/federatedIdentityCredentials/{name}", body)
    assert answer.status_code in (200, 201), answer.text


@pytest.fixture
def issuer(owner: Caller, effects: MemoryEffects) -> str:
    """The issuer of the cluster, switched on."""
    assert owner.update({"oidcIssuerProfile": {"enabled": True}}).status_code == 200
    url = owner.finish()["properties"]["oidcIssuerProfile"]["issuerURL"]
    assert effects.cluster("aks-a").issuer == url
    return str(url)


def test_a_service_account_token_becomes_one_of_the_identity(
    owner: Caller, effects: MemoryEffects, issuer: str
) -> None:
    trust(owner, issuer)
    claims = claims_of(exchange(owner, effects.token("aks-a", "shop", "orders") + "\n"))
    assert claims["appid"] == CLIENT_ID
    assert claims["aud"] == "https://storage.azure.com"
    assert claims["xms_mirid"].lower() == IDENTITY.lower()


def test_what_differs_from_the_credential_is_named(
    owner: Caller, effects: MemoryEffects, issuer: str
) -> None:
    token = effects.token("aks-a", "shop", "orders")
    assert refusal(exchange(owner, token))[1] == 70025
    trust(owner, issuer.rstrip("/"))
    assert refusal(exchange(owner, token))[1] == 700211
    trust(owner, issuer, subject="system:serviceaccount:shop:checkout")
    assert refusal(exchange(owner, token))[1] == 700213
    trust(owner, issuer, subject="system:serviceaccount:Shop:orders")
    assert refusal(exchange(owner, token))[1] == 7002138
    trust(owner, issuer, audience="api://other")
    assert refusal(exchange(owner, token))[1] == 700212
    trust(owner, issuer)
    assert exchange(owner, token).status_code == 200


def test_a_token_out_of_its_time_is_refused(owner: Caller, effects: MemoryEffects, issuer: str) -> None:
    trust(owner, issuer)
    now = int(time.time())
    assert refusal(exchange(owner, effects.token("aks-a", "shop", "orders", exp=now - 3600)))[1] == 700024
    assert refusal(exchange(owner, effects.token("aks-a", "shop", "orders", nbf=now + 3600)))[1] == 700024


def test_a_token_that_the_cluster_did_not_sign_is_refused(
    owner: Caller, effects: MemoryEffects, issuer: str
) -> None:
    trust(owner, issuer)
    genuine = effects.token("aks-a", "shop", "orders")
    claims = jwt.decode(genuine, options={"verify_signature": False})
    stranger = Signer()
    assert refusal(exchange(owner, stranger.sign(claims)))[1] == 5000811
    stranger.key_id = effects.cluster("aks-a").signer.key_id
    assert refusal(exchange(owner, stranger.sign(claims)))[1] == 700027
    assert refusal(exchange(owner, "no.token.atall"))[1] == 50027


def test_an_issuer_that_does_not_answer_is_told(owner: Caller, effects: MemoryEffects, issuer: str) -> None:
    trust(owner, issuer)
    token = effects.token("aks-a", "shop", "orders")
    effects.cluster("aks-a").running = False
    assert refusal(exchange(owner, token))[1] == 90061


def test_a_new_credential_is_known_after_a_while_and_may_be_forgotten_once_more(
    azure: RunningServer, owner: Caller, effects: MemoryEffects, issuer: str
) -> None:
    azure.world.dials = azure.world.dials.turned({"propagation": 60, "propagation_flaps": 1})
    trust(owner, issuer)
    token = effects.token("aks-a", "shop", "orders")
    assert refusal(exchange(owner, token))[1] == 70021
    azure.clock.advance(60)
    assert [exchange(owner, token).status_code for attempt in range(4)] == [200, 401, 200, 200]


def test_a_new_identity_is_not_known_at_once(azure: RunningServer, owner: Caller) -> None:
    azure.world.dials = azure.world.dials.turned({"propagation": 60})
    fresh = owner.put(IDENTITY.replace("id-a", "id-fresh"), {"location": "westeurope"}).json()
    client = fresh["properties"]["clientId"]
    assert refusal(owner.sign_in(client_id=client))[1] == 700016
    azure.clock.advance(60)
    assert refusal(owner.sign_in(client_id=client))[1] == 7000215


def test_an_issuer_publishes_the_keys_of_the_cluster_only_while_it_is_on(
    azure: RunningServer, owner: Caller, effects: MemoryEffects
) -> None:
    uid = owner.cluster()["properties"]["resourceUID"]
    url = f"{azure.url}/{TENANT}/{uid}/"
    assert owner.session.get(f"{url}openid/v1/jwks").status_code == 404
    owner.update({"oidcIssuerProfile": {"enabled": True}})
    owner.finish()
    document = owner.session.get(f"{url}.well-known/openid-configuration").json()
    assert document["issuer"] == url
    assert owner.session.get(document["jwks_uri"]).json() == effects.cluster("aks-a").signer.key_set()


def test_a_restarting_cluster_is_waited_for(owner: Caller, effects: MemoryEffects) -> None:
    owner.update({"oidcIssuerProfile": {"enabled": True}})
    wait_for(lambda: effects.cluster("aks-a").restarts == 1)
    assert owner.cluster(CLUSTER)["properties"]["oidcIssuerProfile"]["enabled"] is True

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federated credentials: each rule of the service, and what breaks it is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lab.azure.server import RunningServer

from .conftest import FAR_IDENTITY, IDENTITY, Caller, error_of

ISSUER = "https://issuer.example/tenant/guid/"
ALL = f"{IDENTITY}/federatedIdentityCredentials"


def body(subject: str = "system:serviceaccount:shop:orders", **changes: Any) -> dict[str, Any]:
    return {
        "properties": {
            "issuer": ISSUER,
            "subject": subject,
            "audiences": ["api://AzureADTokenExchange"],
            **changes,
        }
    }


def names(caller: Caller) -> list[str]:
    return [one["name"] for one in caller.get(ALL).json()["value"]]


def test_they_are_created_changed_and_deleted(owner: Caller) -> None:
    created = owner.put(f"{ALL}/orders", body())
    assert created.status_code == 201
    assert created.headers["location"] == created.json()["id"]
    assert created.json()["properties"] == body()["properties"]
    assert owner.put(f"{ALL}/orders", body()).status_code == 200
    assert owner.put(f"{ALL}/orders", body("system:serviceaccount:shop:new")).status_code == 200
    assert owner.get(f"{ALL}/orders").json()["properties"]["subject"] == "system:serviceaccount:shop:new"
    assert names(owner) == ["orders"]
    assert [owner.ask("DELETE", f"{ALL}/orders").status_code for attempt in range(2)] == [200, 204]
    assert owner.get(ALL).json() == {"value": []}


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("a", body(), "name is invalid"),
        ("name.with.dots", body(), "name is invalid"),
        ("x" * 121, body(), "name is invalid"),
        ("fine", {}, "empty properties"),
        ("fine", body(subject=""), "must specify 'issuer', 'subject' and 'audience'"),
        ("fine", body(audiences=["a", "b"]), "exactly one audience"),
        ("fine", body(subject="s" * 601), "longer than 600"),
    ],
)
def test_what_is_malformed_is_refused(owner: Caller, name: str, given: dict[str, Any], words: str) -> None:
    answer = owner.put(f"{ALL}/{name}", given)
    assert error_of(answer) == (400, "BadRequest")
    assert words in answer.text


def test_issuer_and_subject_are_unique_whatever_the_name(owner: Caller) -> None:
    owner.put(f"{ALL}/one", body())
    answer = owner.put(f"{ALL}/two", body())
    assert error_of(answer) == (400, "BadRequest")
    assert "Issuer and subject combination already exists" in answer.text
    assert owner.put(f"{ALL}/two", body(issuer=ISSUER.rstrip("/"))).status_code == 201


def test_there_are_at_most_twenty(azure: RunningServer, owner: Caller) -> None:
    azure.world.dials = azure.world.dials.turned({"federated_write": 0})
    for number in range(20):
        assert owner.put(f"{ALL}/fic-{number}", body(f"system:serviceaccount:ns:{number}")).status_code == 201
    answer = owner.put(f"{ALL}/fic-20", body("system:serviceaccount:ns:20"))
    assert error_of(answer) == (400, "BadRequest")
    assert "Too many Federated Identity Credentials" in answer.text
    assert owner.put(f"{ALL}/fic-3", body("system:serviceaccount:ns:other")).status_code == 200


def test_writes_to_one_identity_at_the_same_time_conflict(azure: RunningServer, owner: Caller) -> None:
    azure.world.dials = azure.world.dials.turned({"federated_write": 10})
    owner.get(ALL)
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda n: owner.put(f"{ALL}/fic-{n}", body(f"system:serviceaccount:ns:{n}")), range(2))
        )
    refused = [one for one in answers if one.status_code == 409]
    assert len(refused) == 1
    assert error_of(refused[0])[1] == "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
    assert len(names(owner)) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_region_without_support_refuses_all(owner: Caller, method: str) -> None:
    path = f"{FAR_IDENTITY}/federatedIdentityCredentials" + ("" if method == "GET" else "/orders")
    answer = owner.ask(method, path, body() if method == "PUT" else None)
    assert error_of(answer) == (405, "MethodNotAllowed")
    assert "Support for federated identity credentials not enabled" in answer.text


def test_an_identity_that_is_not_there_is_told(owner: Caller) -> None:
    answer = owner.put(f"{IDENTITY}-none/federatedIdentityCredentials/orders", body())
    assert error_of(answer) == (404, "ResourceNotFound")


def test_writes_can_be_throttled(azure: RunningServer, owner: Caller) -> None:
    azure.world.dials = azure.world.dials.turned({"write_rate": 0.25, "write_burst": 1, "federated_write": 0})
    assert owner.put(f"{ALL}/fic-1", body()).status_code == 201
    answer = owner.put(f"{ALL}/fic-2", body("other"))
    assert error_of(answer) == (429, "TooManyRequests")
    assert int(answer.headers["Retry-After"]) >= 1
    azure.clock.advance(4)
    assert owner.put(f"{ALL}/fic-2", body("other")).status_code == 201


def test_reading_is_not_writing(azure: RunningServer) -> None:
    reader = Caller(azure, "reader")
    assert reader.get(ALL).status_code == 200
    answer = reader.put(f"{ALL}/orders", body())
    assert error_of(answer) == (403, "AuthorizationFailed")
    assert "federatedIdentityCredentials/write" in answer.text

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to Resource Manager, against an emulated one: tokens, pages, retries, and what it tells when it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unit.core.conftest import OPERATOR, SECRET, SUBSCRIPTION, OpenSession

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.errors import (
    AzureError,
    SignInError,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.retries import Attempt
from ansible_collections.aksops.workload_identity.plugins.module_utils._run_id import CORRELATION_ID
from ansible_collections.aksops.workload_identity.plugins.module_utils._version import USER_AGENT
from lab.azure.server import RunningServer

GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
GROUP = f"{GROUPS}/rg-1"
API = "2021-04-01"


def exchanges(azure: RunningServer, part: str) -> list[dict[str, Any]]:
    return [item for item in azure.exchanges.read() if part in item["url"]]


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import pipeline, retries

    def short(attempt: Attempt, chance: float) -> float | None:
        delay = retries.pause(attempt, chance)
        return None if delay is None else min(delay, 0.05)

    monkeypatch.setattr(pipeline, "pause", short)


def test_a_session_signs_in_once_for_any_number_of_requests(
    azure: RunningServer, sign_in: OpenSession
) -> None:
    session = sign_in()
    for _number in range(3):
        assert session.get(GROUP, API)["name"] == "rg-1"
    assert len(exchanges(azure, "/oauth2/v2.0/token")) == 1


def test_a_second_session_of_the_same_process_inherits_the_token(
    azure: RunningServer, sign_in: OpenSession
) -> None:
    sign_in().get(GROUP, API)
    sign_in().get(GROUP, API)
    assert len(exchanges(azure, "/oauth2/v2.0/token")) == 1


def test_a_session_as_somebody_else_does_not(azure: RunningServer, sign_in: OpenSession) -> None:
    sign_in().get(GROUP, API)
    with pytest.raises(SignInError):
        sign_in(secret="wrong").get(GROUP, API)


def test_every_request_says_who_we_are_and_which_run_it_is(
    azure: RunningServer, sign_in: OpenSession
) -> None:
    sign_in().get(GROUP, API)
    headers = exchanges(azure, "/resourceGroups/rg-1")[0]["request_headers"]
    assert headers["user-agent"].startswith(USER_AGENT)
    assert headers["x-ms-correlation-request-id"] == CORRELATION_ID


def test_pages_are_followed(azure: RunningServer, sign_in: OpenSession) -> None:
    following = f"{azure.url}{GROUPS}?api-version={API}"
    first = {"value": [{"name": "of page one"}], "nextLink": following}
    azure.faults.add({"url": "/resourceGroups", "respond": {"status": 200, "body": first}})
    names = [item["name"] for item in sign_in().list(GROUPS, API)]
    assert names[0] == "of page one"
    assert {"rg-0", "rg-1", "rg-2"} <= set(names)


def test_a_page_at_another_host_is_not_fetched_since_the_token_would_go_there(
    azure: RunningServer, sign_in: OpenSession
) -> None:
    first = {"value": [], "nextLink": "https://elsewhere.example/next"}
    azure.faults.add({"url": "/resourceGroups", "respond": {"status": 200, "body": first}})
    with pytest.raises(AzureError, match=r"another host, elsewhere\.example"):
        list(sign_in().list(GROUPS, API))


@pytest.mark.parametrize(
    "fault",
    [
        {"respond": {"status": 429, "headers": {"Retry-After": "1"}}},
        {"respond": {"status": 500}},
        {"respond": {"status": 503}},
        {"drop": True},
        {"drop": True, "when": "after"},
    ],
    ids=["throttled", "500", "503", "dropped", "dropped after the service acted"],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_request_survives_a_passing_fault(
    azure: RunningServer, sign_in: OpenSession, fault: dict[str, Any], method: str
) -> None:
    session = sign_in()
    path = f"{GROUPS}/rg-2/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-1"
    if method != "PUT":
        session.put(path, {"location": "westeurope"}, "2024-11-30")
    azure.faults.add({"method": method, "url": "userAssignedIdentities/id-1", "times": 2, **fault})
    body = {"location": "westeurope"} if method == "PUT" else None
    assert session.send(method, path, "2024-11-30", body=body).status in (200, 201, 204)
    assert sum(rule["hits"] for rule in azure.faults.state()) == 2


def test_a_fault_that_stays_is_told_with_the_services_words(
    azure: RunningServer, sign_in: OpenSession
) -> None:
    body = {"error": {"code": "ServerBusy", "message": "Come back later."}}
    azure.faults.add({"url": "rg-1", "times": None, "respond": {"status": 503, "body": body}})
    with pytest.raises(AzureError, match=r"Azure answered 503 ServerBusy: Come back later\.") as failure:
        sign_in().get(GROUP, API)
    assert failure.value.resource_id == GROUP
    assert sum(rule["hits"] for rule in azure.faults.state()) == 6


def test_a_refusal_is_not_tried_again(azure: RunningServer, sign_in: OpenSession) -> None:
    with pytest.raises(AzureError) as failure:
        sign_in().get(f"{GROUPS}/none", API)
    assert (failure.value.status, failure.value.code) == (404, "ResourceGroupNotFound")
    assert len(exchanges(azure, "/resourceGroups/none")) == 1


def test_an_expired_token_is_replaced_once(azure: RunningServer, sign_in: OpenSession) -> None:
    session = sign_in()
    session.get(GROUP, API)
    expired = {"error": {"code": "ExpiredAuthenticationToken", "message": "The access token expired."}}
    azure.faults.add({"url": "rg-1", "respond": {"status": 401, "body": expired}})
    assert session.get(GROUP, API)["name"] == "rg-1"
    assert len(exchanges(azure, "/oauth2/v2.0/token")) == 2


def test_a_wrong_secret_is_told_without_the_secret(azure: RunningServer, sign_in: OpenSession) -> None:
    with pytest.raises(SignInError, match="AADSTS7000215") as failure:
        sign_in(secret="hush-wrong").get(GROUP, API)
    assert "with a client secret" in str(failure.value)
    assert OPERATOR in str(failure.value)
    assert "hush" not in str(failure.value)


def test_no_error_holds_a_token_or_a_secret(azure: RunningServer, sign_in: OpenSession) -> None:
    session = sign_in()
    with pytest.raises(AzureError) as failure:
        session.get(f"{GROUPS}/none", API)
    shown = repr(failure.value) + str(failure.value) + json.dumps(dict(failure.value.data))
    assert SECRET not in shown
    assert session.token(session.cloud.scope) not in shown


def test_nobody_to_sign_in_as_is_told_with_what_was_tried(
    sign_in: OpenSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"):
        monkeypatch.delenv(name, raising=False)
    session = sign_in(tenant=None, client_id=None, secret=None)
    with pytest.raises(SignInError) as failure:
        session.get(GROUP, API)
    for source in (
        "a client secret",
        "a certificate",
        "a federated token",
        "user and password",
        "the Azure CLI",
    ):
        assert f"{source}: " in str(failure.value)


def test_a_subscription_that_nobody_named_is_asked_for(sign_in: OpenSession) -> None:
    with pytest.raises(AzureError, match="Which subscription"):
        assert sign_in(subscription_id=None).subscription_id


def test_an_unknown_cloud_is_told_when_the_session_opens(sign_in: OpenSession) -> None:
    with pytest.raises(AzureError, match="is no cloud"):
        sign_in(cloud_environment="AzureMoonCloud")

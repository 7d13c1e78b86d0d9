# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that break, delay and stop requests, and the log that tells all but secrets."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from lab.azure.server import RunningServer

from .conftest import CLUSTER, IDENTITY, Caller, error_of, secret_of, wait_for


def control(azure: RunningServer, method: str, path: str, body: object = None) -> requests.Response:
    return requests.request(method, f"{azure.url}/_lab{path}", json=body, verify=str(azure.ca), timeout=10)


def rule(azure: RunningServer, **description: object) -> str:
    answer = control(azure, "POST", "/rules", description)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_the_nth_request_gets_the_answer_that_is_told(azure: RunningServer, owner: Caller) -> None:
    body = {"error": {"code": "TooManyRequests", "message": "later"}}
    number = rule(
        azure,
        method="GET",
        url="managedClusters/aks-a",
        skip=1,
        times=1,
        respond={"status": 429, "body": body, "headers": {"Retry-After": "1"}},
    )
    answers = [owner.get(CLUSTER) for attempt in range(3)]
    assert [one.status_code for one in answers] == [200, 429, 200]
    assert answers[1].headers["Retry-After"] == "1"
    assert error_of(answers[1]) == (429, "TooManyRequests")
    known = control(azure, "GET", "/rules").json()["rules"]
    assert [(one["id"], one["seen"], one["hits"]) for one in known] == [(number, 3, 1)]


@pytest.mark.parametrize(("when", "changed"), [("before", False), ("after", True)])
def test_a_connection_is_cut_before_or_after_the_service_acted(
    azure: RunningServer, owner: Caller, when: str, changed: bool
) -> None:
    owner.get(CLUSTER)
    rule(azure, method="PUT", url="userAssignedIdentities/cut", when=when, drop=True)
    with pytest.raises(requests.ConnectionError):
        owner.put(IDENTITY.replace("id-a", "cut"), {"location": "westeurope"})
    assert (owner.get(IDENTITY.replace("id-a", "cut")).status_code == 200) is changed


def test_an_operation_ends_as_it_is_told(azure: RunningServer, owner: Caller) -> None:
    rule(
        azure,
        method="PUT",
        url="managedClusters",
        fail_operation={"code": "QuotaExceeded", "message": "no cores"},
    )
    before = owner.cluster()["properties"]["oidcIssuerProfile"]
    answer = owner.update({"oidcIssuerProfile": {"enabled": True}})
    assert answer.status_code == 200
    body = owner.finish()
    assert body["properties"]["provisioningState"] == "Failed"
    assert body["properties"]["oidcIssuerProfile"] == before
    polled = owner.ask("GET", answer.headers["Azure-AsyncOperation"]).json()
    assert (polled["status"], polled["error"]) == ("Failed", {"code": "QuotaExceeded", "message": "no cores"})


def test_a_process_is_killed_at_the_request(azure: RunningServer, owner: Caller) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as victim:
        rule(azure, method="GET", url=CLUSTER, signal={"pid": victim.pid, "signal": "KILL"})
        owner.get(CLUSTER)
        assert victim.wait(10) == -9


def test_a_request_is_held_until_it_is_released(azure: RunningServer, owner: Caller, tmp_path: Path) -> None:
    owner.get(CLUSTER)
    reached = tmp_path / "reached"
    number = rule(azure, method="GET", url="aks-a", touch=str(reached), block=True)
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(owner.get(CLUSTER).status_code))
    asking.start()
    wait_for(reached.exists)
    assert not answers
    assert control(azure, "POST", f"/rules/{number}/release").status_code == 204
    asking.join(5)
    assert answers == [200]


def test_chance_is_repeatable(azure: RunningServer, owner: Caller) -> None:
    def run() -> list[int]:
        rule(azure, url="aks-a", probability=0.5, seed=7, respond={"status": 503})
        seen = [owner.get(CLUSTER).status_code for attempt in range(12)]
        control(azure, "DELETE", "/rules")
        return seen

    first = run()
    assert set(first) == {200, 503}
    assert run() == first


def test_a_rule_that_makes_no_sense_is_refused(azure: RunningServer) -> None:
    assert control(azure, "POST", "/rules", {"respnd": {}}).status_code == 400
    assert control(azure, "POST", "/rules", {"url": "("}).status_code == 400


def test_the_world_can_be_changed_while_it_runs(azure: RunningServer, owner: Caller) -> None:
    added = {"id": f"{CLUSTER}-2", "location": "westeurope", "kubernetes_version": "1.36.3"}
    assert control(azure, "POST", "/world", {"clusters": [added]}).status_code == 204
    assert owner.get(f"{CLUSTER}-2").status_code == 200
    assert control(azure, "DELETE", f"/world?id={CLUSTER}-2").status_code == 204
    assert owner.get(f"{CLUSTER}-2").status_code == 404
    assert control(azure, "PATCH", "/dials", {"page_size": 1}).json()["page_size"] == 1
    assert control(azure, "PATCH", "/dials", {"nonsense": 1}).status_code == 400
    assert control(azure, "POST", "/clock", {"advance": 5, "speed": 3}).json()["speed"] == 3
    names = [one["name"] for one in control(azure, "GET", "/state").json()["clusters"]]
    assert "aks-a" in names


def test_the_log_has_every_exchange_and_no_secret(azure: RunningServer, owner: Caller) -> None:
    token = owner.token()
    owner.session.headers["Authorization"] = f"Bearer {token}"
    kubeconfig = owner.ask("POST", f"{CLUSTER}/listClusterUserCredential").json()["kubeconfigs"][0]["value"]
    address = owner.update({"oidcIssuerProfile": {"enabled": True}}).headers["Azure-AsyncOperation"]
    owner.ask("GET", address)
    signature = address.split("&s=")[1].split("&")[0]
    text = azure.exchanges.path.read_text()
    for secret in (token, secret_of("owner"), kubeconfig, signature):
        assert secret not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [one["method"] for one in lines] == ["POST", "POST", "PUT", "GET"]
    assert lines[2]["request_body"]["properties"] == {"oidcIssuerProfile": {"enabled": True}}
    assert lines[2]["response_body"]["properties"]["provisioningState"] == "Updating"
    assert lines[0]["status"] == 200
    assert "client_secret=***" in lines[0]["request_body"]

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Issuer and webhook of a cluster: a minimal, guarded update, waited for, and never sent where it would do harm."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from .conftest import SUBSCRIPTION, Caller, Start, cluster, cluster_id

ODD = {
    "podIdentityProfile": {
        "enabled": True,
        "userAssignedIdentities": [],
        "userAssignedIdentityExceptions": [{"name": "mic", "namespace": "kube-system", "podLabels": None}],
    },
    "securityProfile": {"imageCleaner": {"enabled": True, "intervalHours": 48}},
    "ingressProfile": {"webAppRouting": {"enabled": True, "dnsZoneResourceIds": None}},
    "aFieldOfTomorrow": {"deep": [1, {"x": None}]},
}
WITH_ISSUER = {"oidcIssuerProfile": {"enabled": True}}
ONE = {"resource_group": "rg-a", "cluster_name": "aks-1", "poll_interval": 1, "wait_timeout": 30}
_MOVING = ("provisioningState", "status")


def settled(body: Mapping[str, Any]) -> dict[str, Any]:
    """A cluster without what every update changes."""
    kept = copy.deepcopy({key: value for key, value in body.items() if key != "eTag"})
    for key in _MOVING:
        kept["properties"].pop(key, None)
    for pool in kept["properties"]["agentPoolProfiles"]:
        pool.pop("eTag", None)
    return kept


def with_both(body: Mapping[str, Any], issuer_url: str) -> dict[str, Any]:
    wanted = settled(body)
    wanted["properties"]["oidcIssuerProfile"] = {"enabled": True, "issuerURL": issuer_url}
    security = wanted["properties"].get("securityProfile") or {}
    wanted["properties"]["securityProfile"] = {**security, "workloadIdentity": {"enabled": True}}
    for exception in (wanted["properties"].get("podIdentityProfile") or {}).get(
        "userAssignedIdentityExceptions", ()
    ):
        exception["podLabels"] = exception["podLabels"] or {}
    return wanted


def busy(caller: Caller) -> None:
    """Somebody else's update, under way."""
    body = caller.body("aks-1")
    caller.session().put(cluster_id("aks-1"), {**body, "tags": {"by": "else"}}, "2024-09-01")


def test_only_issuer_and_webhook_of_the_cluster_differ_afterwards(start: Start) -> None:
    caller = start(clusters=[cluster(properties=ODD, tags={"team": "a"})])
    before = caller.body("aks-1")
    result = caller.succeed("aks_oidc_issuer", **ONE)
    assert result["changed"]
    assert result["issuer_url"].endswith("/")
    assert (result["operation"], result["provisioning_state"]) == ("none", "Succeeded")
    assert settled(caller.body("aks-1")) == with_both(before, result["issuer_url"])


def test_the_update_carries_the_etag_that_was_read(start: Start) -> None:
    caller = start(clusters=[cluster()])
    tag = caller.body("aks-1")["eTag"]
    caller.succeed("aks_oidc_issuer", **ONE)
    (put,) = caller.exchanges("PUT")
    assert put["request_headers"]["if-match"] == tag


def test_a_second_run_only_reads(start: Start) -> None:
    caller = start(clusters=[cluster()])
    first = caller.succeed("aks_oidc_issuer", **ONE)
    writes = len(caller.exchanges("PUT", "PATCH", "POST", "DELETE"))
    second = caller.succeed("aks_oidc_issuer", **ONE)
    assert not second["changed"]
    assert "diff" not in second
    assert second["issuer_url"] == first["issuer_url"]
    assert len(caller.exchanges("PUT", "PATCH", "POST", "DELETE")) == writes


def test_check_mode_announces_what_the_run_does_and_writes_nothing(start: Start) -> None:
    caller = start(clusters=[cluster()])
    check = caller.succeed("aks_oidc_issuer", check=True, **ONE)
    assert caller.exchanges("PUT", "PATCH", "POST", "DELETE") == []
    run = caller.succeed("aks_oidc_issuer", **ONE)
    assert check["diff"] == run["diff"]
    assert check["issuer_url"] == "(known after apply: issuer URL of aks-1)"
    assert (check["oidc_issuer"], check["workload_identity"]) == (True, True)


def test_what_was_submitted_without_waiting_is_waited_for_later(start: Start) -> None:
    caller = start(clusters=[cluster()], dials={"long_operation": 30})
    submitted = caller.succeed("aks_oidc_issuer", **ONE, wait=False)
    assert (submitted["changed"], submitted["operation"]) == (True, "submitted")
    assert submitted["issuer_url"]
    again = caller.succeed("aks_oidc_issuer", **ONE, wait=False)
    assert (again["changed"], again["operation"]) == (False, "running")
    waited = caller.succeed("aks_oidc_issuer", **ONE)
    assert (waited["changed"], waited["operation"], waited["provisioning_state"]) == (
        False,
        "none",
        "Succeeded",
    )
    assert waited["issuer_url"] == submitted["issuer_url"]
    assert any("aks-1" in line and "Updating" in line for line in caller.said)


@pytest.mark.parametrize("conflict", ["operation", "older", "etag"])
def test_a_busy_cluster_is_left_without_waiting_and_done_with_it(start: Start, conflict: str) -> None:
    caller = start(clusters=[cluster()], dials={"long_operation": 30, "conflict": conflict})
    busy(caller)
    left = caller.succeed("aks_oidc_issuer", **ONE, wait=False)
    assert (left["changed"], left["operation"], left["issuer_url"]) == (False, "busy", None)
    done = caller.succeed("aks_oidc_issuer", **ONE)
    assert done["changed"]
    assert done["issuer_url"]
    assert caller.body("aks-1")["tags"] == {"by": "else"}


def test_an_operation_that_begins_between_read_and_write_is_waited_for(start: Start) -> None:
    caller = start(clusters=[cluster()])
    words = "Operation is not allowed because there's an in progress update managed cluster operation"
    body = {"error": {"code": "OperationNotAllowed", "message": words}}
    caller.azure.faults.add({"method": "PUT", "respond": {"status": 409, "body": body}})
    assert caller.succeed("aks_oidc_issuer", **ONE)["issuer_url"]
    assert len(caller.exchanges("PUT")) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (412, {"error": {"code": "PreConditionFailed", "message": "Etag mismatched"}}),
        (
            409,
            {"code": "EtagMismatch", "message": "Operation is not allowed: Another operation is in progress"},
        ),
    ],
)
def test_a_lost_race_is_run_again(start: Start, status: int, body: dict[str, Any]) -> None:
    caller = start(clusters=[cluster()])
    caller.azure.faults.add({"method": "PUT", "respond": {"status": status, "body": body}})
    result = caller.succeed("aks_oidc_issuer", **ONE)
    assert result["changed"]
    assert len(caller.exchanges("PUT")) == 2


def test_an_update_whose_answer_was_lost_is_not_sent_twice_and_counts_as_ours(start: Start) -> None:
    caller = start(clusters=[cluster()])
    caller.azure.faults.add({"method": "PUT", "when": "after", "drop": True})
    result = caller.succeed("aks_oidc_issuer", **ONE)
    assert result["changed"]
    assert [item["status"] for item in caller.exchanges("PUT")].count(200) == 0


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (cluster(version="1.23.8"), "1.24"),
        (cluster(properties={"powerState": {"code": "Stopped"}}), "az aks start"),
        (cluster(properties={"provisioningState": "Failed"}), "az aks update"),
        (cluster(properties={"provisioningState": "Canceled"}), "Canceled"),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_a_cluster_that_cannot_take_it_is_refused_before_anything_is_sent(
    start: Start, entry: dict[str, Any], words: str, check: bool
) -> None:
    caller = start(clusters=[entry])
    result = caller.fail("aks_oidc_issuer", check=check, **ONE)
    assert "aks-1" in result["msg"]
    assert words in result["msg"]
    assert not result["changed"]
    assert caller.exchanges("PUT") == []


def test_the_issuer_is_not_switched_off(start: Start) -> None:
    caller = start(clusters=[cluster(properties=WITH_ISSUER)])
    result = caller.fail("aks_oidc_issuer", **ONE, oidc_issuer=False)
    assert "cannot switch" in result["msg"]
    assert caller.exchanges("PUT") == []


def test_the_webhook_needs_the_issuer(start: Start) -> None:
    caller = start(clusters=[cluster()])
    assert "needs the OIDC issuer" in caller.fail("aks_oidc_issuer", **ONE, oidc_issuer=False)["msg"]


def test_a_webhook_that_is_not_asked_for_is_left_as_it_is(start: Start) -> None:
    on = {**WITH_ISSUER, "securityProfile": {"workloadIdentity": {"enabled": True}}}
    caller = start(clusters=[cluster(), cluster("aks-2", properties=on)])
    issuer_only = caller.succeed("aks_oidc_issuer", **ONE, workload_identity=False)
    assert (issuer_only["oidc_issuer"], issuer_only["workload_identity"]) == (True, False)
    assert "workloadIdentity" not in (caller.body("aks-1")["properties"].get("securityProfile") or {})
    kept = caller.succeed("aks_oidc_issuer", **{**ONE, "cluster_name": "aks-2"}, workload_identity=False)
    assert (kept["changed"], kept["workload_identity"]) == (False, True)


def test_the_webhook_alone_is_added_to_a_cluster_that_has_the_issuer(start: Start) -> None:
    caller = start(clusters=[cluster(properties=WITH_ISSUER)])
    result = caller.succeed("aks_oidc_issuer", **ONE)
    assert result["changed"]
    assert "oidc_issuer" in result["diff"]["before"]
    assert caller.body("aks-1")["properties"]["securityProfile"]["workloadIdentity"] == {"enabled": True}


def test_an_operation_that_fails_is_told_in_the_services_words(start: Start) -> None:
    caller = start(clusters=[cluster()])
    told = {"status": "Failed", "code": "QuotaExceeded", "message": "Not enough cores in westeurope."}
    caller.azure.faults.add({"method": "PUT", "fail_operation": told})
    result = caller.fail("aks_oidc_issuer", **ONE)
    assert "QuotaExceeded: Not enough cores in westeurope." in result["msg"]
    assert "aks-1" in result["msg"]
    assert result["changed"]


def test_time_that_runs_out_says_that_the_operation_goes_on(start: Start) -> None:
    caller = start(clusters=[cluster()], dials={"long_operation": 600})
    result = caller.fail("aks_oidc_issuer", **{**ONE, "wait_timeout": 1})
    assert "goes on in Azure" in result["msg"]
    assert result["changed"]


def test_a_missing_feature_is_named_and_nothing_is_registered(start: Start) -> None:
    caller = start(subscriptions=[{"id": SUBSCRIPTION}], clusters=[cluster()])
    message = caller.fail("aks_oidc_issuer", **ONE)["msg"]
    assert "Register EnableOIDCIssuerPreview with the module feature_registration" in message
    assert caller.exchanges("POST") == []


@pytest.mark.parametrize("wait", [False, True])
def test_a_feature_that_never_reached_the_provider_is_taken_up(start: Start, wait: bool) -> None:
    registered = ["EnableOIDCIssuerPreview", "EnableWorkloadIdentityPreview"]
    caller = start(
        subscriptions=[{"id": SUBSCRIPTION, "registered_features": registered}], clusters=[cluster()]
    )
    # As a run leaves it that was killed between the two registrations.
    provider = caller.azure.world.subscriptions[SUBSCRIPTION].providers["microsoft.containerservice"]
    provider.features = frozenset()
    result = caller.succeed("aks_oidc_issuer", **ONE, wait=wait)
    assert result["changed"]
    assert result["issuer_url"]
    assert len(caller.exchanges("POST")) == 1


def test_an_unknown_cluster_is_named_with_what_to_check(start: Start) -> None:
    caller = start(clusters=[cluster()])
    result = caller.fail("aks_oidc_issuer", **{**ONE, "cluster_name": "aks-9"})
    assert "aks-9" in result["msg"]
    assert "ResourceNotFound" in result["msg"]
    assert "Check name" in result["msg"]

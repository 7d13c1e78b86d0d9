# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preview features: registered once, with the provider after them, and told apart where they cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import SUBSCRIPTION, Caller, Start

NAMES = ["EnableOIDCIssuerPreview", "EnableWorkloadIdentityPreview"]
TWO = {"features": NAMES, "poll_interval": 1, "wait_timeout": 30}
APPROVAL = "ApprovalNeededPreview"


def required(**more: Any) -> list[dict[str, Any]]:
    return [{"id": SUBSCRIPTION, "features": "required", **more}]


def posted(caller: Caller) -> list[str]:
    return [str(item["url"]).partition("?")[0].rsplit("/", 2)[-2] for item in caller.exchanges("POST")]


def test_features_are_registered_and_the_provider_after_them(start: Start) -> None:
    caller = start(subscriptions=required())
    result = caller.succeed("feature_registration", **TWO)
    assert result["changed"]
    assert [(item["before"], item["state"], item["outcome"]) for item in result["features"]] == [
        ("NotRegistered", "Registered", "registered")
    ] * 2
    assert result["provider"] == {
        "namespace": "Microsoft.ContainerService",
        "state": "Registered",
        "reregistered": True,
    }
    assert posted(caller) == [*NAMES, "Microsoft.ContainerService"]


def test_a_second_run_only_reads(start: Start) -> None:
    caller = start(subscriptions=required(registered_features=NAMES))
    result = caller.succeed("feature_registration", **TWO)
    assert not result["changed"]
    assert not result["provider"]["reregistered"]
    assert caller.exchanges("POST", "PUT", "DELETE") == []


def test_check_mode_announces_what_the_run_does_and_writes_nothing(start: Start) -> None:
    caller = start(subscriptions=required(registered_features=NAMES[:1]))
    check = caller.succeed("feature_registration", check=True, **TWO)
    assert caller.exchanges("POST") == []
    run = caller.succeed("feature_registration", **TWO)
    assert check["diff"] == run["diff"]
    assert check["features"] == run["features"]
    assert posted(caller) == [NAMES[1], "Microsoft.ContainerService"]


def test_one_that_somebody_else_registers_is_waited_for(start: Start) -> None:
    caller = start(subscriptions=required())
    caller.succeed("feature_registration", **TWO, wait=False)
    sent = len(caller.exchanges("POST"))
    result = caller.succeed("feature_registration", **TWO)
    assert {item["state"] for item in result["features"]} == {"Registered"}
    assert posted(caller)[sent:] == ["Microsoft.ContainerService"]


def test_retired_features_are_passed_over_where_that_is_accepted(start: Start) -> None:
    caller = start()
    result = caller.succeed("feature_registration", **TWO, on_unknown="ignore")
    assert not result["changed"]
    assert [item["outcome"] for item in result["features"]] == ["retired", "retired"]
    assert caller.exchanges("POST") == []


def test_unknown_features_are_named_before_any_is_registered(start: Start) -> None:
    caller = start(subscriptions=required())
    result = caller.fail("feature_registration", **{**TWO, "features": [NAMES[0], "EnableNonsense"]})
    assert "EnableNonsense" in result["msg"]
    assert NAMES[0] not in result["msg"]
    assert caller.exchanges("POST") == []


def test_one_that_needs_approval_is_told_and_not_waited_for(start: Start) -> None:
    caller = start(subscriptions=required(approval_features=[APPROVAL]))
    first = caller.fail("feature_registration", **{**TWO, "features": [APPROVAL]})
    assert "approval" in first["msg"]
    assert first["changed"]
    second = caller.fail("feature_registration", **{**TWO, "features": [APPROVAL]})
    assert not second["changed"]


def test_a_provider_that_is_not_registered_is(start: Start) -> None:
    caller = start(
        subscriptions=required(
            registered_features=NAMES, providers={"Microsoft.ContainerService": "NotRegistered"}
        )
    )
    result = caller.succeed("feature_registration", **TWO)
    assert result["changed"]
    assert result["provider"]["state"] == "Registered"


def test_features_are_unregistered(start: Start) -> None:
    caller = start(subscriptions=required(registered_features=NAMES))
    result = caller.succeed("feature_registration", **TWO, state="absent")
    assert {item["state"] for item in result["features"]} == {"Unregistered"}
    assert not caller.succeed("feature_registration", **TWO, state="absent")["changed"]


def test_a_registration_that_takes_too_long_says_what_is_done(start: Start) -> None:
    caller = start(subscriptions=required(), dials={"feature_registration": 6000})
    result = caller.fail("feature_registration", **{**TWO, "wait_timeout": 1})
    assert "goes on in Azure" in result["msg"]
    assert result["changed"]


@pytest.mark.parametrize("names", [[], [*NAMES, "EnableNonsense"]])
def test_info_tells_states_and_registers_nothing(start: Start, names: list[str]) -> None:
    caller = start(subscriptions=required(registered_features=NAMES[:1]))
    result = caller.succeed("feature_registration_info", features=names)
    states = {item["name"]: item["state"] for item in result["features"]}
    assert states == (
        {NAMES[0]: "Registered", NAMES[1]: "NotRegistered", "EnableNonsense": "Unknown"}
        if names
        else {NAMES[0]: "Registered"}
    )
    assert caller.exchanges("POST") == []


def test_a_missing_right_is_named(start: Start) -> None:
    caller = start(subscriptions=required(), role_assignments=[])
    result = caller.fail("feature_registration", **TWO)
    assert "AuthorizationFailed" in result["msg"]
    assert "Microsoft.Features/providers/features/read" in result["msg"]

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preview features: states that take time, and effect only after the provider was registered again."""

from __future__ import annotations

from lab.azure.server import RunningServer

from .conftest import RETIRED, RETIRED_CLUSTER, SUBSCRIPTION, Caller, error_of, wait_for

FEATURES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Features/providers/Microsoft.ContainerService/features"
PROVIDER = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService"


def state(caller: Caller, name: str) -> str:
    return str(caller.get(f"{FEATURES}/{name}").json()["properties"]["state"])


def test_registering_takes_its_time(owner: Caller) -> None:
    assert state(owner, "AutoUpgradePreview") == "NotRegistered"
    answer = owner.ask("POST", f"{FEATURES}/AutoUpgradePreview/register").json()
    assert answer["properties"]["state"] == "Registering"
    assert answer["name"] == "Microsoft.ContainerService/AutoUpgradePreview"
    wait_for(lambda: state(owner, "AutoUpgradePreview") == "Registered")
    assert (
        owner.ask("POST", f"{FEATURES}/AutoUpgradePreview/unregister").json()["properties"]["state"]
        == "Unregistering"
    )
    wait_for(lambda: state(owner, "AutoUpgradePreview") == "Unregistered")


def test_some_features_wait_for_approval(azure: RunningServer, owner: Caller) -> None:
    assert (
        owner.ask("POST", f"{FEATURES}/ApprovalNeededPreview/register").json()["properties"]["state"]
        == "Pending"
    )
    azure.clock.advance(600)
    assert state(owner, "ApprovalNeededPreview") == "Pending"


def test_unknown_and_retired_features_are_not_found(owner: Caller) -> None:
    assert error_of(owner.get(f"{FEATURES}/NoSuchPreview")) == (404, "FeatureNotFound")
    retired = f"{FEATURES}/EnableWorkloadIdentityPreview".replace(SUBSCRIPTION, RETIRED)
    assert error_of(owner.get(retired)) == (404, "FeatureNotFound")


def test_features_are_listed_by_provider(owner: Caller) -> None:
    names = [one["name"] for one in owner.get(FEATURES).json()["value"]]
    assert "Microsoft.ContainerService/EnableOIDCIssuerPreview" in names


def test_a_feature_has_effect_only_after_the_provider_was_registered_again(
    azure: RunningServer, owner: Caller
) -> None:
    for feature in azure.world.subscriptions[SUBSCRIPTION].features.values():
        feature.state = "NotRegistered"
    provider = azure.world.subscriptions[SUBSCRIPTION].providers["microsoft.containerservice"]
    provider.features = frozenset()
    issuer = {"oidcIssuerProfile": {"enabled": True}}

    refused = owner.update(issuer)
    assert error_of(refused) == (400, "BadRequest")
    assert "Feature Microsoft.ContainerService/EnableOIDCIssuerPreview is not enabled" in refused.text
    owner.ask("POST", f"{FEATURES}/EnableOIDCIssuerPreview/register")
    wait_for(lambda: state(owner, "EnableOIDCIssuerPreview") == "Registered")
    assert owner.update(issuer).status_code == 400
    answer = owner.ask("POST", f"{PROVIDER}/register")
    assert (answer.status_code, answer.json()["registrationState"]) == (200, "Registered")
    assert owner.update(issuer).status_code == 400
    wait_for(lambda: owner.update(issuer).status_code == 200)


def test_where_features_are_retired_nothing_is_gated(owner: Caller) -> None:
    answer = owner.update({"oidcIssuerProfile": {"enabled": True}}, RETIRED_CLUSTER)
    assert answer.status_code == 200


def test_an_unregistered_provider_becomes_registered(azure: RunningServer, owner: Caller) -> None:
    azure.world.subscriptions[SUBSCRIPTION].providers["microsoft.containerservice"].state = "NotRegistered"
    assert owner.ask("POST", f"{PROVIDER}/register").json()["registrationState"] == "Registering"
    wait_for(lambda: owner.get(PROVIDER).json()["registrationState"] == "Registered")


def test_an_unknown_provider_is_named(owner: Caller) -> None:
    answer = owner.get(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Nothing")
    assert error_of(answer) == (404, "InvalidResourceNamespace")

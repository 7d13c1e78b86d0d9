# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed clusters: long operations, conflicts, ETags, power, credentials, the add-ons."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from lab.azure.memory_effects import MemoryEffects
from lab.azure.server import RunningServer

from .conftest import CLUSTER, IDENTITY, OLD_CLUSTER, SCALE_SET, Caller, error_of, wait_for

ISSUER = {"oidcIssuerProfile": {"enabled": True}}
BOTH = {**ISSUER, "securityProfile": {"workloadIdentity": {"enabled": True}}}


def poll(caller: Caller, answer: Any) -> list[dict[str, Any]]:
    """Polls until the end; all answers."""
    seen: list[dict[str, Any]] = []

    def ended() -> bool:
        seen.append(caller.ask("GET", answer.headers["Azure-AsyncOperation"]).json())
        return seen[-1]["status"] in ("Succeeded", "Failed", "Canceled")

    wait_for(ended)
    return seen


def test_an_update_is_a_long_operation(owner: Caller, effects: MemoryEffects) -> None:
    answer = owner.update(BOTH)
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    body = answer.json()
    assert body["properties"]["provisioningState"] == "Updating"
    assert body["properties"]["oidcIssuerProfile"]["issuerURL"].endswith("/")
    answers = poll(owner, answer)
    assert {one["status"] for one in answers} == {"InProgress", "ProvisioningControlPlane", "Succeeded"}
    assert answers[-1]["endTime"] > answers[-1]["startTime"]
    cluster = owner.finish()
    assert cluster["properties"]["oidcIssuerProfile"] == body["properties"]["oidcIssuerProfile"]
    assert effects.cluster("aks-a").issuer == cluster["properties"]["oidcIssuerProfile"]["issuerURL"]
    assert effects.cluster("aks-a").webhook
    assert "/resourcegroups/" in cluster["id"]


def test_an_update_that_changes_nothing_does_not_restart_the_cluster(
    owner: Caller, effects: MemoryEffects
) -> None:
    owner.update(ISSUER)
    owner.finish()
    owner.update(ISSUER)
    owner.finish()
    assert effects.cluster("aks-a").restarts == 1


def test_the_address_of_an_operation_is_good_only_as_it_was_given(owner: Caller) -> None:
    address = owner.update(ISSUER).headers["Azure-AsyncOperation"]
    assert owner.ask("GET", address.split("&")[0]).status_code == 403


@pytest.mark.parametrize(
    ("shape", "expected"),
    [("operation", "OperationNotAllowed"), ("older", "OperationNotAllowed"), ("etag", None)],
)
def test_a_busy_cluster_refuses_another_operation(
    azure: RunningServer, owner: Caller, shape: str, expected: str | None
) -> None:
    azure.world.dials = azure.world.dials.turned({"conflict": shape})
    owner.update(ISSUER)
    answer = owner.update(BOTH)
    assert answer.status_code == 409
    if expected is None:
        assert answer.json()["code"] == "EtagMismatch"
    else:
        assert error_of(answer) == (409, expected)
    owner.finish()
    assert owner.update(BOTH).status_code == 200


def test_etags_guard_updates(owner: Caller) -> None:
    etag = owner.cluster()["eTag"]
    body = {"location": "westeurope", "properties": ISSUER}
    assert error_of(owner.put(CLUSTER, body, {"If-Match": '"stale"'})) == (412, "PreConditionFailed")
    assert error_of(owner.put(CLUSTER, body, {"If-None-Match": "*"})) == (412, "PreConditionFailed")
    assert error_of(owner.put(CLUSTER, body, {"If-None-Match": '"x"'})) == (400, "BadRequest")
    assert error_of(owner.put(CLUSTER, body, {"If-None-Match": "*", "If-Match": "x"})) == (400, "BadRequest")
    assert owner.put(CLUSTER, body, {"If-Match": f'"{etag}"'}).status_code == 200
    changed = owner.finish()
    assert changed["eTag"] != etag
    assert owner.put(CLUSTER, body, {"If-Match": changed["eTag"]}).status_code == 200


def test_old_clusters_are_refused(owner: Caller) -> None:
    assert error_of(owner.update(ISSUER, OLD_CLUSTER)) == (400, "BadRequest")


def test_a_stopped_cluster_is_not_updated(owner: Caller, effects: MemoryEffects) -> None:
    answer = owner.ask("POST", f"{CLUSTER}/stop")
    assert answer.status_code == 202
    assert owner.cluster()["properties"]["provisioningState"] == "Stopping"
    stopped = owner.finish()["properties"]
    assert (stopped["provisioningState"], stopped["powerState"]["code"]) == ("Succeeded", "Stopped")
    assert not effects.cluster("aks-a").running
    assert owner.update(ISSUER).status_code == 400
    again = owner.ask("POST", f"{CLUSTER}/stop")
    assert error_of(again) == (400, "BadRequest")
    assert "Power State(Stopped), stopping cannot be performed" in again.text
    owner.ask("POST", f"{CLUSTER}/start")
    owner.finish()
    assert effects.cluster("aks-a").running
    assert owner.update(ISSUER).status_code == 200


def test_an_operation_can_be_aborted(azure: RunningServer, owner: Caller) -> None:
    assert error_of(owner.ask("POST", f"{CLUSTER}/abort")) == (409, "OperationNotAllowed")
    azure.world.dials = azure.world.dials.turned({"long_operation": 3600})
    answer = owner.update(ISSUER)
    aborted = owner.ask("POST", f"{CLUSTER}/abort")
    assert aborted.status_code == 202
    assert aborted.json()["properties"]["provisioningState"] == "Canceling"
    assert poll(owner, answer)[-1]["status"] == "Canceled"
    assert owner.finish()["properties"]["provisioningState"] == "Canceled"


def test_what_goes_wrong_in_the_cluster_fails_the_operation(owner: Caller, effects: MemoryEffects) -> None:
    effects.failure = RuntimeError("etcd is full")
    last = poll(owner, owner.update(ISSUER))[-1]
    assert last["status"] == "Failed"
    assert "etcd is full" in last["error"]["message"]
    assert owner.finish()["properties"]["provisioningState"] == "Failed"


def test_operations_of_two_clusters_overlap(azure: RunningServer, owner: Caller) -> None:
    azure.world.clusters[OLD_CLUSTER.lower()].properties["currentKubernetesVersion"] = "1.30.0"
    answers = [poll(owner, one)[-1] for one in [owner.update(ISSUER), owner.update(ISSUER, OLD_CLUSTER)]]
    assert max(one["startTime"] for one in answers) < min(one["endTime"] for one in answers)


def test_credentials_are_kubeconfigs(owner: Caller) -> None:
    for kind in ("clusterUser", "clusterAdmin"):
        answer = owner.ask("POST", f"{CLUSTER}/list{kind[0].upper()}{kind[1:]}Credential").json()
        assert [one["name"] for one in answer["kubeconfigs"]] == [kind]
        assert f"{kind}_aks-a" in base64.b64decode(answer["kubeconfigs"][0]["value"]).decode()


def test_admin_credentials_end_with_local_accounts(owner: Caller) -> None:
    owner.update({"disableLocalAccounts": True})
    owner.finish()
    assert error_of(owner.ask("POST", f"{CLUSTER}/listClusterAdminCredential")) == (400, "BadRequest")


def test_tags_are_patched(owner: Caller) -> None:
    assert owner.ask("PATCH", CLUSTER, {"tags": {"a": "b"}}).status_code == 200
    assert owner.finish()["tags"] == {"a": "b"}


def test_clusters_come_and_go(azure: RunningServer, owner: Caller) -> None:
    path = CLUSTER.replace("aks-a", "aks-new")
    created = owner.put(
        path, {"location": "westeurope", "properties": {"kubernetesVersion": "1.35.1", **ISSUER}}
    )
    assert (created.status_code, created.json()["properties"]["provisioningState"]) == (201, "Creating")
    owner.finish(path)
    assert owner.ask("DELETE", path).status_code == 202
    wait_for(lambda: owner.get(path).status_code == 404)
    assert owner.ask("DELETE", path).status_code == 204


class TestPodIdentityAddOn:
    """AKS puts the identities on the node scale sets and the add-on into the cluster."""

    @staticmethod
    def profile(owner: Caller, identity: str = IDENTITY) -> dict[str, Any]:
        known = owner.get(IDENTITY).json()["properties"]
        entry = {
            "name": "shop",
            "namespace": "shop",
            "identity": {
                "resourceId": identity,
                "clientId": known["clientId"],
                "objectId": known["principalId"],
            },
        }
        return {"podIdentityProfile": {"enabled": True, "userAssignedIdentities": [entry]}}

    def test_identities_are_assigned(self, owner: Caller, effects: MemoryEffects) -> None:
        owner.update(self.profile(owner))
        profile = owner.finish()["properties"]["podIdentityProfile"]
        assert [one["provisioningState"] for one in profile["userAssignedIdentities"]] == ["Assigned"]
        assigned = owner.get(SCALE_SET).json()["identity"]
        assert assigned["type"] == "UserAssigned"
        assert [one.lower() for one in assigned["userAssignedIdentities"]] == [IDENTITY.lower()]
        assert effects.cluster("aks-a").pod_identity is not None

    def test_an_entry_that_goes_takes_its_identity_off(self, owner: Caller, effects: MemoryEffects) -> None:
        owner.update(self.profile(owner))
        owner.finish()
        owner.update({"podIdentityProfile": {"enabled": True, "userAssignedIdentities": []}})
        owner.finish()
        assert "identity" not in owner.get(SCALE_SET).json()
        assert effects.cluster("aks-a").pod_identity == {"enabled": True, "userAssignedIdentities": []}

    def test_disabled_it_leaves_nothing(self, owner: Caller, effects: MemoryEffects) -> None:
        owner.update(self.profile(owner))
        owner.finish()
        owner.update({"podIdentityProfile": {"enabled": False}})
        assert owner.finish()["properties"]["podIdentityProfile"] == {"enabled": False}
        assert "identity" not in owner.get(SCALE_SET).json()
        assert effects.cluster("aks-a").pod_identity is None

    def test_an_unrelated_update_leaves_it_alone(self, owner: Caller, effects: MemoryEffects) -> None:
        owner.update(self.profile(owner))
        before = owner.finish()["properties"]["podIdentityProfile"]
        owner.update(ISSUER)
        assert owner.finish()["properties"]["podIdentityProfile"] == before

    def test_an_identity_that_is_gone_fails_the_operation(self, owner: Caller) -> None:
        last = poll(owner, owner.update(self.profile(owner, IDENTITY + "-gone")))[-1]
        assert (last["status"], last["error"]["code"]) == (
            "Failed",
            "PodIdentityAddonIdentitiesAssignmentError",
        )

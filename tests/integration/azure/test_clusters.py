# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters as they are: one, or all of a group or subscription; waited for where asked."""

from __future__ import annotations

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.side import read
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.targets import successor_id

from .conftest import GROUP, OBJECT_ID, SUBSCRIPTION, Caller, Start, cluster, cluster_id, identity_id

NODES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MC_rg-a_aks-1_westeurope"
SCALE_SET = f"{NODES}/providers/Microsoft.Compute/virtualMachineScaleSets/aks-nodepool1-vmss"
ISSUER = "https://issuer.example/tenant/cluster/"


def test_one_cluster_with_what_a_migration_depends_on(start: Start) -> None:
    caller = start(clusters=[cluster(tags={"team": "a"})])
    (found,) = caller.succeed("aks_cluster_info", resource_group="rg-a", cluster_name="aks-1")["clusters"]
    assert (found["name"], found["resource_group"], found["subscription_id"]) == (
        "aks-1",
        "rg-a",
        SUBSCRIPTION,
    )
    assert (found["kubernetes_version"], found["power_state"], found["provisioning_state"]) == (
        "1.31.2",
        "Running",
        "Succeeded",
    )
    assert (found["oidc_issuer_enabled"], found["issuer_url"]) == (False, None)
    assert (found["tags"], found["network_plugin"], found["private"]) == ({"team": "a"}, "azure", False)
    assert found["etag"]


def test_all_clusters_of_a_subscription_or_group_over_all_pages(start: Start) -> None:
    other = cluster_id("aks-4").replace("rg-a", "rg-b")
    names = ["aks-1", "aks-2", "aks-3"]
    caller = start(clusters=[*(cluster(name) for name in names), cluster(id=other)], dials={"page_size": 1})
    of_all = caller.succeed("aks_cluster_info")["clusters"]
    assert [item["name"] for item in of_all] == [*names, "aks-4"]
    of_group = caller.succeed("aks_cluster_info", resource_group="RG-A")["clusters"]
    assert [item["name"] for item in of_group] == names


def test_a_cluster_that_is_not_there_gives_an_empty_answer(start: Start) -> None:
    caller = start(clusters=[cluster()])
    assert caller.succeed("aks_cluster_info", resource_group="rg-a", cluster_name="no")["clusters"] == []
    assert caller.succeed("aks_cluster_info", resource_group="no", cluster_name="aks-1")["clusters"] == []


def test_a_busy_cluster_is_waited_for_only_where_asked(start: Start) -> None:
    caller = start(clusters=[cluster()], dials={"long_operation": 30})
    one = {"resource_group": "rg-a", "cluster_name": "aks-1", "poll_interval": 1}
    caller.session().put(cluster_id("aks-1"), caller.body("aks-1"), "2024-09-01")
    assert states(caller, **one) == ["Updating"]
    assert states(caller, **one, wait=True, wait_timeout=30) == ["Succeeded"]


def test_waiting_ends_with_the_cluster_as_it_is(start: Start) -> None:
    caller = start(clusters=[cluster()], dials={"long_operation": 6000})
    caller.session().put(cluster_id("aks-1"), caller.body("aks-1"), "2024-09-01")
    assert states(caller, resource_group="rg-a", cluster_name="aks-1", wait=True, wait_timeout=1) == [
        "Updating"
    ]


def states(caller: Caller, **options: object) -> list[str]:
    result = caller.succeed("aks_cluster_info", **options)
    assert not result["changed"]
    return [item["provisioning_state"] for item in result["clusters"]]


def test_identities_are_told_apart_by_what_azure_answers(start: Start) -> None:
    credential = {"name": "c", "issuer": ISSUER, "subject": "system:serviceaccount:a:b", "audiences": ["aud"]}
    caller = start(
        regions_without_federation=["malaysiasouth"],
        identities=[
            {"id": identity_id("here"), "location": "westeurope", "federated_credentials": [credential]},
            {"id": identity_id("far"), "location": "malaysiasouth"},
        ],
        clusters=[cluster()],
    )
    names = ["here", "far", "gone"]
    side = read(caller.session(), "rg-a", "aks-1", [identity_id(name) for name in names])
    here, far, gone = side.identities
    assert (here.federation, [item.subject for item in here.credentials]) == (
        "supported",
        ["system:serviceaccount:a:b"],
    )
    assert here.client_id
    assert here.credentials[0].issuer == ISSUER
    assert (far.exists, far.federation) == (True, "unsupported")
    assert (gone.exists, gone.client_id) == (False, None)
    assert side.unreadable == ()


@pytest.mark.parametrize("made", [True, False])
def test_the_identity_in_place_of_one_without_support_is_read_once_it_is_there(
    start: Start, made: bool
) -> None:
    new = identity_id("far-westeurope")
    caller = start(
        regions_without_federation=["malaysiasouth"],
        identities=[
            {"id": identity_id("far"), "location": "malaysiasouth"},
            *([{"id": new, "location": "westeurope"}] if made else []),
        ],
        clusters=[cluster()],
    )
    side = read(
        caller.session(),
        "rg-a",
        "aks-1",
        [identity_id("far")],
        lambda old: successor_id(old, ["westeurope"], ""),
    )
    assert [item.id for item in side.identities[1:]] == ([new] if made else [])
    assert all(item.client_id and item.federation == "supported" for item in side.identities[1:])
    assert side.unreadable == ()


def test_identities_of_the_add_on_and_of_the_nodes_are_read(start: Start) -> None:
    entry = {
        "name": "web",
        "namespace": "team-a",
        "identity": {"resourceId": identity_id("addon"), "clientId": "c", "objectId": "o"},
    }
    caller = start(
        identities=[{"id": identity_id("addon"), "location": "westeurope"}],
        scale_sets=[{"id": SCALE_SET, "location": "westeurope", "identities": [identity_id("addon")]}],
        clusters=[
            cluster(properties={"podIdentityProfile": {"enabled": True, "userAssignedIdentities": [entry]}})
        ],
    )
    # Named twice, in two spellings, it is still one identity.
    side = read(caller.session(), "rg-a", "aks-1", [identity_id("addon").upper().replace("/SUB", "/sub")])
    assert len(side.identities) == 1
    (scale_set,) = side.scale_sets
    assert [item.lower() for item in scale_set.identity_ids] == [identity_id("addon").lower()]
    assert side.cluster.pod_identity_profile is not None
    assert side.cluster.pod_identity_profile.identities[0]["name"] == "web"


def test_what_cannot_be_read_is_listed_and_the_rest_is_there(start: Start) -> None:
    caller = start(
        identities=[{"id": identity_id("hidden"), "location": "westeurope"}],
        clusters=[cluster()],
        role_assignments=[
            {"principal_id": OBJECT_ID, "role": "Owner", "scope": cluster_id("aks-1")},
        ],
    )
    side = read(caller.session(), "rg-a", "aks-1", [identity_id("hidden")])
    assert side.cluster.name == "aks-1"
    assert (side.identities, side.scale_sets) == ((), ())
    hidden, nodes = side.unreadable
    assert (hidden.what, nodes.what.startswith(NODES)) == (identity_id("hidden"), True)
    assert all(
        item.reason.startswith("AuthorizationFailed: ") and not item.missing for item in side.unreadable
    )


def test_an_identity_whose_credentials_are_hidden_is_listed_as_such(start: Start) -> None:
    caller = start(identities=[{"id": identity_id("here"), "location": "westeurope"}], clusters=[cluster()])
    refusal = {"error": {"code": "AuthorizationFailed", "message": "no"}}
    caller.azure.faults.add(
        {"method": "GET", "url": "federatedIdentityCredentials", "respond": {"status": 403, "body": refusal}}
    )
    side = read(caller.session(), "rg-a", "aks-1", [identity_id("here")])
    assert (side.identities[0].exists, side.identities[0].federation) == (True, "unknown")
    assert [item.what for item in side.unreadable] == [f"{identity_id('here')}/federatedIdentityCredentials"]
    assert GROUP in side.unreadable[0].what

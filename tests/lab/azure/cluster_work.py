# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens behind a cluster's long operations: the real cluster is changed, then the resource says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.azure.azure import Azure
from lab.azure.cluster_updates import issuer_enabled, pod_identity_enabled, workload_identity_enabled
from lab.azure.ids import ResourceName, key
from lab.azure.messages import Json
from lab.azure.operations import Operation, Outcome
from lab.azure.scale_set_identities import add_identities, remove_identities
from lab.azure.world import Cluster, new_etag


def begin(
    azure: Azure,
    cluster: Cluster,
    kind: str,
    running_state: str,
    act: Callable[[], Outcome],
    told: Outcome | None,
) -> Operation:
    """Starts a long operation on a cluster; the world is locked by the caller.

    Args:
        kind: what in-progress conflicts call it.
        running_state: ``provisioningState`` meanwhile.
        act: the change in the real cluster; runs in a thread.
        told: how it has to end instead, without acting.
    """
    subscription = ResourceName.of(cluster.id).subscription
    operation = azure.operations.new(
        kind, subscription, str(cluster.body["location"]), cluster.id, azure.world.dials.long_operation
    )
    cluster.operation = operation.id
    set_state(cluster, running_state)

    def finished(done: Operation, outcome: Outcome) -> None:
        with azure.world.lock:
            if cluster.operation == done.id:
                cluster.operation = ""
                set_state(cluster, outcome.status)

    azure.operations.run(operation, act if told is None else lambda: told, finished)
    return operation


def set_state(cluster: Cluster, state: str) -> None:
    """A cluster's operation changes its ETag and those of its pools."""
    cluster.body["eTag"] = new_etag()
    cluster.properties["provisioningState"] = state
    for pool in cluster.properties.get("agentPoolProfiles") or []:
        pool["provisioningState"] = state
        pool["eTag"] = new_etag()


def apply_update(azure: Azure, cluster: Cluster, before: Json | None, wanted: Json) -> Outcome:
    """Brings the real cluster from one state of the resource to another."""
    plane = cluster.control_plane
    effects = azure.effects
    if plane is not None:
        if issuer_enabled(wanted) and not (before and issuer_enabled(before)):
            effects.switch_issuer(plane, str(wanted["properties"]["oidcIssuerProfile"]["issuerURL"]))
        webhook_before = bool(before and workload_identity_enabled(before))
        if workload_identity_enabled(wanted) and not webhook_before:
            effects.install_webhook(plane, azure.world.tenant_id)
        if webhook_before and not workload_identity_enabled(wanted):
            effects.remove_webhook(plane)
    return _apply_pod_identity(azure, cluster, before, wanted)


def _apply_pod_identity(azure: Azure, cluster: Cluster, before: Json | None, wanted: Json) -> Outcome:
    """The add-on: AKS itself puts the identities on the node scale sets and takes them off again."""
    old, new = _profile(before), _profile(wanted)
    if _plain(old) == _plain(new):
        with azure.world.lock:
            _mark_assigned(cluster)
        return Outcome()
    old_ids = {key(entry["identity"]["resourceId"]) for entry in old.get("userAssignedIdentities") or []}
    new_ids = {key(entry["identity"]["resourceId"]) for entry in new.get("userAssignedIdentities") or []}
    with azure.world.lock:
        missing = sorted(one for one in new_ids if one not in azure.world.identities)
        if missing:
            return Outcome(
                "Failed",
                "PodIdentityAddonIdentitiesAssignmentError",
                f"Failed to assign identities to the node pools: the identities {', '.join(missing)} were not found.",
            )
        for scale_set in azure.world.scale_sets_of(cluster):
            remove_identities(scale_set, old_ids - new_ids)
            add_identities(azure.world, scale_set, new_ids)
        _mark_assigned(cluster)
    plane = cluster.control_plane
    if plane is not None:
        if pod_identity_enabled(wanted):
            azure.effects.install_pod_identity(plane, new)
        elif before is not None and pod_identity_enabled(before):
            azure.effects.remove_pod_identity(plane)
    return Outcome()


def _mark_assigned(cluster: Cluster) -> None:
    for entry in _profile(cluster.body).get("userAssignedIdentities") or []:
        entry["provisioningState"] = "Assigned"


def _profile(body: Json | None) -> dict[str, Any]:
    return (body["properties"].get("podIdentityProfile") or {}) if body else {}


def _plain(profile: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that the service writes."""
    entries = [
        {name: value for name, value in entry.items() if name != "provisioningState"}
        for entry in profile.get("userAssignedIdentities") or []
    ]
    return {**profile, "enabled": bool(profile.get("enabled")), "userAssignedIdentities": entries}

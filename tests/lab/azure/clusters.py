# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed clusters: read, create, update, delete."""

from __future__ import annotations

import copy

from lab.azure import preconditions
from lab.azure.authorization import require_linked
from lab.azure.azure import Azure
from lab.azure.cluster_bodies import cluster_body, merged
from lab.azure.cluster_updates import (
    bad_request,
    check_version,
    issuer_enabled,
    newly_needed_features,
    updated,
)
from lab.azure.cluster_work import apply_update, begin, set_state
from lab.azure.errors import arm_error, bare_error, resource_not_found
from lab.azure.features import in_effect
from lab.azure.ids import ResourceName, key
from lab.azure.issuers import issuer_url
from lab.azure.messages import Json, Request, Response
from lab.azure.operations import Operation, Outcome
from lab.azure.paging import page
from lab.azure.routing import Routes
from lab.azure.world import CONTAINER_SERVICE, Cluster, Principal, below

routes = Routes()
IN_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.ContainerService/managedClusters"
IN_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters"
ONE = IN_GROUP + "/{name}"
ACTION = "Microsoft.ContainerService/managedClusters"


def find(azure: Azure, subscription: str, group: str, name: str) -> Cluster:
    """
    Raises:
        ServiceError: 404 ResourceNotFound.
    """
    found = azure.world.clusters.get(key(_id(subscription, group, name)))
    if found is None:
        raise resource_not_found(ACTION, name, group)
    return found


def shown(cluster: Cluster) -> Json:
    """As the service answers: a copy, without fields that only go in."""
    body = copy.deepcopy(cluster.body)
    (body["properties"].get("servicePrincipalProfile") or {}).pop("secret", None)
    (body["properties"].get("windowsProfile") or {}).pop("adminPassword", None)
    return body


def refuse_when_busy(azure: Azure, cluster: Cluster) -> None:
    """
    Raises:
        ServiceError: 409, in the shape that the dial ``conflict`` says.
    """
    operation = azure.operations.find(cluster.operation) if cluster.operation else None
    if operation is None:
        return
    if azure.world.dials.conflict == "etag":
        message = "Operation is not allowed: Another operation is in progress"
        raise bare_error(409, "EtagMismatch", message, "PutManagedClusterAndComponents_FailedPrecondition")
    state = cluster.properties["provisioningState"]
    if azure.world.dials.conflict == "older":
        raise arm_error(
            409,
            "OperationNotAllowed",
            f"Operation is not allowed: Another operation ({state}) is in progress, please wait for it to finish "
            "before starting a new operation. See https://aka.ms/aks-pending-operation for more details",
        )
    raise arm_error(
        409,
        "OperationNotAllowed",
        f"Operation is not allowed because there's an in progress {operation.kind} managed cluster operation "
        f"(operation ID: {operation.id}) on the managed cluster started on UTC {operation.start_time[:19]}Z. Please "
        "wait for it to finish before starting a new operation. You can also use 'az aks operation-abort ...' to abort "
        "the ongoing operation.",
    )


@routes.on("GET", IN_SUBSCRIPTION, f"{ACTION}/read")
def of_subscription(azure: Azure, request: Request, principal: Principal, subscription: str) -> Response:
    return page(
        azure, request, [shown(one) for one in below(azure.world.clusters, f"/subscriptions/{subscription}")]
    )


@routes.on("GET", IN_GROUP, f"{ACTION}/read")
def of_group(azure: Azure, request: Request, principal: Principal, subscription: str, group: str) -> Response:
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return page(azure, request, [shown(one) for one in below(azure.world.clusters, scope)])


@routes.on("GET", ONE, f"{ACTION}/read")
def get(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    return Response(body=shown(find(azure, subscription, group, name)))


@routes.on("PUT", ONE, f"{ACTION}/write")
def put(
    azure: Azure,
    request: Request,
    principal: Principal,
    subscription: str,
    group: str,
    name: str,
    told: Outcome | None = None,
) -> Response:
    dials = azure.world.dials
    azure.throttle.take(
        f"clusters/{subscription}".lower(),
        dials.cluster_write_rate,
        dials.cluster_write_burst,
        "Throttled",
        "PutManagedClusterHandler.PUT",
    )
    given = request.json()
    cluster = azure.world.clusters.get(key(_id(subscription, group, name)))
    preconditions.check(request, str(cluster.body["eTag"]) if cluster else None)
    if cluster is None:
        return _create(azure, _id(subscription, group, name), given, told)
    refuse_when_busy(azure, cluster)
    if cluster.properties["powerState"]["code"] == "Stopped":
        raise bad_request(
            "Operation is not allowed: the managed cluster is in Power State(Stopped), updating cannot be performed. "
            "Please start the cluster first.",
            "OperationNotAllowed",
        )
    before = copy.deepcopy(cluster.body)
    wanted = updated(before, given)
    _check_gates(azure, subscription, before, wanted)
    _check_new_identities(azure, principal, cluster, before, wanted)
    _give_issuer(azure, wanted)
    cluster.body = wanted
    operation = begin(
        azure,
        cluster,
        "update",
        "Updating",
        lambda: apply_update(azure, cluster, before, copy.deepcopy(wanted)),
        told,
    )
    if told is not None:
        # What never happened is not shown later either.
        cluster.body = {**before, "properties": {**before["properties"]}}
        set_state(cluster, "Updating")
    return _accepted(azure, 200, {**copy.deepcopy(wanted), "eTag": cluster.body["eTag"]}, operation)


@routes.on("PATCH", ONE, f"{ACTION}/write")
def patch(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    """Tags only."""
    cluster = find(azure, subscription, group, name)
    preconditions.check(request, str(cluster.body["eTag"]))
    refuse_when_busy(azure, cluster)
    cluster.body["tags"] = dict(request.json().get("tags") or {})
    operation = begin(azure, cluster, "update tags", "Updating", Outcome, None)
    return _accepted(azure, 200, shown(cluster), operation)


@routes.on("DELETE", ONE, f"{ACTION}/delete")
def delete(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    cluster = azure.world.clusters.get(key(_id(subscription, group, name)))
    if cluster is None:
        return Response(204)
    preconditions.check(request, str(cluster.body["eTag"]))
    refuse_when_busy(azure, cluster)

    def act() -> Outcome:
        if cluster.control_plane is not None:
            azure.effects.delete(cluster.control_plane)
        with azure.world.lock:
            azure.world.clusters.pop(key(cluster.id), None)
        return Outcome()

    operation = begin(azure, cluster, "delete", "Deleting", act, None)
    return Response(202, None, operation_headers(azure, operation, location=True))


def operation_headers(azure: Azure, operation: Operation, *, location: bool = False) -> dict[str, str]:
    headers = {"Azure-AsyncOperation": azure.url + operation.path()}
    if location:
        headers["Location"] = azure.url + operation.path("operationresults")
    return headers


def _create(azure: Azure, resource_id: str, given: Json, told: Outcome | None) -> Response:
    properties = given.get("properties") or {}
    if not given.get("location"):
        raise bad_request("The location property is required for this definition.", "LocationRequired")
    entry = {
        "id": resource_id,
        "location": given["location"],
        "kubernetes_version": properties.get("kubernetesVersion") or "1.34.4",
        "tags": given.get("tags") or {},
        "node_resource_group": properties.get("nodeResourceGroup"),
    }
    fresh = cluster_body(entry, azure.world.tenant_id)
    wanted = merged(fresh, {"properties": updated(fresh, {"properties": properties})["properties"]})
    _check_gates(azure, ResourceName.of(resource_id).subscription, None, wanted)
    _give_issuer(azure, wanted)
    cluster = Cluster(wanted, None)
    azure.world.clusters[key(resource_id)] = cluster
    name = ResourceName.of(resource_id)
    group = f"/subscriptions/{name.subscription}/resourceGroups/{wanted['properties']['nodeResourceGroup']}"
    azure.world.ensure_group(group, given["location"])
    operation = begin(
        azure,
        cluster,
        "create",
        "Creating",
        lambda: apply_update(azure, cluster, None, copy.deepcopy(wanted)),
        told,
    )
    return _accepted(azure, 201, shown(cluster), operation)


def _check_gates(azure: Azure, subscription: str, before: Json | None, wanted: Json) -> None:
    check_version(before, wanted, azure.world.dials.minimum_version)
    owner = azure.world.subscriptions[subscription.lower()]
    if not owner.gates:
        return
    for feature in newly_needed_features(before, wanted):
        if not in_effect(azure, owner, CONTAINER_SERVICE, feature):
            raise bad_request(
                f"Feature {CONTAINER_SERVICE}/{feature} is not enabled. Please see https://aka.ms/aks/previews for how "
                "to enable features."
            )


def _check_new_identities(
    azure: Azure, principal: Principal, cluster: Cluster, before: Json, wanted: Json
) -> None:
    def of(body: Json) -> set[str]:
        return set((body.get("identity") or {}).get("userAssignedIdentities") or {})

    require_linked(azure.world, principal, f"{ACTION}/write", cluster.id, sorted(of(wanted) - of(before)))


def _give_issuer(azure: Azure, body: Json) -> None:
    """The URL is in the answer to the PUT already."""
    if issuer_enabled(body):
        profile = body["properties"]["oidcIssuerProfile"]
        profile.setdefault("issuerURL", issuer_url(azure, str(body["properties"]["resourceUID"])))


def _accepted(azure: Azure, status: int, body: Json, operation: Operation) -> Response:
    shape = copy.deepcopy(body)
    state = "Creating" if status == 201 else "Updating"
    shape["properties"]["provisioningState"] = state
    for pool in shape["properties"].get("agentPoolProfiles") or []:
        pool["provisioningState"] = state
    return Response(status, shape, operation_headers(azure, operation))


def _id(subscription: str, group: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{ACTION}/{name}"

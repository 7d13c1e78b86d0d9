# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start, stop and abort of clusters, and the addresses at which long operations are polled."""

from __future__ import annotations

from collections.abc import Callable

from lab.azure.azure import Azure
from lab.azure.cluster_updates import bad_request
from lab.azure.cluster_work import begin, set_state
from lab.azure.clusters import ACTION, ONE, find, operation_headers, refuse_when_busy, shown
from lab.azure.effects import ControlPlaneName
from lab.azure.errors import arm_error
from lab.azure.messages import Request, Response
from lab.azure.operations import Operation, Outcome
from lab.azure.routing import Routes
from lab.azure.world import Cluster, Principal

routes = Routes()
_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}"


@routes.on("POST", ONE + "/stop", f"{ACTION}/stop/action")
def stop(
    azure: Azure,
    request: Request,
    principal: Principal,
    subscription: str,
    group: str,
    name: str,
    told: Outcome | None = None,
) -> Response:
    return _switch(
        azure, find(azure, subscription, group, name), "stop", "Stopping", "Stopped", azure.effects.stop, told
    )


@routes.on("POST", ONE + "/start", f"{ACTION}/start/action")
def start(
    azure: Azure,
    request: Request,
    principal: Principal,
    subscription: str,
    group: str,
    name: str,
    told: Outcome | None = None,
) -> Response:
    return _switch(
        azure,
        find(azure, subscription, group, name),
        "start",
        "Starting",
        "Running",
        azure.effects.start,
        told,
    )


@routes.on("POST", ONE + "/abort", f"{ACTION}/abort/action")
def abort(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    """Ends the running operation as Canceled."""
    cluster = find(azure, subscription, group, name)
    running = azure.operations.find(cluster.operation) if cluster.operation else None
    if running is None:
        raise arm_error(
            409, "OperationNotAllowed", "There is no operation in progress on the managed cluster."
        )
    set_state(cluster, "Canceling")
    running.cancelled.set()
    return Response(202, shown(cluster), operation_headers(azure, running, location=True))


@routes.on(
    "GET",
    _LOCATION + "/operations/{operation}",
    "Microsoft.ContainerService/locations/operations/read",
    locked=False,
)
def poll(
    azure: Azure, request: Request, principal: Principal, subscription: str, location: str, operation: str
) -> Response:
    return Response(body=_signed(azure, request, operation).body(azure.clock.now()))


@routes.on(
    "GET",
    _LOCATION + "/operationresults/{operation}",
    "Microsoft.ContainerService/locations/operationresults/read",
    locked=False,
)
def result(
    azure: Azure, request: Request, principal: Principal, subscription: str, location: str, operation: str
) -> Response:
    found = _signed(azure, request, operation)
    if found.outcome is None:
        return Response(202, None, operation_headers(azure, found, location=True))
    return Response(204)


def _signed(azure: Azure, request: Request, operation: str) -> Operation:
    found = azure.operations.find(operation)
    if found is None:
        raise arm_error(404, "NotFound", f"The operation '{operation}' could not be found.")
    if request.query.get("s") != found.signature:
        raise arm_error(403, "Forbidden", "The signature of the operation's address is invalid.")
    return found


def _switch(
    azure: Azure,
    cluster: Cluster,
    kind: str,
    running_state: str,
    power: str,
    effect: Callable[[ControlPlaneName], None],
    told: Outcome | None,
) -> Response:
    refuse_when_busy(azure, cluster)
    current = cluster.properties["powerState"]["code"]
    if current == power:
        word = {"stop": "stopping", "start": "starting"}[kind]
        raise bad_request(
            f"managed cluster is in Provisioning State({cluster.properties['provisioningState']}) and Power "
            f"State({current}), {word} cannot be performed"
        )

    def act() -> Outcome:
        if cluster.control_plane is not None:
            effect(cluster.control_plane)
        with azure.world.lock:
            cluster.properties["powerState"] = {"code": power}
        return Outcome()

    operation = begin(azure, cluster, kind, running_state, act, told)
    return Response(202, None, operation_headers(azure, operation, location=True))

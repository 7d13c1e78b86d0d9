# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own endpoints below ``/_lab/``: faults, time, dials, and the world itself. No token, no log."""

from __future__ import annotations

import dataclasses
from typing import Any

from lab.azure.azure import Azure
from lab.azure.errors import ServiceError
from lab.azure.features import settle
from lab.azure.ids import key
from lab.azure.messages import Json, Request, Response
from lab.azure.routing import Routes
from lab.azure.seed import add_to

routes = Routes()


@routes.on("GET", "/_lab/health")
def health(azure: Azure, request: Request) -> Response:
    return Response(body={"url": azure.url, "speed": azure.clock.speed, "now": azure.clock.now()})


@routes.on("GET", "/_lab/state")
def state(azure: Azure, request: Request) -> Response:
    """The whole world; secrets of service principals are left out."""
    world = azure.world
    for subscription in world.subscriptions.values():
        settle(azure, subscription)
    return Response(
        body={
            "dials": dataclasses.asdict(world.dials),
            "subscriptions": {
                one.id: {
                    "features": {feature.name: feature.state for feature in one.features.values()},
                    "providers": {provider.namespace: provider.state for provider in one.providers.values()},
                    "features_in_effect": sorted(
                        name for provider in one.providers.values() for name in provider.features
                    ),
                }
                for one in world.subscriptions.values()
            },
            "resource_groups": list(world.resource_groups.values()),
            "clusters": [one.body for one in world.clusters.values()],
            "identities": [one.body for one in world.identities.values()],
            "federated_credentials": [
                credential.body
                for one in world.identities.values()
                for credential in one.credentials.values()
            ],
            "role_assignments": list(world.role_assignments.values()),
            "scale_sets": list(world.scale_sets.values()),
        }
    )


@routes.on("POST", "/_lab/world")
def add(azure: Azure, request: Request) -> Response:
    try:
        add_to(azure.world, request.json())
    except (KeyError, ValueError) as error:
        raise _bad(f"{type(error).__name__}: {error}") from error
    return Response(204)


@routes.on("DELETE", "/_lab/world")
def remove(azure: Azure, request: Request) -> Response:
    """``?id=``: a resource ID of any kind, or the object ID of a service principal."""
    wanted = key(request.query.get("id", ""))
    world = azure.world
    if wanted in world.identities:
        world.remove_identity(wanted)
        return Response(204)
    tables: tuple[dict[str, Any], ...] = (
        world.clusters, world.scale_sets, world.role_assignments, world.resource_groups, world.principals,
    )  # fmt: skip
    for table in tables:
        if table.pop(wanted, None) is not None:
            return Response(204)
    raise ServiceError(404, {"error": f"there is no {wanted}"})


@routes.on("PATCH", "/_lab/dials")
def turn(azure: Azure, request: Request) -> Response:
    try:
        azure.world.dials = azure.world.dials.turned(request.json())
    except ValueError as error:
        raise _bad(str(error)) from error
    return Response(body=dataclasses.asdict(azure.world.dials))


@routes.on("POST", "/_lab/clock", locked=False)
def set_clock(azure: Azure, request: Request) -> Response:
    given = request.json()
    if "speed" in given:
        azure.clock.set_speed(float(given["speed"]))
    if "advance" in given:
        azure.clock.advance(float(given["advance"]))
    return Response(body={"speed": azure.clock.speed, "now": azure.clock.now()})


@routes.on("POST", "/_lab/rules")
def add_rule(azure: Azure, request: Request) -> Response:
    try:
        return Response(201, {"id": azure.faults.add(request.json())})
    except ValueError as error:
        raise _bad(str(error)) from error


@routes.on("GET", "/_lab/rules")
def rules(azure: Azure, request: Request) -> Response:
    return Response(body={"rules": azure.faults.state()})


@routes.on("DELETE", "/_lab/rules")
def remove_rules(azure: Azure, request: Request) -> Response:
    azure.faults.remove()
    return Response(204)


@routes.on("DELETE", "/_lab/rules/{rule}")
def remove_rule(azure: Azure, request: Request, rule: str) -> Response:
    azure.faults.remove(rule)
    return Response(204)


@routes.on("POST", "/_lab/rules/{rule}/release")
def release(azure: Azure, request: Request, rule: str) -> Response:
    if not azure.faults.release(rule):
        raise ServiceError(404, {"error": f"there is no rule {rule}"})
    return Response(204)


def _bad(message: str) -> ServiceError:
    body: Json = {"error": message}
    return ServiceError(400, body)

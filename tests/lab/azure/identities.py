# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""User-assigned managed identities."""

from __future__ import annotations

import re

from lab.azure.azure import Azure
from lab.azure.errors import arm_error, resource_not_found
from lab.azure.ids import key
from lab.azure.messages import Request, Response
from lab.azure.paging import page
from lab.azure.routing import Routes
from lab.azure.seed import identity_body
from lab.azure.world import Identity, Principal, below

routes = Routes()
TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
IN_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/" + TYPE
ONE = IN_GROUP + "/{name}"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}")


def find(azure: Azure, subscription: str, group: str, name: str) -> Identity:
    """
    Raises:
        ServiceError: 404 ResourceNotFound.
    """
    resource_id = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{TYPE}/{name}"
    found = azure.world.identities.get(key(resource_id))
    if found is None:
        raise resource_not_found(TYPE, name, group)
    return found


def throttle_write(azure: Azure, resource: str) -> None:
    """
    Raises:
        ServiceError: 429.
    """
    dials = azure.world.dials
    azure.throttle.take(
        f"identity/{resource}".lower(),
        dials.write_rate,
        dials.write_burst,
        "TooManyRequests",
        "ManagedIdentity write",
    )


@routes.on("GET", "/subscriptions/{subscription}/providers/" + TYPE, f"{TYPE}/read")
def of_subscription(azure: Azure, request: Request, principal: Principal, subscription: str) -> Response:
    found = below(azure.world.identities, f"/subscriptions/{subscription}")
    return page(azure, request, [one.body for one in found])


@routes.on("GET", IN_GROUP, f"{TYPE}/read")
def of_group(azure: Azure, request: Request, principal: Principal, subscription: str, group: str) -> Response:
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return page(azure, request, [one.body for one in below(azure.world.identities, scope)])


@routes.on("GET", ONE, f"{TYPE}/read")
def get(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    return Response(body=find(azure, subscription, group, name).body)


@routes.on("PUT", ONE, f"{TYPE}/write")
def put(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    given = request.json()
    if not given.get("location"):
        raise arm_error(400, "LocationRequired", "The location property is required for this definition.")
    if not _NAME.fullmatch(name):
        raise arm_error(400, "BadRequest", f"The name '{name}' of the identity is invalid.")
    resource_id = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{TYPE}/{name}"
    throttle_write(azure, resource_id)
    existing = azure.world.identities.get(key(resource_id))
    if existing is None:
        body = identity_body(resource_id, given["location"], azure.world.tenant_id, tags=given.get("tags"))
        body["properties"].update(_isolation(given))
        identity = azure.world.add_identity(body, azure.clock.now() + azure.world.dials.propagation)
        return Response(201, identity.body, {"location": identity.id})
    if given["location"].replace(" ", "").lower() != existing.body["location"].replace(" ", "").lower():
        raise arm_error(
            409,
            "InvalidResourceLocation",
            f"The resource '{name}' already exists in location '{existing.body['location']}' in resource group "
            f"'{group}'. A resource with the same name cannot be created in location '{given['location']}'. Please "
            "select a new resource name.",
        )
    if given.get("tags") is not None:
        existing.body["tags"] = dict(given["tags"])
    existing.body["properties"].update(_isolation(given))
    return Response(200, existing.body)


@routes.on("PATCH", ONE, f"{TYPE}/write")
def patch(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    identity = find(azure, subscription, group, name)
    given = request.json()
    if given.get("tags") is not None:
        identity.body["tags"] = dict(given["tags"])
    return Response(200, identity.body)


@routes.on("DELETE", ONE, f"{TYPE}/delete")
def delete(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    resource_id = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{TYPE}/{name}"
    if key(resource_id) not in azure.world.identities:
        return Response(204)
    azure.world.remove_identity(resource_id)
    return Response(200)


def _isolation(given: dict[str, object]) -> dict[str, str]:
    properties = given.get("properties")
    scope = properties.get("isolationScope") if isinstance(properties, dict) else None
    return {"isolationScope": scope} if scope else {}

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machine scale sets, as far as their identities go."""

from __future__ import annotations

from lab.azure.authorization import require_linked
from lab.azure.azure import Azure
from lab.azure.errors import arm_error, resource_not_found
from lab.azure.ids import key
from lab.azure.messages import Json, Request, Response
from lab.azure.paging import page
from lab.azure.routing import Routes
from lab.azure.scale_set_identities import add_identities, has_identity, remove_identities
from lab.azure.world import Principal, below

routes = Routes()
_TYPE = "Microsoft.Compute/virtualMachineScaleSets"
_IN_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/" + _TYPE


@routes.on("GET", "/subscriptions/{subscription}/providers/" + _TYPE, f"{_TYPE}/read")
def of_subscription(azure: Azure, request: Request, principal: Principal, subscription: str) -> Response:
    return page(azure, request, list(below(azure.world.scale_sets, f"/subscriptions/{subscription}")))


@routes.on("GET", _IN_GROUP, f"{_TYPE}/read")
def of_group(azure: Azure, request: Request, principal: Principal, subscription: str, group: str) -> Response:
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return page(azure, request, list(below(azure.world.scale_sets, scope)))


@routes.on("GET", _IN_GROUP + "/{name}", f"{_TYPE}/read")
def get(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    return Response(body=_find(azure, request, name, group))


@routes.on("PATCH", _IN_GROUP + "/{name}", f"{_TYPE}/write")
@routes.on("PUT", _IN_GROUP + "/{name}", f"{_TYPE}/write")
def update(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    """``identity.userAssignedIdentities``: what is named is added, null takes off, the rest stays. ``identity.type``
    None takes all user-assigned ones off."""
    scale_set = _find(azure, request, name, group)
    given = request.json()
    identity = given.get("identity")
    if identity is not None:
        _update_identity(azure, principal, scale_set, identity)
    if given.get("tags") is not None:
        scale_set["tags"] = dict(given["tags"])
    return Response(body=scale_set)


def _update_identity(azure: Azure, principal: Principal, scale_set: Json, given: Json) -> None:
    named = given.get("userAssignedIdentities") or {}
    wanted = [one for one, value in named.items() if value is not None]
    new = [one for one in wanted if not has_identity(scale_set, one)]
    for one in new:
        if key(one) not in azure.world.identities:
            raise arm_error(
                400,
                "FailedIdentityOperation",
                f"Identity operation for resource '{scale_set['id']}' failed with error 'Failed to perform resource "
                f'identity operation. Status: \'BadRequest\'. Response: {{"error":{{"code":"BadRequest","message":'
                f"\"Resource '{one}' was not found.\"}}}}'.",
            )
    require_linked(azure.world, principal, f"{_TYPE}/write", str(scale_set["id"]), new)
    if "UserAssigned" not in str(given.get("type", "UserAssigned")):
        remove_identities(
            scale_set, list((scale_set.get("identity") or {}).get("userAssignedIdentities") or {})
        )
        return
    remove_identities(scale_set, [one for one, value in named.items() if value is None])
    add_identities(azure.world, scale_set, new)


def _find(azure: Azure, request: Request, name: str, group: str) -> Json:
    found = azure.world.scale_sets.get(key(request.path))
    if found is None:
        raise resource_not_found(_TYPE, name, group)
    return found

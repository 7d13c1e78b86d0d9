# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Role assignments, role definitions and the caller's own permissions, at any scope."""

from __future__ import annotations

import re
import uuid

from lab.azure.authorization import permissions_at
from lab.azure.azure import Azure
from lab.azure.errors import arm_error
from lab.azure.ids import key, within
from lab.azure.messages import Json, Request, Response
from lab.azure.paging import page
from lab.azure.role_definitions import RoleDefinition
from lab.azure.routing import Routes
from lab.azure.seed import assignment_body
from lab.azure.world import Principal, World

routes = Routes()
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
_ALL = "{scope:path}/providers/" + _ASSIGNMENTS
_QUOTED = re.compile(r"(principalId eq|assignedTo\()\s*'([^']+)'", re.IGNORECASE)
_ROLE_NAME = re.compile(r"roleName eq '([^']+)'", re.IGNORECASE)


@routes.on("GET", _ALL, f"{_ASSIGNMENTS}/read")
def assignments(azure: Azure, request: Request, principal: Principal, scope: str) -> Response:
    """At the scope, above it and (without ``atScope()``) below it; ``$filter`` by principal."""
    wanted = request.query.get("$filter", "")
    by_principal = _QUOTED.search(wanted)
    found = []
    for assignment_id in sorted(azure.world.role_assignments):
        body = azure.world.role_assignments[assignment_id]
        properties = body["properties"]
        near = within(properties["scope"], scope or "/") or (
            "atscope()" not in wanted.lower() and within(scope, properties["scope"])
        )
        if near and (not by_principal or properties["principalId"].lower() == by_principal[2].lower()):
            found.append(body)
    return page(azure, request, found)


@routes.on("GET", _ALL + "/{name}", f"{_ASSIGNMENTS}/read")
def assignment(azure: Azure, request: Request, principal: Principal, scope: str, name: str) -> Response:
    found = azure.world.role_assignments.get(key(f"{scope}/providers/{_ASSIGNMENTS}/{name}"))
    if found is None:
        raise arm_error(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")
    return Response(body=found)


@routes.on("PUT", _ALL + "/{name}", f"{_ASSIGNMENTS}/write")
def put_assignment(azure: Azure, request: Request, principal: Principal, scope: str, name: str) -> Response:
    properties = request.json().get("properties") or {}
    world = azure.world
    try:
        uuid.UUID(name)
    except ValueError:
        raise arm_error(
            400,
            "InvalidRoleAssignmentId",
            f"The role assignment ID '{name}' is not valid. It must be a GUID.",
        ) from None
    definition = _definition(world, str(properties.get("roleDefinitionId", "")))
    assignee = str(properties.get("principalId", ""))
    _check_principal(azure, assignee, properties)
    for body in world.role_assignments.values():
        if (
            key(body["properties"]["scope"]) == key(scope)
            and body["properties"]["principalId"].lower() == assignee.lower()
            and str(body["properties"]["roleDefinitionId"]).rsplit("/", 1)[1].lower() == definition.id
        ):
            raise arm_error(
                409,
                "RoleAssignmentExists",
                "The role assignment already exists. The ID of the existing role assignment is "
                f"{body['name'].replace('-', '')}.",
            )
    resource_id = key(f"{scope}/providers/{_ASSIGNMENTS}/{name}")
    if resource_id in world.role_assignments:
        raise arm_error(
            409,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )
    body = assignment_body(
        "/" + scope.strip("/"),
        name,
        {
            "roleDefinitionId": properties["roleDefinitionId"],
            "principalId": assignee,
            "principalType": properties.get("principalType") or "ServicePrincipal",
            "condition": properties.get("condition"),
            "conditionVersion": properties.get("conditionVersion"),
            "description": properties.get("description"),
            "delegatedManagedIdentityResourceId": properties.get("delegatedManagedIdentityResourceId"),
        },
    )
    world.role_assignments[resource_id] = body
    return Response(201, body)


@routes.on("DELETE", _ALL + "/{name}", f"{_ASSIGNMENTS}/delete")
def delete_assignment(
    azure: Azure, request: Request, principal: Principal, scope: str, name: str
) -> Response:
    found = azure.world.role_assignments.pop(key(f"{scope}/providers/{_ASSIGNMENTS}/{name}"), None)
    return Response(204) if found is None else Response(200, found)


@routes.on("GET", "{scope:path}/providers/" + _DEFINITIONS, f"{_DEFINITIONS}/read")
def definitions(azure: Azure, request: Request, principal: Principal, scope: str) -> Response:
    name = _ROLE_NAME.search(request.query.get("$filter", ""))
    found = [
        role.resource(scope)
        for role in azure.world.role_definitions.values()
        if name is None or role.name.lower() == name[1].lower()
    ]
    return page(azure, request, found)


@routes.on("GET", "{scope:path}/providers/" + _DEFINITIONS + "/{name}", f"{_DEFINITIONS}/read")
def definition(azure: Azure, request: Request, principal: Principal, scope: str, name: str) -> Response:
    return Response(body=_definition(azure.world, name).resource(scope))


@routes.on(
    "GET",
    "{scope:path}/providers/Microsoft.Authorization/permissions",
    "Microsoft.Authorization/permissions/read",
)
def permissions(azure: Azure, request: Request, principal: Principal, scope: str) -> Response:
    return page(azure, request, permissions_at(azure.world, principal, scope))


def _definition(world: World, definition_id: str) -> RoleDefinition:
    found = world.role_definitions.get(definition_id.rsplit("/", 1)[-1].lower())
    if found is None:
        raise arm_error(
            404,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{definition_id.rsplit('/', 1)[-1]}' does not exist.",
        )
    return found


def _check_principal(azure: Azure, object_id: str, properties: Json) -> None:
    """Without ``principalType`` the service looks for the principal, which may be too new to be found."""
    known = azure.world.principals.get(object_id.lower())
    fresh = known is not None and azure.clock.now() < known.known_from
    if known is None or (fresh and not properties.get("principalType")):
        raise arm_error(
            400,
            "PrincipalNotFound",
            f"Principal {object_id.replace('-', '')} does not exist in the directory "
            f"{azure.world.tenant_id}. Check that you have the correct principal ID. If you are creating this "
            "principal "
            "and then immediately assigning a role, this error might be related to a replication delay. In this case, "
            "set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.",
        )

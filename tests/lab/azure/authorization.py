# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Azure RBAC: who may do what where."""

from __future__ import annotations

from collections.abc import Iterator

from lab.azure.errors import ServiceError, arm_error
from lab.azure.ids import within
from lab.azure.messages import Json
from lab.azure.role_definitions import RoleDefinition
from lab.azure.world import Principal, World

ASSIGN_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"


def roles_at(world: World, principal: Principal, scope: str) -> Iterator[RoleDefinition]:
    """The principal's roles that hold at a scope: assigned there or above."""
    for assignment in world.role_assignments.values():
        properties = assignment["properties"]
        if str(properties["principalId"]).lower() == principal.object_id.lower() and within(
            properties["scope"], scope
        ):
            yield world.role_definitions[str(properties["roleDefinitionId"]).rsplit("/", 1)[1].lower()]


def permissions_at(world: World, principal: Principal, scope: str) -> list[Json]:
    return [role.permissions() for role in roles_at(world, principal, scope)]


def may(world: World, principal: Principal, action: str, scope: str) -> bool:
    return any(role.allows(action) for role in roles_at(world, principal, scope))


def has_any_role_in(world: World, principal: Principal, scope: str) -> bool:
    """Whether the principal has a role at the scope, above it or anywhere below it."""
    return any(
        str(assignment["properties"]["principalId"]).lower() == principal.object_id.lower()
        and (
            within(assignment["properties"]["scope"], scope)
            or within(scope, assignment["properties"]["scope"])
        )
        for assignment in world.role_assignments.values()
    )


def require(world: World, principal: Principal, action: str, scope: str) -> None:
    """
    Raises:
        ServiceError: 403 AuthorizationFailed.
    """
    if not may(world, principal, action, scope):
        raise arm_error(
            403,
            "AuthorizationFailed",
            f"The client '{principal.client_id}' with object id '{principal.object_id}' does not have authorization to "
            f"perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, "
            "please refresh your credentials.",
        )


def require_linked(world: World, principal: Principal, action: str, scope: str, linked: list[str]) -> None:
    """Assigning an identity to a resource needs a right on the identity, too.

    Raises:
        ServiceError: 403 LinkedAuthorizationFailed.
    """
    missing = [one for one in linked if not may(world, principal, ASSIGN_IDENTITY, one)]
    if missing:
        raise _linked_refusal(principal, action, scope, missing)


def _linked_refusal(principal: Principal, action: str, scope: str, missing: list[str]) -> ServiceError:
    return arm_error(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{principal.client_id}' with object id '{principal.object_id}' has permission to perform action "
        f"'{action}' on scope '{scope}'; however, it does not have permission to perform action '{ASSIGN_IDENTITY}' on "
        f"the linked scope(s) '{','.join(missing)}' or the linked scope(s) are invalid.",
    )

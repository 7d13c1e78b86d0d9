# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Which role assignments one principal has and another one lacks (pure)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._migration.facts import Finding
from .._migration.findings import finding
from .._migration.plan import is_unknown, unknown

# Names of assignments are GUIDs; this one makes ours the same on every run.
_NAMES = uuid.UUID("6d0ad2c0-5e0f-4f0f-9a53-6f2f3b1d7c11")


@dataclass(frozen=True)
class Assignment:
    """A role assignment as Azure has it. ``scope`` is a resource ID, or / for the whole tenant."""

    scope: str
    role_definition_id: str
    principal_id: str
    condition: str = ""
    condition_version: str = ""
    description: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Scope and role; Azure takes only one assignment of both to a principal. The role's ID is spelled by scope."""
        return self.scope.rstrip("/").lower(), self.role_definition_id.rpartition("/")[2].lower()


@dataclass(frozen=True)
class Step:
    """``outcome``: unchanged, created or not_mirrored. ``assignment`` is the one of the new principal."""

    assignment: Assignment
    outcome: str


def steps(
    source: Iterable[Assignment], target: Iterable[Assignment], principal_id: str
) -> tuple[tuple[Step, ...], tuple[Finding, ...]]:
    """What the target needs to have what the source has, and what it has otherwise.

    ``principal_id`` of the target may be unknown; an assignment that the target has stays as it is, so that nobody's
    narrower condition is widened.
    """
    there = {item.key: item for item in target}
    found: dict[tuple[str, str], Step] = {}
    findings: list[Finding] = []
    for item in sorted(source, key=lambda item: item.key):
        own = there.get(item.key)
        if item.key in found:
            continue
        if own is None:
            found[item.key] = Step(_for(item, principal_id), "created")
            continue
        found[item.key] = Step(own, "unchanged")
        if own.condition != item.condition:
            findings.append(
                not_mirrored(item, "The new identity has the role here with another condition, which stays.")
            )
    return tuple(found.values()), tuple(findings)


def through_groups(everything: Iterable[Assignment], principal_id: str) -> tuple[Finding, ...]:
    """Roles that a principal has as a member of Entra groups: membership is not Azure's to mirror."""
    return tuple(
        not_mirrored(
            item,
            f"It has the role as a member of the Entra group {item.principal_id}.",
            "Add the new identity to that group.",
        )
        for item in sorted(everything, key=lambda item: item.key)
        if item.principal_id.lower() != principal_id.lower()
    )


def not_mirrored(assignment: Assignment, detail: str, remedy: str = "") -> Finding:
    role = assignment.role_definition_id.rpartition("/")[2]
    return finding("role-not-mirrored", assignment.scope, f"Role {role}: {detail}", remedy)


def name(assignment: Assignment) -> str:
    """The GUID of an assignment that this collection makes."""
    if is_unknown(assignment.principal_id):
        return unknown(f"name of the role assignment at {assignment.scope}")
    return str(uuid.uuid5(_NAMES, "\n".join([*assignment.key, assignment.principal_id.lower()])))


def properties(assignment: Assignment) -> dict[str, str]:
    """The body's properties. The type of the principal spares Azure looking for one too new to be found."""
    found = {
        "roleDefinitionId": assignment.role_definition_id,
        "principalId": assignment.principal_id,
        "principalType": "ServicePrincipal",
    }
    if assignment.condition:
        found["condition"] = assignment.condition
        found["conditionVersion"] = assignment.condition_version or "2.0"
    if assignment.description:
        found["description"] = assignment.description
    return found


def assignment(body: Mapping[str, Any]) -> Assignment:
    """From Azure's body."""
    given = body.get("properties") or {}
    return Assignment(
        scope=str(given.get("scope") or "/"),
        role_definition_id=str(given.get("roleDefinitionId") or ""),
        principal_id=str(given.get("principalId") or ""),
        condition=str(given.get("condition") or ""),
        condition_version=str(given.get("conditionVersion") or ""),
        description=str(given.get("description") or ""),
    )


def subscription_of(scope: str) -> str:
    """ID of the subscription, in lower case; empty for management groups and the tenant."""
    parts = scope.strip("/").lower().split("/")
    return parts[1] if len(parts) > 1 and parts[0] == "subscriptions" else ""


def _for(item: Assignment, principal_id: str) -> Assignment:
    return Assignment(
        item.scope,
        item.role_definition_id,
        principal_id,
        item.condition,
        item.condition_version,
        item.description,
    )

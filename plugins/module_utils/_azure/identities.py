# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""User-assigned managed identities: which are there, and those that are missing made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .._migration.plan import PlannedIdentity, unknown
from .errors import AzureError
from .parallel import each
from .session import AzureSession

API_VERSION = "2023-01-31"  # of Microsoft.ManagedIdentity: stable, and has all that is used here
_ID = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.managedidentity/userassignedidentities/[^/]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Wanted:
    """``create``: make it where it is missing, which needs a location; otherwise it has to be there."""

    id: str
    create: bool
    location: Optional[str] = None
    tags: Optional[Mapping[str, str]] = None  # beside those that it has; None: as they are
    tenant_id: str = ""  # where it is known beforehand


@dataclass(frozen=True)
class Identity:
    """One as Azure has it. In check mode, the IDs of one still to be made are marked unknown."""

    id: str
    name: str
    location: str
    client_id: str
    principal_id: str
    tenant_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """``action``: none, create, tag or delete. ``after`` is None for one that goes."""

    id: str
    action: str
    before: Optional[Identity]
    after: Optional[Identity]


def resource_id(text: str) -> str:
    """The resource ID without a trailing slash. Raises AzureError where it is none of a user-assigned identity."""
    cleaned = text.strip().rstrip("/")
    if not _ID.fullmatch(cleaned):
        raise AzureError(
            f"{text!r} is no resource ID of a user-assigned identity. It has the form /subscriptions/<id>"
            "/resourceGroups/<group>/providers/Microsoft.ManagedIdentity/userAssignedIdentities/<name>."
        )
    return cleaned


def planned(identity: PlannedIdentity) -> Wanted:
    """What the plan says of one."""
    return Wanted(identity.id, identity.create, identity.location, identity.tags, identity.tenant_id)


def find(session: AzureSession, identity_id: str) -> Optional[Identity]:
    """The identity, or None where it does not exist. Raises AzureError."""
    try:
        return _identity(identity_id, session.get(identity_id, API_VERSION))
    except AzureError as error:
        if error.status == 404:
            return None
        raise


def read(session: AzureSession, identity_ids: Sequence[str]) -> dict[str, Optional[Identity]]:
    """Identities by resource ID in lower case; None for each that does not exist. Raises AzureError."""
    found: dict[str, Optional[Identity]] = {}
    for outcome in each(identity_ids, lambda item: find(session, item)):
        if outcome.error:
            raise outcome.error
        found[outcome.item.lower()] = outcome.answer
    return found


def change(wanted: Wanted, current: Optional[Identity]) -> Change:
    """What has to be done for one (pure). Raises AzureError where it cannot be."""
    if current is None:
        return Change(wanted.id, "create", None, _to_be_made(wanted))
    # Regions come as "westeurope" or as "West Europe".
    if wanted.create and wanted.location and _region(wanted.location) != _region(current.location):
        raise AzureError(
            f"{current.id} exists in {current.location} and is wanted in {wanted.location}; an identity cannot be"
            " moved. Choose another name or resource group, or delete it if nothing uses it.",
            resource_id=current.id,
        )
    tags = {**current.tags, **(wanted.tags or {})}
    if tags == dict(current.tags):
        return Change(current.id, "none", current, current)
    return Change(current.id, "tag", current, _with_tags(current, tags))


def removal(identity_id: str, current: Optional[Identity]) -> Change:
    """The deletion of one, or nothing where it is gone (pure)."""
    return Change(identity_id, "delete" if current else "none", current, None)


def act(session: AzureSession, step: Change) -> Change:
    """Does it, and gives the change with what Azure answered. Raises AzureError."""
    if step.action == "delete":
        session.delete(step.id, API_VERSION)
    elif step.action == "create" and step.after is not None:
        body = {"location": step.after.location, "tags": dict(step.after.tags)}
        return _answered(step, session.put(step.id, body, API_VERSION).body)
    elif step.action == "tag" and step.after is not None:
        return _answered(step, session.patch(step.id, {"tags": dict(step.after.tags)}, API_VERSION).body)
    return step


def _answered(step: Change, body: Any) -> Change:
    return Change(step.id, step.action, step.before, _identity(step.id, body))


def _to_be_made(wanted: Wanted) -> Identity:
    if not wanted.create:
        raise AzureError(
            f"The identity {wanted.id} does not exist. Create it with its role assignments (give it a location in"
            " identities), or name another identity for its workloads in a rule of migration_plan and plan anew.",
            status=404,
            resource_id=wanted.id,
        )
    if not wanted.location:
        raise AzureError(
            f"The identity {wanted.id} is to be created, and the plan gives no location. Plan anew."
        )
    return Identity(
        id=wanted.id,
        name=wanted.id.rpartition("/")[2],
        location=wanted.location,
        client_id=unknown(f"client ID of {wanted.id}"),
        principal_id=unknown(f"principal ID of {wanted.id}"),
        tenant_id=wanted.tenant_id or unknown(f"tenant ID of {wanted.id}"),
        tags=dict(wanted.tags or {}),
    )


def _with_tags(identity: Identity, tags: Mapping[str, str]) -> Identity:
    return Identity(
        identity.id,
        identity.name,
        identity.location,
        identity.client_id,
        identity.principal_id,
        identity.tenant_id,
        dict(tags),
    )


def _region(location: str) -> str:
    return location.replace(" ", "").lower()


def _identity(identity_id: str, body: Mapping[str, Any]) -> Identity:
    """The ID stays spelled as it was asked for: Azure answers with ``resourcegroups`` in lower case."""
    properties = body.get("properties") or {}
    return Identity(
        id=identity_id,
        name=str(body["name"]),
        location=str(body.get("location") or ""),
        client_id=str(properties.get("clientId") or ""),
        principal_id=str(properties.get("principalId") or ""),
        tenant_id=str(properties.get("tenantId") or ""),
        tags={str(key): str(value) for key, value in (body.get("tags") or {}).items()},
    )

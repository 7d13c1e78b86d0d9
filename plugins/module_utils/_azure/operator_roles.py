# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The role that let a cluster hand identities to its nodes: Managed Identity Operator, given for Pod
Identity."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from . import clusters
from .errors import AzureError
from .session import AzureSession

# learn.microsoft.com/azure/role-based-access-control/built-in-roles/identity, the same in every tenant
MANAGED_IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
_ASSIGNMENTS = "2022-04-01"  # of Microsoft.Authorization/roleAssignments


def principals(cluster: Mapping[str, Any]) -> set[str]:
    """Object IDs of the cluster's own identities, control plane's and kubelet's, in lower case (pure)."""
    identity, properties = cluster.get("identity") or {}, cluster.get("properties") or {}
    found = [identity.get("principalId")]
    found += [
        item.get("principalId") for item in (identity.get("userAssignedIdentities") or {}).values() if item
    ]
    found += [item.get("objectId") for item in (properties.get("identityProfile") or {}).values() if item]
    return {str(item).lower() for item in found if item}


def removable(
    assignments: Iterable[Mapping[str, Any]], identity_id: str, whose: Collection[str]
) -> list[str]:
    """IDs of the assignments on exactly this identity, of this role, of these principals (pure)."""
    found = []
    for item in assignments:
        properties = item.get("properties") or {}
        if (
            str(properties.get("scope", "")).lower() == identity_id.lower()
            and str(properties.get("roleDefinitionId", "")).lower().endswith(MANAGED_IDENTITY_OPERATOR)
            and str(properties.get("principalId", "")).lower() in whose
        ):
            found.append(str(item["id"]))
    return found


def remove(
    session: AzureSession, cluster_id: str, identity_ids: Sequence[str], *, dry_run: bool
) -> tuple[str, ...]:
    """Removes them; gives their IDs. Identities that are gone have none. Raises AzureError."""
    whose = principals(session.get(cluster_id, clusters.API_VERSION))
    removed: list[str] = []
    for identity_id in identity_ids:
        path = f"{identity_id}/providers/Microsoft.Authorization/roleAssignments"
        try:
            found = removable(session.list(path, _ASSIGNMENTS), identity_id, whose)
        except AzureError as error:
            if error.status == 404:
                continue
            raise
        for assignment in found:
            if not dry_run:
                session.delete(assignment, _ASSIGNMENTS)
            removed.append(assignment)
    return tuple(removed)

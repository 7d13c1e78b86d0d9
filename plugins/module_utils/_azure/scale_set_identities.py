# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""User-assigned identities of scale sets: taken off where only Pod Identity had put them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from .._migration.teardown import ScaleSetRemoval
from .session import AzureSession

_API_VERSION = "2024-07-01"  # of Microsoft.Compute


def body_without(identity: Mapping[str, Any], unwanted: Collection[str]) -> dict[str, Any]:
    """Body of the PATCH that takes identities off and keeps all others (pure).

    A null takes an identity off. Without any left, the type has to change as well, or the service refuses
    (learn.microsoft.com/entra/identity/managed-identities-azure-resources, "remove a user-assigned
    identity").
    """
    lower = {item.lower() for item in unwanted}
    there = identity.get("userAssignedIdentities") or {}
    gone = {key: None for key in there if key.lower() in lower}
    if len(gone) < len(there):
        return {"identity": {"type": identity.get("type"), "userAssignedIdentities": gone}}
    system = "SystemAssigned" in str(identity.get("type", ""))
    return {"identity": {"type": "SystemAssigned" if system else "None"}}


def take_off(session: AzureSession, removal: ScaleSetRemoval, say: Callable[[str], None]) -> tuple[str, ...]:
    """Takes the identities off that are still there; gives those. Raises AzureError."""
    current = session.get(removal.scale_set_id, _API_VERSION)
    identity = current.get("identity") or {}
    lower = {item.lower() for item in removal.identity_ids}
    there = tuple(key for key in identity.get("userAssignedIdentities") or {} if key.lower() in lower)
    if there:
        say(f"{removal.scale_set_id.rsplit('/', 1)[1]}: {len(there)} identities taken off the nodes")
        session.patch(removal.scale_set_id, body_without(identity, there), _API_VERSION)
    return there

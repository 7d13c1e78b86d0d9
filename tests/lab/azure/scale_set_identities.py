# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The identities on a scale set."""

from __future__ import annotations

from collections.abc import Collection

from lab.azure.ids import key
from lab.azure.messages import Json
from lab.azure.world import World


def add_identities(world: World, scale_set: Json, identities: Collection[str]) -> None:
    """Puts identities (IDs) on a scale set; those that are there stay."""
    current = scale_set.setdefault("identity", {"type": "None"})
    assigned = current.setdefault("userAssignedIdentities", {})
    present = {key(one) for one in assigned}
    for one in identities:
        if key(one) not in present:
            identity = world.identities[key(one)]
            assigned[identity.id] = {"principalId": identity.principal_id, "clientId": identity.client_id}
    _settle(scale_set)


def remove_identities(scale_set: Json, identities: Collection[str]) -> None:
    """Takes identities off; those that are not there are no matter."""
    assigned = (scale_set.get("identity") or {}).get("userAssignedIdentities") or {}
    gone = {key(one) for one in identities}
    for one in [one for one in assigned if key(one) in gone]:
        del assigned[one]
    _settle(scale_set)


def has_identity(scale_set: Json, identity: str) -> bool:
    assigned = (scale_set.get("identity") or {}).get("userAssignedIdentities") or {}
    return key(identity) in {key(one) for one in assigned}


def _settle(scale_set: Json) -> None:
    """The type follows from what is there; without any identity the property is gone."""
    current = scale_set.get("identity")
    if current is None:
        return
    system = "SystemAssigned" in str(current.get("type", ""))
    if current.get("userAssignedIdentities"):
        current["type"] = "SystemAssigned, UserAssigned" if system else "UserAssigned"
        return
    current.pop("userAssignedIdentities", None)
    if system:
        current["type"] = "SystemAssigned"
    else:
        del scale_set["identity"]

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Resource IDs: read without regard to case, as Resource Manager does (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

_IDENTITY = re.compile(
    r"^/subscriptions/([^/]+)/resourcegroups/([^/]+)/providers/microsoft\.managedidentity/userassignedidentities/([^/]+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class IdentityId:
    """The parts of a user-assigned identity's resource ID."""

    subscription_id: str
    resource_group: str
    name: str

    def __str__(self) -> str:
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{self.name}"
        )

    @classmethod
    def parsed(cls, resource_id: str) -> Optional[IdentityId]:
        """None for anything else than a user-assigned identity."""
        found = _IDENTITY.match(resource_id.strip().rstrip("/"))
        return cls(*found.groups()) if found else None


def part(resource_id: str, name: str) -> str:
    """The segment after ``name``; empty where there is none."""
    parts = resource_id.split("/")
    lowered = [item.lower() for item in parts]
    return parts[lowered.index(name.lower()) + 1] if name.lower() in lowered[:-1] else ""


def same(one: Optional[str], other: Optional[str]) -> bool:
    return (one or "").rstrip("/").lower() == (other or "").rstrip("/").lower()

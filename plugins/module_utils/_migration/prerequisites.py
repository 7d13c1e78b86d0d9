# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Prerequisites of what fetches secrets and metrics for workloads: the CSI driver and KEDA's scaled objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from .facts import RawCluster
from .kinds import CSI_DRIVERS, SCALED_OBJECTS, listed
from .objects import items, mapping, name, namespace, place, spec

_DRIVER = "secrets-store.csi.k8s.io"
_AUDIENCE = "api://AzureADTokenExchange"


def driver_lacks_tokens(raw: RawCluster) -> bool:
    """Whether the Secrets Store CSI driver is there and does not request tokens with the audience."""
    driver: Optional[Mapping[str, Any]] = next(
        (obj for obj in listed(raw, CSI_DRIVERS) if name(obj) == _DRIVER), None
    )
    if driver is None:
        return False
    return not any(
        request.get("audience") == _AUDIENCE for request in items(spec(driver).get("tokenRequests"))
    )


def trigger_users(raw: RawCluster, kind: str, where: str, wanted: str) -> tuple[str, ...]:
    """ScaledObjects whose triggers use this (Cluster)TriggerAuthentication."""
    found: dict[str, None] = {}
    for obj in listed(raw, SCALED_OBJECTS):
        for trigger in items(spec(obj).get("triggers")):
            reference = mapping(trigger.get("authenticationRef"))
            alike = str(reference.get("kind") or "TriggerAuthentication") == kind
            near = not where or namespace(obj) == where
            if alike and near and reference.get("name") == wanted:
                found[place(SCALED_OBJECTS.ref(obj))] = None
    return tuple(found)

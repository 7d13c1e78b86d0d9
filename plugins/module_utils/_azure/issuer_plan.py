# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What switching issuer and webhook on changes of a cluster, and when it must not be tried (pure)."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .clusters import failure, provisioning_state

MINIMUM_VERSION = (
    1,
    24,
)  # learn.microsoft.com/azure/aks/workload-identity-overview: "AKS version 1.24 or higher"

# Read-only members: Resource Manager ignores most of them, and some are refused in newer API versions.
_READ_ONLY = ("id", "name", "type", "systemData", "eTag", "etag")
_READ_ONLY_PROPERTIES = (
    "provisioningState",
    "powerState",
    "status",
    "maxAgentPools",
    "currentKubernetesVersion",
    "fqdn",
    "privateFQDN",
    "azurePortalFQDN",
    "resourceUID",
)


@dataclass(frozen=True)
class Wanted:
    """None leaves the setting as it is."""

    oidc_issuer: Optional[bool]
    workload_identity: Optional[bool]


@dataclass(frozen=True)
class Switches:
    """The two settings as they are, or as they will be."""

    oidc_issuer: bool
    workload_identity: bool

    def as_data(self) -> dict[str, bool]:
        return {"oidc_issuer": self.oidc_issuer, "workload_identity": self.workload_identity}


def current(cluster: Mapping[str, Any]) -> Switches:
    properties = cluster.get("properties") or {}
    webhook = (properties.get("securityProfile") or {}).get("workloadIdentity") or {}
    return Switches(
        bool((properties.get("oidcIssuerProfile") or {}).get("enabled")), bool(webhook.get("enabled"))
    )


def target(cluster: Mapping[str, Any], wanted: Wanted) -> Switches:
    now = current(cluster)
    return Switches(
        now.oidc_issuer if wanted.oidc_issuer is None else wanted.oidc_issuer,
        now.workload_identity if wanted.workload_identity is None else wanted.workload_identity,
    )


def refusal(cluster: Mapping[str, Any], wanted: Wanted) -> Optional[str]:
    """Why the change must not be sent, with the remedy; None where it may."""
    name = f"AKS cluster {cluster.get('name')}"
    properties = cluster.get("properties") or {}
    now, then = current(cluster), target(cluster, wanted)
    if now.oidc_issuer and not then.oidc_issuer:
        return f"{name}: AKS cannot switch an OIDC issuer off again. Leave oidc_issuer at true."
    if then.workload_identity and not then.oidc_issuer:
        return f"{name}: workload identity needs the OIDC issuer. Set oidc_issuer to true as well."
    version = str(properties.get("currentKubernetesVersion") or properties.get("kubernetesVersion") or "")
    if not _is_new_enough(version):
        return (
            f"{name} runs Kubernetes {version}, and workload identity needs 1.24 or newer."
            " Upgrade it (az aks upgrade)."
        )
    if str((properties.get("powerState") or {}).get("code") or "Running").lower() == "stopped":
        return f"{name} is stopped, and a stopped cluster cannot be updated. Start it (az aks start) and run again."
    state = provisioning_state(cluster)
    if state.lower() in ("failed", "canceled"):
        words = failure(cluster)
        reason = f" ({words})" if words else ""
        return (
            f"{name} is in the provisioning state {state}{reason}: its last operation did not succeed. Repair it first;"
            " az aks update without other options reconciles it."
        )
    if state.lower() == "deleting":
        return f"{name} is being deleted. Leave it out of the inventory."
    return None


def body(cluster: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """What a PUT sends: the cluster as it was read, with the two settings, less what a PUT must not hold."""
    document = copy.deepcopy({key: value for key, value in cluster.items() if key not in _READ_ONLY})
    properties = {
        key: value
        for key, value in (document.get("properties") or {}).items()
        if key not in _READ_ONLY_PROPERTIES
    }
    document["properties"] = properties
    then = target(cluster, wanted)
    if then.oidc_issuer:
        issuer = {
            key: value
            for key, value in (properties.get("oidcIssuerProfile") or {}).items()
            if key != "issuerURL"
        }
        properties["oidcIssuerProfile"] = {**issuer, "enabled": True}
    if wanted.workload_identity is not None and then != current(cluster):
        security = properties.get("securityProfile") or {}
        webhook = {**(security.get("workloadIdentity") or {}), "enabled": then.workload_identity}
        properties["securityProfile"] = {**security, "workloadIdentity": webhook}
    _clean_identity(document)
    _clean_pod_identity(properties)
    for pool in properties.get("agentPoolProfiles") or ():
        if isinstance(pool, dict):
            for key in ("provisioningState", "eTag"):
                pool.pop(key, None)
    return document


def _clean_identity(document: dict[str, Any]) -> None:
    identity = document.get("identity")
    if not isinstance(identity, dict):
        return
    for key in ("principalId", "tenantId"):
        identity.pop(key, None)
    assigned = identity.get("userAssignedIdentities")
    if isinstance(assigned, dict):
        # Its members are read-only: an identity is named by its key alone.
        identity["userAssignedIdentities"] = {key: {} for key in assigned}


def _clean_pod_identity(properties: dict[str, Any]) -> None:
    profile = properties.get("podIdentityProfile")
    if not isinstance(profile, dict):
        return
    for exception in profile.get("userAssignedIdentityExceptions") or ():
        # Empty labels come back as null, which newer API versions refuse (aks-preview, _podidentity.py).
        if isinstance(exception, dict) and exception.get("podLabels") is None:
            exception["podLabels"] = {}
    for identity in profile.get("userAssignedIdentities") or ():
        if isinstance(identity, dict):
            for key in ("provisioningState", "provisioningInfo"):
                identity.pop(key, None)


def _is_new_enough(version: str) -> bool:
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return found is None or (int(found.group(1)), int(found.group(2))) >= MINIMUM_VERSION

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Managed clusters (AKS): where they are and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from .._migration.facts import ClusterFacts, PodIdentityProfile
from .errors import AzureError
from .resource_ids import part
from .session import AzureSession

# Pinned: newer versions answer with properties whose PUT needs preview features (AKS issue 2515). This one has ETags,
# issuer, workload identity and the Pod Identity profile.
API_VERSION = "2024-09-01"
_PROVIDER = "Microsoft.ContainerService/managedClusters"
_ENDED = ("succeeded", "failed", "canceled")


def cluster_id(subscription_id: str, resource_group: str, name: str) -> str:
    """Resource ID of a cluster, which is its path, too."""
    return f"/subscriptions/{subscription_id}/resourceGroups/{resource_group}/providers/{_PROVIDER}/{name}"


def get(session: AzureSession, resource_group: str, name: str) -> dict[str, Any]:
    """The cluster as Resource Manager gives it. Raises AzureError."""
    return session.get(cluster_id(session.subscription_id, resource_group, name), API_VERSION)


def find(session: AzureSession, resource_group: str, name: str) -> Optional[dict[str, Any]]:
    """The cluster, or None where it, its group or its subscription is not there. Raises AzureError."""
    try:
        return get(session, resource_group, name)
    except AzureError as error:
        if error.status == 404:
            return None
        raise


def find_all(session: AzureSession, resource_group: Optional[str]) -> Iterator[dict[str, Any]]:
    """All clusters of a resource group, or of the session's subscription. Raises AzureError."""
    group = f"/resourceGroups/{resource_group}" if resource_group else ""
    return session.list(f"/subscriptions/{session.subscription_id}{group}/providers/{_PROVIDER}", API_VERSION)


def provisioning_state(body: Mapping[str, Any]) -> str:
    return str(_properties(body).get("provisioningState") or "Succeeded")


def power_state(body: Mapping[str, Any]) -> str:
    """Running or Stopped; a stopped cluster's provisioning state is Succeeded all the same (azure-docs issue 83563)."""
    return str(_mapping(_properties(body).get("powerState")).get("code") or "Running")


def is_busy(body: Mapping[str, Any]) -> bool:
    """Whether an operation runs. States that nobody has documented count as running."""
    return provisioning_state(body).lower() not in _ENDED


def failure(body: Mapping[str, Any]) -> str:
    """Why the last operation failed, where the cluster tells it (newer API versions); else empty."""
    error = _mapping(_mapping(_properties(body).get("status")).get("provisioningError"))
    error = _mapping(error.get("error")) or error
    return ": ".join(str(error[key]) for key in ("code", "message") if error.get(key))


def etag(body: Mapping[str, Any]) -> Optional[str]:
    """What If-Match takes, unquoted as SDK versions before 41 send it, or None."""
    value = body.get("eTag") or body.get("etag")
    return str(value) if value else None


def facts_of(body: Mapping[str, Any]) -> ClusterFacts:
    """What a migration depends on, from the answer of Resource Manager (pure)."""
    properties = _properties(body)
    resource_id = str(body.get("id") or "")
    issuer = _mapping(properties.get("oidcIssuerProfile"))
    security = _mapping(properties.get("securityProfile"))
    entra = properties.get("aadProfile")
    tenant = _mapping(body.get("identity")).get("tenantId") or _mapping(entra).get("tenantID")
    return ClusterFacts(
        id=resource_id,
        name=str(body.get("name") or part(resource_id, "managedClusters")),
        resource_group=part(resource_id, "resourceGroups"),
        subscription_id=part(resource_id, "subscriptions"),
        tenant_id=str(tenant) if tenant else None,
        location=str(body.get("location") or ""),
        kubernetes_version=kubernetes_version(body),
        provisioning_state=provisioning_state(body),
        power_state=power_state(body),
        node_resource_group=str(properties.get("nodeResourceGroup") or ""),
        oidc_issuer_enabled=bool(issuer.get("enabled")),
        issuer_url=str(issuer["issuerURL"]) if issuer.get("issuerURL") else None,
        workload_identity_enabled=bool(_mapping(security.get("workloadIdentity")).get("enabled")),
        pod_identity_profile=_pod_identity_profile(properties.get("podIdentityProfile")),
        entra_integrated=isinstance(entra, Mapping) and bool(entra),
        local_accounts_disabled=bool(properties.get("disableLocalAccounts")),
        node_identity_ids=_node_identities(properties),
    )


def kubernetes_version(body: Mapping[str, Any]) -> str:
    """The version that runs: ``kubernetesVersion`` is what was asked for and may be an alias such as 1.34."""
    properties = _properties(body)
    return str(properties.get("currentKubernetesVersion") or properties.get("kubernetesVersion") or "")


def _pod_identity_profile(profile: Any) -> Optional[PodIdentityProfile]:
    if not isinstance(profile, Mapping):
        return None
    return PodIdentityProfile(
        enabled=bool(profile.get("enabled")),
        identities=tuple(profile.get("userAssignedIdentities") or ()),
        exceptions=tuple(profile.get("userAssignedIdentityExceptions") or ()),
    )


def _node_identities(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """Identities that AKS itself puts on the nodes: the kubelet's, the add-ons', the managed ingress controller's."""
    ingress = _mapping(_mapping(properties.get("ingressProfile")).get("webAppRouting"))
    holders = [
        *_mapping(properties.get("identityProfile")).values(),
        *(_mapping(addon).get("identity") for addon in _mapping(properties.get("addonProfiles")).values()),
        ingress.get("identity"),
    ]
    found = [str(_mapping(item).get("resourceId") or "") for item in holders]
    return tuple({item.lower(): item for item in found if item}.values())


def _properties(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(body.get("properties"))


def _mapping(value: Any) -> Mapping[str, Any]:
    """The service sends null for profiles that are not set."""
    return value if isinstance(value, Mapping) else {}

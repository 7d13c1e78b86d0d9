# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a PUT makes of a cluster: pure, so that every rule can be tried alone.

Omitted means kept, at every level of objects; explicit nulls below a profile are kept as they are sent; read-only
fields are ignored; ``podIdentityProfile`` and ``tags`` are replaced as a whole.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from lab.azure.cluster_bodies import merged
from lab.azure.errors import ServiceError, arm_error
from lab.azure.messages import Json

_READ_ONLY = frozenset(
    {
        "provisioningState", "powerState", "maxAgentPools", "currentKubernetesVersion", "fqdn", "privateFQDN",
        "azurePortalFQDN", "resourceUID", "status",
    }
)  # fmt: skip
_READ_ONLY_OF_POOL = frozenset(
    {"provisioningState", "powerState", "currentOrchestratorVersion", "nodeImageVersion", "eTag"}
)
_IMMUTABLE = ("dnsPrefix", "nodeResourceGroup", "enableRBAC")
_IDENTITY_LIMIT = 200


def updated(existing: Json, given: Json) -> Json:
    """The whole resource after a PUT of ``given``.

    Raises:
        ServiceError: 400 in the service's words.
    """
    _check_unchanged(existing, given)
    properties = given.get("properties") or {}
    result = copy.deepcopy(existing)
    result["properties"] = _properties(existing["properties"], properties)
    if given.get("tags") is not None:
        result["tags"] = dict(given["tags"])
    for name in ("sku", "identity"):
        if given.get(name) is not None:
            result[name] = merged(existing.get(name) or {}, given[name])
    if given.get("identity") is not None and existing.get("identity"):
        for name in ("principalId", "tenantId"):
            if name in existing["identity"]:
                result["identity"][name] = existing["identity"][name]
    _check(existing, result, properties)
    return result


def issuer_enabled(body: Json) -> bool:
    return bool((body["properties"].get("oidcIssuerProfile") or {}).get("enabled"))


def workload_identity_enabled(body: Json) -> bool:
    profile = (body["properties"].get("securityProfile") or {}).get("workloadIdentity") or {}
    return bool(profile.get("enabled"))


def pod_identity_enabled(body: Json) -> bool:
    return bool((body["properties"].get("podIdentityProfile") or {}).get("enabled"))


def newly_needed_features(existing: Json | None, wanted: Json) -> list[str]:
    """The preview features behind what the update switches on."""
    return [
        feature
        for feature, enabled in (
            ("EnableOIDCIssuerPreview", issuer_enabled),
            ("EnableWorkloadIdentityPreview", workload_identity_enabled),
            ("EnablePodIdentityPreview", pod_identity_enabled),
        )
        if enabled(wanted) and not (existing is not None and enabled(existing))
    ]


def version_of(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def check_version(existing: Json | None, wanted: Json, minimum: str) -> None:
    """
    Raises:
        ServiceError: 400 when the cluster is too old for what is switched on.
    """
    needed = [one for one in newly_needed_features(existing, wanted) if one != "EnablePodIdentityPreview"]
    version = str(
        wanted["properties"].get("currentKubernetesVersion") or wanted["properties"]["kubernetesVersion"]
    )
    if needed and version_of(version) < version_of(minimum):
        raise bad_request(
            f"OIDC issuer and workload identity need Kubernetes version {minimum} or later, the cluster has {version}."
        )


def bad_request(message: str, code: str = "BadRequest") -> ServiceError:
    return arm_error(400, code, message)


def _properties(existing: Json, given: Json) -> Json:
    result = copy.deepcopy(existing)
    for name, value in given.items():
        if name in _READ_ONLY or value is None:
            continue  # a null for a whole profile leaves it as it is, as for the service principal's
        if name == "podIdentityProfile":
            result[name] = _pod_identity(value)
        elif name == "agentPoolProfiles":
            result[name] = _pools(existing.get(name) or [], value)
        elif isinstance(value, dict):
            result[name] = merged(existing.get(name) or {}, value)
        else:
            result[name] = copy.deepcopy(value)
    # Only the service knows the URL.
    issuer = result.get("oidcIssuerProfile")
    if isinstance(issuer, dict):
        known = (existing.get("oidcIssuerProfile") or {}).get("issuerURL")
        issuer.pop("issuerURL", None)
        if known:
            issuer["issuerURL"] = known
    return result


def _pod_identity(value: Json) -> Json:
    """Replaced as a whole: to disable it forgets identities and exceptions."""
    if not value.get("enabled"):
        return {"enabled": False}
    profile = copy.deepcopy(value)
    identities = profile.get("userAssignedIdentities") or []
    for entry in identities:
        entry.pop("provisioningInfo", None)
        entry["provisioningState"] = "Updating"
    if identities or "userAssignedIdentities" in profile:
        profile["userAssignedIdentities"] = identities
    return profile


def _pools(existing: list[Json], given: list[Json]) -> list[Json]:
    known = {str(pool["name"]): pool for pool in existing}
    return [
        merged(
            known.get(
                str(pool["name"]), {"provisioningState": "Creating", "powerState": {"code": "Running"}}
            ),
            {name: value for name, value in pool.items() if name not in _READ_ONLY_OF_POOL},
        )
        for pool in given
    ]


def _check_unchanged(existing: Json, given: Json) -> None:
    if given.get("location") and _location(given["location"]) != _location(existing["location"]):
        raise arm_error(
            409,
            "InvalidResourceLocation",
            f"The resource '{existing['name']}' already exists in location '{existing['location']}'. A resource with "
            f"the same name cannot be created in location '{given['location']}'. Please select a new resource name.",
        )
    properties = given.get("properties") or {}
    for name in _IMMUTABLE:
        value = properties.get(name)
        if value is not None and value != existing["properties"].get(name):
            raise _unchangeable(name)
    client = (properties.get("servicePrincipalProfile") or {}).get("clientId")
    if client and client != (existing["properties"].get("servicePrincipalProfile") or {}).get("clientId"):
        raise _unchangeable("servicePrincipalProfile.clientId")


def _unchangeable(name: str) -> ServiceError:
    return bad_request(f"Changing property '{name}' is not allowed.", "PropertyChangeNotAllowed")


def _check(existing: Json, wanted: Json, given: Json) -> None:
    if issuer_enabled(existing) and not issuer_enabled(wanted):
        raise bad_request("OIDC issuer feature cannot be disabled.", "OIDCIssuerFeatureCannotBeDisabled")
    if workload_identity_enabled(wanted) and not issuer_enabled(wanted):
        raise bad_request(
            "Workload identity requires the OIDC issuer to be enabled. Please enable oidcIssuerProfile.enabled."
        )
    profile = wanted["properties"].get("podIdentityProfile") or {}
    entries = (
        profile.get("userAssignedIdentities") or [],
        profile.get("userAssignedIdentityExceptions") or [],
    )
    if any(len(entry) > _IDENTITY_LIMIT for entry in entries):
        raise bad_request(
            f"Pod identity takes at most {_IDENTITY_LIMIT} identities and {_IDENTITY_LIMIT} exceptions."
        )
    for entry in entries[0]:
        _require_keys(entry, "userAssignedIdentities", ("name", "namespace", "identity"))
        _require_keys(
            entry["identity"], "userAssignedIdentities.identity", ("resourceId", "clientId", "objectId")
        )
    if "podIdentityProfile" in given:
        for entry in entries[1]:
            _require_keys(entry, "userAssignedIdentityExceptions", ("name", "namespace", "podLabels"))


def _require_keys(entry: dict[str, Any], where: str, names: tuple[str, ...]) -> None:
    for name in names:
        if entry.get(name) is None:
            raise bad_request(
                f"Required parameter podIdentityProfile.{where}.{name} is missing (null).", "InvalidParameter"
            )


def _location(text: str) -> str:
    return text.replace(" ", "").lower()

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left of Pod Identity in and around a cluster: all that someone with kubectl and az could find."""

from __future__ import annotations

from typing import Any

from lab.fleet.administrator import AzureAdministrator
from lab.fleet.scenario import Cluster
from lab.kubernetes.api_server import ApiServer

GROUP = "aadpodidentity.k8s.io"
MARKS = ("aad-pod-id", "aadpodid", "azureassignedidentit", "azureidentit")
# Names that Pod Identity's parts have by themselves.
NAMES = frozenset({"mic", "nmi", "mic-exception", "aks-addon-exception", "mic-pdb"})


def remains(api: ApiServer, azure: AzureAdministrator, cluster: Cluster) -> list[str]:
    """One line per thing that is left; empty when nothing is."""
    found = [f"{kind} {name}" for kind, name in sorted(set(_objects(api)))]
    found += [f"finalizer {line}" for line in _finalizers(api)]
    mine = {identity.id.lower() for identity in cluster.identities}
    found += [
        f"scale-set identity {identity}"
        for identity in azure.scale_set_identities(cluster)
        if identity.lower() in mine
    ]
    profile = azure.cluster(cluster)["properties"].get("podIdentityProfile") or {}
    if profile.get("enabled") or profile.get("userAssignedIdentities"):
        found.append("ARM podIdentityProfile")
    return found


def _objects(api: ApiServer) -> list[tuple[str, str]]:
    """Objects of every kind that is served whose name, labels or group say that they are Pod Identity's."""
    found = []
    for path, kind in _kinds(api):
        for item in api.get(path).get("items", []):
            metadata = item["metadata"]
            name = f"{metadata.get('namespace', '')}/{metadata['name']}".lstrip("/")
            if GROUP in path or _marked(metadata):
                found.append((kind, name))
    return found


def _kinds(api: ApiServer) -> list[tuple[str, str]]:
    """List paths of all kinds, in their preferred versions; events and reviews are no objects."""
    versions = ["/api/v1"] + [
        f"/apis/{group['preferredVersion']['groupVersion']}" for group in api.get("/apis")["groups"]
    ]
    return [
        (f"{version}/{resource['name']}", resource["kind"])
        for version in versions
        for resource in api.get(version)["resources"]
        if "/" not in resource["name"] and "list" in resource["verbs"] and resource["kind"] != "Event"
    ]


def _marked(metadata: dict[str, Any]) -> bool:
    words = [metadata["name"], *(metadata.get("labels") or {}).values()]
    return metadata["name"] in NAMES or any(mark in str(word) for word in words for mark in MARKS)


def _finalizers(api: ApiServer) -> list[str]:
    """Namespaces and pods that hang on a finalizer of Pod Identity."""
    return [
        f"{item['kind']} {item['metadata']['name']}"
        for path in ("/api/v1/namespaces", "/api/v1/pods")
        for item in api.list(path)
        if any(GROUP in finalizer for finalizer in item["metadata"].get("finalizers", ()))
    ]

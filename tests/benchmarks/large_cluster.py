# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A large cluster as raw objects, of the size that an API server gives them: with managed fields and status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import (
    AzureSide,
    ClusterFacts,
    IdentityFacts,
    RawCluster,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.kinds import KINDS

NAMESPACES = 50
WORKLOADS = 500
PODS_EACH = 4
REVISIONS = 3  # ReplicaSets that a Deployment keeps, most of them at zero
_GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/ids/providers"


def identity_id(number: int) -> str:
    return f"{_GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/id-{number}"


def azure_side() -> AzureSide:
    cluster = ClusterFacts(
        id="/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/rg"
        "/providers/Microsoft.ContainerService/managedClusters/large",
        name="large",
        resource_group="rg",
        subscription_id="00000000-0000-0000-0000-000000000001",
        tenant_id="99999999-0000-0000-0000-000000000000",
        location="westeurope",
        kubernetes_version="1.33.5",
        provisioning_state="Succeeded",
        power_state="Running",
        node_resource_group="MC_rg",
        oidc_issuer_enabled=True,
        issuer_url="https://westeurope.oic.prod-aks.azure.com/tenant/cluster/",
        workload_identity_enabled=True,
        pod_identity_profile=None,
    )
    identities = tuple(
        IdentityFacts(
            identity_id(number),
            True,
            "westeurope",
            f"00000000-0000-0000-0001-{number:012}",
            f"00000000-0000-0000-0002-{number:012}",
            "99999999-0000-0000-0000-000000000000",
            "supported",
        )
        for number in range(NAMESPACES)
    )
    return AzureSide(cluster, identities)


def raw_cluster() -> RawCluster:
    """500 bound Deployments with 2,000 pods in 50 namespaces, and what stands around them."""
    objects: dict[str, list[Any]] = {kind.plural: [] for kind in KINDS}
    for plural, obj in _objects():
        # Once through JSON, as an answer comes: no object shares its parts with another.
        objects[plural].append(json.loads(json.dumps(obj)))
    return RawCluster({key: tuple(value) for key, value in objects.items()}, (), "v1.33.5")


def requests(raw: RawCluster, page: int = 500) -> int:
    """What listing it takes: a request for each page of each kind, and one for the version."""
    return 1 + sum(max(1, -(-len(objects) // page)) for objects in raw.objects.values())


def _objects() -> Iterator[tuple[str, dict[str, Any]]]:
    for number in range(NAMESPACES):
        namespace = f"team-{number}"
        yield "namespaces", {"metadata": _head("", namespace)}
        yield "serviceaccounts", {"metadata": _head(namespace, "default")}
        yield (
            "networkpolicies.networking.k8s.io",
            {
                "metadata": _head(namespace, "out"),
                "spec": {
                    "podSelector": {},
                    "policyTypes": ["Egress"],
                    "egress": [{"ports": [{"port": 443}]}],
                },
            },
        )
        spec = {
            "type": 0,
            "resourceID": identity_id(number),
            "clientID": f"00000000-0000-0000-0001-{number:012}",
        }
        yield "azureidentities.aadpodidentity.k8s.io", {"metadata": _head(namespace, "app"), "spec": spec}
        binding = {"azureIdentity": "app", "selector": f"app-{number}"}
        yield (
            "azureidentitybindings.aadpodidentity.k8s.io",
            {"metadata": _head(namespace, "b"), "spec": binding},
        )
    for number in range(WORKLOADS):
        yield from _workload(f"team-{number % NAMESPACES}", f"app-{number % NAMESPACES}", f"service-{number}")


def _workload(namespace: str, binding: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    template = _template(name, binding)
    yield "serviceaccounts", {"metadata": _head(namespace, name)}
    yield "services", {"metadata": _head(namespace, name), "spec": {"selector": {"app": name}}}
    yield (
        "deployments.apps",
        {
            "metadata": _head(namespace, name),
            "spec": {"replicas": PODS_EACH, "selector": {"matchLabels": {"app": name}}, "template": template},
            "status": {
                "observedGeneration": 1,
                "replicas": PODS_EACH,
                "updatedReplicas": PODS_EACH,
                "availableReplicas": PODS_EACH,
            },
        },
    )
    for revision in range(REVISIONS):
        size = PODS_EACH if revision == REVISIONS - 1 else 0
        yield (
            "replicasets.apps",
            {
                "metadata": _head(namespace, f"{name}-{revision}", ("apps/v1", "Deployment", name)),
                "spec": {"replicas": size, "selector": {"matchLabels": {"app": name}}, "template": template},
                "status": {"replicas": size},
            },
        )
    for pod in range(PODS_EACH):
        head = _head(
            namespace, f"{name}-{REVISIONS - 1}-{pod}", ("apps/v1", "ReplicaSet", f"{name}-{REVISIONS - 1}")
        )
        yield (
            "pods",
            {
                "metadata": {**head, "labels": template["metadata"]["labels"]},
                "spec": template["spec"],
                "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}] * 4},
            },
        )


def _template(name: str, binding: str) -> dict[str, Any]:
    env = [{"name": f"SETTING_{index}", "value": f"value {index} of {name}"} for index in range(12)]
    container = {
        "name": "main",
        "image": f"registry.example/{name}:1.4.2",
        "env": env,
        "args": ["serve", "--verbose"],
        "ports": [{"containerPort": 8080}],
        "livenessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 10},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    sidecar = {**container, "name": "sidecar", "env": env[:4]}
    return {
        "metadata": {"labels": {"app": name, "tier": "web", "aadpodidbinding": binding}},
        "spec": {"serviceAccountName": name, "containers": [container, sidecar]},
    }


def _head(namespace: str, name: str, owner: tuple[str, str, str] | None = None) -> dict[str, Any]:
    fields: dict[str, Any] = {f"f:field-{index}": {".": {}, "f:inner": {}} for index in range(30)}
    head: dict[str, Any] = {
        "name": name,
        "generation": 1,
        "uid": f"uid-{namespace}-{name}",
        "resourceVersion": "7",
        "labels": {"app": name},
        "managedFields": [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": fields}}],
    }
    if namespace:
        head["namespace"] = namespace
    if owner:
        version, kind, owner_name = owner
        head["ownerReferences"] = [
            {"apiVersion": version, "kind": kind, "name": owner_name, "controller": True, "uid": "u"}
        ]
    return head

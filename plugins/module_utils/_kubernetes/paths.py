# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Where objects lie in the Kubernetes API: fixed paths, so that no discovery request is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

# kind -> (group and version, plural, namespaced) of the kinds that are written or read singly
_KINDS: Mapping[str, tuple[str, str, bool]] = {
    "Pod": ("v1", "pods", True),
    "ServiceAccount": ("v1", "serviceaccounts", True),
    "Secret": ("v1", "secrets", True),
    "ConfigMap": ("v1", "configmaps", True),
    "Endpoints": ("v1", "endpoints", True),
    "Service": ("v1", "services", True),
    "Namespace": ("v1", "namespaces", False),
    "Node": ("v1", "nodes", False),
    "ReplicationController": ("v1", "replicationcontrollers", True),
    "Deployment": ("apps/v1", "deployments", True),
    "StatefulSet": ("apps/v1", "statefulsets", True),
    "DaemonSet": ("apps/v1", "daemonsets", True),
    "ReplicaSet": ("apps/v1", "replicasets", True),
    "Job": ("batch/v1", "jobs", True),
    "CronJob": ("batch/v1", "cronjobs", True),
    "Role": ("rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings", True),
    "ClusterRole": ("rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets", True),
    "Lease": ("coordination.k8s.io/v1", "leases", True),
    "CustomResourceDefinition": ("apiextensions.k8s.io/v1", "customresourcedefinitions", False),
    "AzureIdentity": ("aadpodidentity.k8s.io/v1", "azureidentities", True),
    "AzureIdentityBinding": ("aadpodidentity.k8s.io/v1", "azureidentitybindings", True),
    "AzureAssignedIdentity": ("aadpodidentity.k8s.io/v1", "azureassignedidentities", True),
    "AzurePodIdentityException": ("aadpodidentity.k8s.io/v1", "azurepodidentityexceptions", True),
    "SecretProviderClass": ("secrets-store.csi.x-k8s.io/v1", "secretproviderclasses", True),
    "TriggerAuthentication": ("keda.sh/v1alpha1", "triggerauthentications", True),
    "ClusterTriggerAuthentication": ("keda.sh/v1alpha1", "clustertriggerauthentications", False),
    "MutatingWebhookConfiguration": (
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        False,
    ),
}
# Versions that no living API server takes any more, and what the same objects are called today.
_SUCCESSORS: Mapping[str, str] = {
    "apiextensions.k8s.io/v1beta1": "apiextensions.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1": "rbac.authorization.k8s.io/v1",
    "policy/v1beta1": "policy/v1",
    "apps/v1beta1": "apps/v1",
    "apps/v1beta2": "apps/v1",
    "extensions/v1beta1": "apps/v1",
}


class UnknownKind(KeyError):
    """A kind that has no fixed path; the message names it."""


def is_known(kind: str) -> bool:
    return kind in _KINDS


def is_namespaced(kind: str) -> bool:
    """Raises UnknownKind."""
    return _entry(kind)[2]


def collection(kind: str, namespace: Optional[str] = None, api_version: Optional[str] = None) -> str:
    """``/apis/apps/v1/namespaces/x/deployments``; without a namespace the list over all of them. Raises
    UnknownKind."""
    group_version, plural, namespaced = _entry(kind)
    if api_version:
        group_version = _SUCCESSORS.get(api_version, api_version)
    root = f"/api/{group_version}" if "/" not in group_version else f"/apis/{group_version}"
    if namespaced and namespace:
        return f"{root}/namespaces/{namespace}/{plural}"
    return f"{root}/{plural}"


def single(kind: str, namespace: str, name: str, api_version: Optional[str] = None) -> str:
    """The path of one object; ``namespace`` is ignored for cluster-wide kinds. Raises UnknownKind."""
    return f"{collection(kind, namespace, api_version)}/{name}"


def path_of(body: Mapping[str, Any], namespace: str = "default") -> str:
    """The path of an object by its own apiVersion, kind, namespace and name. Raises UnknownKind."""
    metadata = body.get("metadata") or {}
    return single(
        body["kind"], metadata.get("namespace") or namespace, metadata["name"], body.get("apiVersion")
    )


def _entry(kind: str) -> tuple[str, str, bool]:
    try:
        return _KINDS[kind]
    except KeyError:
        raise UnknownKind(kind) from None

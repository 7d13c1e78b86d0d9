# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What discovery lists: one paged list for each kind, and where in it a pod template lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .facts import ObjectRef, RawCluster
from .objects import Object, name, namespace


@dataclass(frozen=True)
class KindPath:
    plural: str  # key in RawCluster.objects: "pods", "deployments.apps"
    path: str  # of the list over all namespaces
    kind: str
    api_version: str
    optional: bool = False  # a kind that many clusters do not have

    def ref(self, obj: Object) -> ObjectRef:
        return ObjectRef(self.kind, namespace(obj), name(obj), self.api_version)


def _core(plural: str, kind: str) -> KindPath:
    return KindPath(plural, f"/api/v1/{plural}", kind, "v1")


def _group(plural: str, group: str, version: str, kind: str, optional: bool = False) -> KindPath:
    return KindPath(
        f"{plural}.{group}", f"/apis/{group}/{version}/{plural}", kind, f"{group}/{version}", optional
    )


def _pod_identity(plural: str, kind: str) -> KindPath:
    return _group(plural, "aadpodidentity.k8s.io", "v1", kind, True)


PODS = _core("pods", "Pod")
NAMESPACES = _core("namespaces", "Namespace")
SERVICE_ACCOUNTS = _core("serviceaccounts", "ServiceAccount")
SERVICES = _core("services", "Service")
REPLICATION_CONTROLLERS = _core("replicationcontrollers", "ReplicationController")
DEPLOYMENTS = _group("deployments", "apps", "v1", "Deployment")
STATEFUL_SETS = _group("statefulsets", "apps", "v1", "StatefulSet")
DAEMON_SETS = _group("daemonsets", "apps", "v1", "DaemonSet")
REPLICA_SETS = _group("replicasets", "apps", "v1", "ReplicaSet")
JOBS = _group("jobs", "batch", "v1", "Job")
CRON_JOBS = _group("cronjobs", "batch", "v1", "CronJob")
DISRUPTION_BUDGETS = _group("poddisruptionbudgets", "policy", "v1", "PodDisruptionBudget")
NETWORK_POLICIES = _group("networkpolicies", "networking.k8s.io", "v1", "NetworkPolicy")
ROLE_BINDINGS = _group("rolebindings", "rbac.authorization.k8s.io", "v1", "RoleBinding")
CLUSTER_ROLE_BINDINGS = _group("clusterrolebindings", "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding")
WEBHOOKS = _group(
    "mutatingwebhookconfigurations", "admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration"
)
AZURE_IDENTITIES = _pod_identity("azureidentities", "AzureIdentity")
BINDINGS = _pod_identity("azureidentitybindings", "AzureIdentityBinding")
ASSIGNED = _pod_identity("azureassignedidentities", "AzureAssignedIdentity")
EXCEPTIONS = _pod_identity("azurepodidentityexceptions", "AzurePodIdentityException")
SECRET_PROVIDER_CLASSES = _group(
    "secretproviderclasses", "secrets-store.csi.x-k8s.io", "v1", "SecretProviderClass", True
)
TRIGGER_AUTHENTICATIONS = _group(
    "triggerauthentications", "keda.sh", "v1alpha1", "TriggerAuthentication", True
)
CLUSTER_TRIGGER_AUTHENTICATIONS = _group(
    "clustertriggerauthentications", "keda.sh", "v1alpha1", "ClusterTriggerAuthentication", True
)
POD_MONITORS = _group("podmonitors", "monitoring.coreos.com", "v1", "PodMonitor", True)
SCALED_OBJECTS = _group("scaledobjects", "keda.sh", "v1alpha1", "ScaledObject", True)
CSI_DRIVERS = _group("csidrivers", "storage.k8s.io", "v1", "CSIDriver")
ARGO_APPLICATIONS = _group("applications", "argoproj.io", "v1alpha1", "Application", True)
AUTHORIZATION_POLICIES = _group(
    "authorizationpolicies", "security.istio.io", "v1beta1", "AuthorizationPolicy", True
)
KYVERNO_CLUSTER_POLICIES = _group("clusterpolicies", "kyverno.io", "v1", "ClusterPolicy", True)
KYVERNO_POLICIES = _group("policies", "kyverno.io", "v1", "Policy", True)
# Gatekeeper has one kind for each template: these are Azure Policy's and the library's against privileged containers.
GATEKEEPER_NO_PRIVILEGE = _group(
    "k8sazurev2noprivilege", "constraints.gatekeeper.sh", "v1beta1", "K8sAzureV2NoPrivilege", True
)
GATEKEEPER_PRIVILEGED = _group(
    "k8spspprivilegedcontainer", "constraints.gatekeeper.sh", "v1beta1", "K8sPSPPrivilegedContainer", True
)

POD_IDENTITY_KINDS: tuple[KindPath, ...] = (AZURE_IDENTITIES, BINDINGS, ASSIGNED, EXCEPTIONS)

KINDS: tuple[KindPath, ...] = (
    PODS,
    DEPLOYMENTS,
    REPLICA_SETS,
    *POD_IDENTITY_KINDS,
    STATEFUL_SETS,
    DAEMON_SETS,
    REPLICATION_CONTROLLERS,
    JOBS,
    CRON_JOBS,
    NAMESPACES,
    SERVICE_ACCOUNTS,
    SERVICES,
    DISRUPTION_BUDGETS,
    NETWORK_POLICIES,
    ROLE_BINDINGS,
    CLUSTER_ROLE_BINDINGS,
    WEBHOOKS,
    SECRET_PROVIDER_CLASSES,
    TRIGGER_AUTHENTICATIONS,
    CLUSTER_TRIGGER_AUTHENTICATIONS,
    POD_MONITORS,
    SCALED_OBJECTS,
    CSI_DRIVERS,
    ARGO_APPLICATIONS,
    AUTHORIZATION_POLICIES,
    KYVERNO_CLUSTER_POLICIES,
    KYVERNO_POLICIES,
    GATEKEEPER_NO_PRIVILEGE,
    GATEKEEPER_PRIVILEGED,
)

# Kinds that hold a pod template, in the order in which they are looked at.
TEMPLATE_KINDS: tuple[KindPath, ...] = (
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CRON_JOBS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    JOBS,
    PODS,
)

_POD_TEMPLATE = ("spec", "template")
_TEMPLATE_PATHS: Mapping[str, tuple[str, ...]] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


def template_path(kind: str) -> tuple[str, ...]:
    """Where an object of this kind keeps its pod template; empty for a Pod, which is its own."""
    return _TEMPLATE_PATHS.get(kind, _POD_TEMPLATE)


def listed(raw: RawCluster, kind: KindPath) -> tuple[Mapping[str, Any], ...]:
    """Objects of a kind, in a fixed order; none where the list could not be read."""
    return tuple(sorted(raw.objects.get(kind.plural, ()), key=lambda obj: (namespace(obj), name(obj))))

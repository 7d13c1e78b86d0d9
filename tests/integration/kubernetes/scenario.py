# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the Kubernetes side share: the cluster, and workloads on Pod Identity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.access import connect
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)
from lab.kubernetes.api_server import ApiServer
from lab.kubernetes.control_plane import ControlPlane

TENANT_ID = "99999999-8888-7777-6666-555555555555"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
SCALE_SET = (
    "/subscriptions/s/resourceGroups/mc/providers/Microsoft.Compute/virtualMachineScaleSets/aks-nodepool1"
)


@dataclass
class Cluster:
    """A running control plane, and how tests and the collection reach it."""

    control_plane: ControlPlane
    api: ApiServer

    def client(self, *, dry_run: bool = False) -> KubernetesClient:
        return connect({"kubeconfig": str(self.control_plane.kubeconfig)}, None, dry_run)


@dataclass
class TestAccess:
    """What ``reconcile`` functions get, with the Kubernetes side alone."""

    __test__ = False
    kubernetes: KubernetesClient
    azure: Any = None
    said: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)


def service_account(namespace: str, name: str, client_id: str = CLIENT_ID) -> dict[str, Any]:
    """An account that is annotated already."""
    marks = {"azure.workload.identity/client-id": client_id, "azure.workload.identity/tenant-id": TENANT_ID}
    metadata = {"namespace": namespace, "name": name, "annotations": marks}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def deployment(
    namespace: str,
    name: str,
    *,
    replicas: int = 1,
    kind: str = "Deployment",
    annotations: dict[str, str] | None = None,
    env: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """A workload on Pod Identity; ``annotations`` are the pod template's, which tell the lab how its pods
    behave."""
    container: dict[str, Any] = {"name": "app", "image": "registry.example/app:1"}
    if env:
        container["env"] = env
    template = {
        "metadata": {"labels": {"app": name, "aadpodidbinding": "team"}, "annotations": annotations or {}},
        "spec": {"containers": [container]},
    }
    if not annotations:
        del template["metadata"]["annotations"]
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": name}}, "template": template}
    if kind != "DaemonSet":
        spec["replicas"] = replicas
    if kind == "StatefulSet":
        spec["serviceName"] = name
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}


def cron_job(namespace: str, name: str) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": name, "aadpodidbinding": "team"}},
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "app", "image": "registry.example/app:1"}],
        },
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}},
    }

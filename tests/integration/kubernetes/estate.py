# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster behind the emulated Azure: real control plane, Resource Manager, Entra, and who signs in."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from integration.kubernetes.scenario import CLIENT_ID, TENANT_ID

from ansible_collections.aksops.workload_identity.plugins.module_utils._access import Access
from lab.azure.cluster_effects import KubernetesEffects
from lab.azure.seed import load_world
from lab.azure.server import RunningServer, serve
from lab.kubernetes.azure_environment import write_environment
from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.webhook import WebhookServer
from lab.toolchain import build

SUBSCRIPTION = "12121212-3434-5656-7878-909090909090"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-1"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/team"
NODES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/mc_rg"
SCALE_SET = f"{NODES}/providers/Microsoft.Compute/virtualMachineScaleSets/aks-nodepool1"
SECRET = "not-a-real-secret"
API = "2024-09-01"
OPERATOR = "abababab-0000-0000-0000-000000000001"


@dataclass
class Estate:
    azure: RunningServer
    control_plane: ControlPlane

    def options(self, **more: Any) -> dict[str, Any]:
        return {
            "subscription_id": SUBSCRIPTION,
            "tenant": TENANT_ID,
            "client_id": OPERATOR,
            "secret": SECRET,
            "cloud_environment": self.azure.url,
            "resource_group": "rg",
            "cluster_name": "aks-1",
            "admin": False,
            **more,
        }

    def access(self, check_mode: bool = False) -> Access:
        return Access(self.options(), check_mode, None)


@contextmanager
def running_estate() -> Iterator[Estate]:
    """Starts it, and ends it with the block."""
    home = Path(tempfile.mkdtemp(prefix="aksops-azure-"))
    tools = build()
    control_plane = ControlPlane("aks-1", home, tools)
    description = {
        "tenant_id": TENANT_ID,
        "dials": {"long_operation": 1, "propagation": 2},
        "subscriptions": [{"id": SUBSCRIPTION, "name": "lab", "features": "retired"}],
        "service_principals": [
            {
                "name": "automation",
                "client_id": OPERATOR,
                "object_id": "abababab-0000-0000-0000-000000000002",
                "secret": SECRET,
            }
        ],
        "role_assignments": [
            {
                "principal_id": "abababab-0000-0000-0000-000000000002",
                "role": "Owner",
                "scope": f"/subscriptions/{SUBSCRIPTION}",
            }
        ],
        "identities": [
            {
                "id": IDENTITY,
                "location": "westeurope",
                "client_id": CLIENT_ID,
                "principal_id": "cdcdcdcd-0000-0000-0000-000000000001",
            }
        ],
        "scale_sets": [{"id": SCALE_SET, "location": "westeurope", "identities": []}],
        "clusters": [
            {
                "id": CLUSTER,
                "location": "westeurope",
                "kubernetes_version": "1.36.3",
                "node_resource_group": "mc_rg",
                "scale_sets": [SCALE_SET],
                "control_plane": {"name": "aks-1", "version": "1.36.3"},
            }
        ],
    }

    def effects(url: str) -> KubernetesEffects:
        return KubernetesEffects(home, tools, write_environment(home / "env.json", url, url))

    patch = pytest.MonkeyPatch()
    try:
        control_plane.create()
        with serve(load_world(description), home / "azure", effects_for=effects) as azure:
            patch.setenv("REQUESTS_CA_BUNDLE", str(azure.ca))
            yield Estate(azure, control_plane)
    finally:
        patch.undo()
        WebhookServer(home, tools).stop()
        control_plane.delete()
        shutil.rmtree(home)


def updated(estate: Estate, properties: dict[str, Any]) -> dict[str, Any]:
    """Changes the cluster as az does it, and waits for it."""
    session = estate.access().azure
    body = session.get(CLUSTER, API)
    body["properties"].update(properties)
    session.put(CLUSTER, body, API)
    while True:
        cluster: dict[str, Any] = session.get(CLUSTER, API)
        if cluster["properties"]["provisioningState"] == "Succeeded":
            return cluster

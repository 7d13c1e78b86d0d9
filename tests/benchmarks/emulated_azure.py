# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated Azure with any number of clusters that exist in memory only: the Azure side and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.azure.seed import load_world
from lab.azure.server import RunningServer, serve

TENANT = "5f0a3c1e-0000-4000-8000-000000000001"
SUBSCRIPTION = "5f0a3c1e-0000-4000-8000-000000000002"
CLIENT_ID = "5f0a3c1e-0000-4000-8000-000000000003"
OBJECT_ID = "5f0a3c1e-0000-4000-8000-000000000004"
SECRET = "not-a-secret-of-anything"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-bench"
LONG_OPERATION_SECONDS = 10.0


@dataclass(frozen=True)
class EmulatedAzure:
    server: RunningServer

    @property
    def environment(self) -> dict[str, str]:
        """What any client needs to work with it."""
        return {
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "AZURE_TENANT": TENANT,
            "AZURE_CLIENT_ID": CLIENT_ID,
            "AZURE_SECRET": SECRET,
            "AZURE_CLOUD_ENVIRONMENT": self.server.url,
            "REQUESTS_CA_BUNDLE": str(self.server.ca),
        }

    def requests(self) -> int:
        return len(self.server.exchanges.read())


@contextmanager
def emulated_azure(folder: Path, clusters: int) -> Iterator[EmulatedAzure]:
    folder.mkdir(parents=True, exist_ok=True)
    with serve(load_world(_world(clusters)), folder) as server:
        yield EmulatedAzure(server)


def cluster_name(index: int) -> str:
    return f"aks-{index:03}"


def _world(clusters: int) -> dict[str, Any]:
    return {
        "tenant_id": TENANT,
        "dials": {
            "long_operation": LONG_OPERATION_SECONDS,
            "feature_registration": 2,
            "provider_registration": 1,
        },
        "subscriptions": [{"id": SUBSCRIPTION, "name": "bench", "features": "required"}],
        "resource_groups": [{"id": GROUP, "location": "westeurope"}],
        "service_principals": [
            {"name": "bench", "client_id": CLIENT_ID, "object_id": OBJECT_ID, "secret": SECRET}
        ],
        "role_assignments": [
            {"principal_id": OBJECT_ID, "role": "Owner", "scope": f"/subscriptions/{SUBSCRIPTION}"}
        ],
        "clusters": [
            {
                "id": f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/{cluster_name(index)}",
                "location": "westeurope",
                "kubernetes_version": "1.34.4",
                "node_resource_group": f"MC_rg-bench_{cluster_name(index)}_westeurope",
                "control_plane": {"name": cluster_name(index), "version": "1.34.4"},
            }
            for index in range(clusters)
        ],
    }

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small emulated Azure for each test, reached over TLS, and a caller signed in to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.azure.memory_effects import MemoryEffects
from lab.azure.seed import load_world
from lab.azure.server import RunningServer, serve

TENANT = "3e5cbf2c-6b0f-4c6d-9d5e-1f6b8a0c7a11"
SUBSCRIPTION = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a1001"
RETIRED = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a1002"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-a"
OLD_CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-old"
RETIRED_CLUSTER = (
    f"/subscriptions/{RETIRED}/resourceGroups/rg-b/providers/Microsoft.ContainerService/managedClusters/aks-b"
)
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a"
FAR_IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-far"
SCALE_SET = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MC_rg-a_aks-a_westeurope"
    "/providers/Microsoft.Compute/virtualMachineScaleSets/aks-nodepool1-vmss"
)
OWNER, READER, OPERATOR = "owner", "reader", "operator"
CLIENT_ID = "57b226e4-ff09-4a1f-a7cf-16e512bf82c8"
API_VERSIONS = {
    "Microsoft.ContainerService": "2026-05-01",
    "Microsoft.ManagedIdentity": "2024-11-30",
    "Microsoft.Compute": "2019-12-01",
    "Microsoft.Authorization": "2022-04-01",
    "Microsoft.Features": "2021-07-01",
}
LONG_OPERATION_SECONDS = 0.15
SPEED = 20.0


def client_id_of(name: str) -> str:
    return f"00000000-0000-0000-0001-{name.encode().hex():0>12.12}"


def object_id_of(name: str) -> str:
    return f"00000000-0000-0000-0002-{name.encode().hex():0>12.12}"


def secret_of(name: str) -> str:
    return f"secret~of~{name}"


def description() -> dict[str, Any]:
    plane = {"name": "aks-a", "version": "1.36.3"}
    return {
        "tenant_id": TENANT,
        "dials": {
            "long_operation": LONG_OPERATION_SECONDS * SPEED,
            "feature_registration": 0.1 * SPEED,
            "provider_registration": 0.1 * SPEED,
            "propagation": 0,
        },
        "regions_without_federation": ["malaysiasouth"],
        "subscriptions": [
            {
                "id": SUBSCRIPTION,
                "registered_features": [
                    "EnableOIDCIssuerPreview",
                    "EnableWorkloadIdentityPreview",
                    "EnablePodIdentityPreview",
                ],
                "approval_features": ["ApprovalNeededPreview"],
            },
            {"id": RETIRED, "features": "retired"},
        ],
        "service_principals": [
            {
                "name": name,
                "client_id": client_id_of(name),
                "object_id": object_id_of(name),
                "secret": secret_of(name),
            }
            for name in (OWNER, READER, OPERATOR)
        ],
        "role_assignments": [
            *(
                {"principal_id": object_id_of(name), "role": role, "scope": f"/subscriptions/{SUBSCRIPTION}"}
                for name, role in (
                    (OWNER, "Owner"),
                    (READER, "Reader"),
                    (OPERATOR, "Virtual Machine Contributor"),
                )
            ),
            {"principal_id": object_id_of(OWNER), "role": "Owner", "scope": f"/subscriptions/{RETIRED}"},
        ],
        "identities": [
            {"id": IDENTITY, "location": "westeurope", "client_id": CLIENT_ID},
            {"id": FAR_IDENTITY, "location": "malaysiasouth"},
        ],
        "scale_sets": [{"id": SCALE_SET, "location": "westeurope"}],
        "clusters": [
            {"id": CLUSTER, "location": "westeurope", "kubernetes_version": "1.36.3", "control_plane": plane},
            {"id": OLD_CLUSTER, "location": "westeurope", "kubernetes_version": "1.23.8"},
            {"id": RETIRED_CLUSTER, "location": "westeurope", "kubernetes_version": "1.36.3"},
        ],
    }


@dataclass
class Caller:
    """Asks Resource Manager as one of the world's service principals."""

    azure: RunningServer
    name: str = OWNER
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.verify = str(self.azure.ca)
        self.session.trust_env = False

    def sign_in(self, **form: str) -> requests.Response:
        """A token request with the caller's secret; ``form`` overrides."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": client_id_of(self.name),
            "client_secret": secret_of(self.name),
            "scope": f"{self.azure.url}/.default",
            **form,
        }
        given = {name: value for name, value in fields.items() if value}
        return self.session.post(f"{self.azure.url}/{TENANT}/oauth2/v2.0/token", data=given)

    def token(self) -> str:
        answer = self.sign_in()
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, **query: str
    ) -> requests.Response:
        if "Authorization" not in self.session.headers:
            self.session.headers["Authorization"] = f"Bearer {self.token()}"
        namespace = path.rsplit("/providers/", 1)[-1].split("/")[0]
        version = API_VERSIONS.get(namespace, "2021-04-01")
        return self.session.request(
            method,
            path if path.startswith("https") else self.azure.url + path,
            params=None if path.startswith("https") else {"api-version": version, **query},
            json=body,
            headers=headers,
        )

    def get(self, path: str, **query: str) -> requests.Response:
        return self.ask("GET", path, None, None, **query)

    def put(self, path: str, body: object, headers: dict[str, str] | None = None) -> requests.Response:
        return self.ask("PUT", path, body, headers)

    def cluster(self, path: str = CLUSTER) -> dict[str, Any]:
        answer = self.get(path)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def update(self, properties: dict[str, Any], path: str = CLUSTER) -> requests.Response:
        return self.put(path, {"location": "westeurope", "properties": properties})

    def finish(self, path: str = CLUSTER) -> dict[str, Any]:
        """Waits until nothing goes on at a cluster."""
        wait_for(
            lambda: (
                self.cluster(path)["properties"]["provisioningState"] in ("Succeeded", "Failed", "Canceled")
            )
        )
        return self.cluster(path)


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def error_of(answer: requests.Response) -> tuple[int, str]:
    """Status and code; the envelope has to be Resource Manager's."""
    error = answer.json()["error"]
    assert isinstance(error["message"], str)
    assert error["message"]
    return answer.status_code, error["code"]


@pytest.fixture
def effects() -> MemoryEffects:
    return MemoryEffects()


@pytest.fixture
def azure(tmp_path: Path, effects: MemoryEffects) -> Iterator[RunningServer]:
    with serve(load_world(description()), tmp_path, effects, speed=SPEED) as running:
        yield running


@pytest.fixture
def owner(azure: RunningServer) -> Caller:
    return Caller(azure)

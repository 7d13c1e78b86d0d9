# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules of the Azure side in this process, against an emulated Azure of each test's own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.session import (
    AzureSession,
    open_session,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._outcome import outcome
from lab.azure.seed import load_world
from lab.azure.server import RunningServer, serve

TENANT = "3e5cbf2c-6b0f-4c6d-9d5e-1f6b8a0c7a11"
SUBSCRIPTION = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a1001"
CLIENT_ID = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a2001"
OBJECT_ID = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a3001"
SECRET = "the~secret~of~the~caller"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a"
SPEED = 20.0
_MODULES = "ansible_collections.aksops.workload_identity.plugins.modules"
# What a name says about the surroundings must not reach the tests.
_VARIABLES = (
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_TENANT",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_SECRET",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLOUD_ENVIRONMENT",
)


def cluster_id(name: str) -> str:
    return f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/{name}"


def identity_id(name: str) -> str:
    return f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"


@dataclass
class Caller:
    """Runs modules as the service principal of the test's world."""

    azure: RunningServer
    said: list[str] = field(default_factory=list)

    def options(self, **options: Any) -> dict[str, Any]:
        return {
            "subscription_id": SUBSCRIPTION,
            "tenant": TENANT,
            "client_id": CLIENT_ID,
            "secret": SECRET,
            "cloud_environment": self.azure.url,
            **options,
        }

    def session(self) -> AzureSession:
        return open_session(self.options())

    def run(self, module: str, *, check: bool = False, **options: Any) -> dict[str, Any]:
        """The result of a module, failed or not, with its diff."""
        code = importlib.import_module(f"{_MODULES}.{module}")
        validated = ArgumentSpecValidator(code.SPEC.argument_spec(), **code.SPEC.rules()).validate(
            self.options(**options)
        )
        assert validated.error_messages == []
        return outcome(code.reconcile, validated.validated_parameters, check, True, self.said.append)

    def succeed(self, module: str, *, check: bool = False, **options: Any) -> dict[str, Any]:
        result = self.run(module, check=check, **options)
        assert not result.get("failed"), result["msg"]
        return result

    def fail(self, module: str, *, check: bool = False, **options: Any) -> dict[str, Any]:
        result = self.run(module, check=check, **options)
        assert result.get("failed"), result
        assert SECRET not in str(result)
        return result

    def exchanges(self, *methods: str) -> list[Mapping[str, Any]]:
        """What Resource Manager was asked so far with these methods; tokens left out."""
        return [
            item
            for item in self.azure.exchanges.read()
            if item["method"] in methods and "/oauth2/" not in item["url"]
        ]

    def body(self, name: str) -> dict[str, Any]:
        """The cluster as Azure has it."""
        return self.session().get(cluster_id(name), "2024-09-01")


Start = Callable[..., Caller]


def _description(extra: Mapping[str, Any]) -> dict[str, Any]:
    base: dict[str, Any] = {
        "tenant_id": TENANT,
        "dials": {
            "long_operation": 0.3 * SPEED,
            "feature_registration": 0.2 * SPEED,
            "provider_registration": 0.2 * SPEED,
            "propagation": 0,
        },
        "subscriptions": [{"id": SUBSCRIPTION, "features": "retired"}],
        "service_principals": [
            {"name": "caller", "client_id": CLIENT_ID, "object_id": OBJECT_ID, "secret": SECRET}
        ],
        "role_assignments": [
            {"principal_id": OBJECT_ID, "role": "Owner", "scope": f"/subscriptions/{SUBSCRIPTION}"}
        ],
    }
    base["dials"].update(extra.get("dials", {}))
    return {**base, **{key: value for key, value in extra.items() if key != "dials"}}


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """``start(clusters=[...], ...)``: an emulated Azure with this in its world, and a caller signed in to it."""
    for variable in _VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    with ExitStack() as servers:

        def begin(**world: Any) -> Caller:
            azure = servers.enter_context(serve(load_world(_description(world)), tmp_path, speed=SPEED))
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azure.ca))
            return Caller(azure)

        yield begin


def cluster(name: str = "aks-1", version: str = "1.31.2", **entry: Any) -> dict[str, Any]:
    return {"id": cluster_id(name), "location": "westeurope", "kubernetes_version": version, **entry}

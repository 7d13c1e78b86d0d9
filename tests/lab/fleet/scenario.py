# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet consists of, as plain records; ``clusters.py`` says which."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

TENANT = "3e5cbf2c-6b0f-4c6d-9d5e-1f6b8a0c7a11"
SUBSCRIPTION_APPS = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a1001"
SUBSCRIPTION_WEB = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a1002"
LOCATION = "westeurope"
# Answers 405 to federated credentials, as some regions do.
LOCATION_WITHOUT_FEDERATION = "malaysiasouth"

_IDS = uuid.UUID("5b0f6c3a-7d64-4a7b-9a57-0d5b8c1f2e90")


def stable_id(*parts: str) -> str:
    """A UUID that is the same for the same parts in every lab."""
    return str(uuid.uuid5(_IDS, "/".join(parts)))


@dataclass(frozen=True)
class RoleGrant:
    """A role assignment: built-in role by name, at a scope (resource ID)."""

    role: str
    scope: str


@dataclass(frozen=True)
class Identity:
    """A user-assigned identity and what it may do."""

    name: str
    subscription_id: str
    resource_group: str
    location: str = LOCATION
    grants: tuple[RoleGrant, ...] = ()

    @property
    def id(self) -> str:
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{self.name}"
        )

    @property
    def client_id(self) -> str:
        return stable_id("client", self.id)

    @property
    def principal_id(self) -> str:
        return stable_id("principal", self.id)


@dataclass(frozen=True)
class Application:
    """A workload whose pods ask for tokens of one identity.

    Attributes:
        asks: ``sdk`` - through DefaultAzureCredential; ``metadata`` - only through instance metadata, as code
            with an SDK from before Workload Identity does, so that it needs the proxy sidecar.
        manifest: the object as it is applied.
        template_path: where its pod template lies.
    """

    kind: str
    namespace: str
    name: str
    identity: Identity
    manifest: dict[str, Any]
    asks: Literal["sdk", "metadata"] = "sdk"

    @property
    def key(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def template(self) -> dict[str, Any]:
        """The pod template of the manifest."""
        return template_of(self.manifest)


@dataclass(frozen=True)
class Cluster:
    """One AKS cluster. ``installation``: how Pod Identity got there (``none``: it did not)."""

    name: str
    subscription_id: str
    resource_group: str
    installation: Literal["helm", "manifests", "addon", "none"]
    version: str
    identities: tuple[Identity, ...] = ()
    applications: tuple[Application, ...] = ()
    manifests: tuple[
        dict[str, Any], ...
    ] = ()  # all else: namespaces, accounts, identities, bindings, bystanders
    profile: tuple[dict[str, Any], ...] = ()  # userAssignedIdentities of the add-on's ARM profile
    location: str = LOCATION
    node_count: int = 2

    @property
    def id(self) -> str:
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.ContainerService/managedClusters/{self.name}"
        )

    @property
    def node_resource_group(self) -> str:
        return f"MC_{self.resource_group}_{self.name}_{self.location}"

    @property
    def scale_set(self) -> str:
        return f"aks-nodepool1-{int(stable_id('scale set', self.id)[:7], 16) % 10**8:08d}-vmss"

    @property
    def scale_set_id(self) -> str:
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.node_resource_group}"
            f"/providers/Microsoft.Compute/virtualMachineScaleSets/{self.scale_set}"
        )


def template_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """The pod template of a workload object of any kind."""
    spec = manifest["spec"]
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return dict(spec["template"])

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the emulated Azure. Whoever reads or writes it holds ``World.lock``."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from lab.azure.dials import Dials
from lab.azure.effects import ControlPlaneName
from lab.azure.ids import ResourceName, key, within
from lab.azure.messages import Json
from lab.azure.role_definitions import BUILT_IN_ROLES, RoleDefinition

CONTAINER_SERVICE = "Microsoft.ContainerService"
_Thing = TypeVar("_Thing")


@dataclass
class Feature:
    """A preview feature of a subscription. ``next_state`` is reached at the emulated moment ``due``."""

    namespace: str
    name: str
    state: str = "NotRegistered"
    next_state: str = ""
    due: float = 0.0
    needs_approval: bool = False


@dataclass
class Provider:
    """A resource provider of a subscription. ``features``: those in effect, in lower case."""

    namespace: str
    state: str = "Registered"
    next_state: str = ""
    due: float = 0.0
    features: frozenset[str] = frozenset()
    coming: frozenset[str] = frozenset()


@dataclass
class Subscription:
    """``gates``: the features that this subscription has to have before the properties can be set."""

    id: str
    name: str
    tenant_id: str
    gates: bool = True
    features: dict[str, Feature] = field(default_factory=dict)  # by "namespace/name" in lower case
    providers: dict[str, Provider] = field(default_factory=dict)  # by namespace in lower case


@dataclass
class Principal:
    """Who can sign in: an application's service principal, or a managed identity (then ``resource_id`` is set)."""

    object_id: str
    client_id: str
    name: str
    secret: str = ""
    resource_id: str = ""
    known_from: float = 0.0  # emulated moment


@dataclass
class Cluster:
    """``body`` is the ARM resource. ``control_plane``: None when there is no cluster behind it."""

    body: Json
    control_plane: ControlPlaneName | None
    operation: str = ""  # id of the one that runs

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def properties(self) -> Json:
        properties: Json = self.body["properties"]
        return properties


@dataclass
class FederatedCredential:
    body: Json
    effective_from: float = 0.0  # emulated moment
    flaps: int = 0
    proved: bool = False


@dataclass
class Identity:
    """``writing``: a federated credential is being written or deleted."""

    body: Json
    credentials: dict[str, FederatedCredential] = field(default_factory=dict)  # by name in lower case
    writing: bool = False

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def client_id(self) -> str:
        return str(self.body["properties"]["clientId"])

    @property
    def principal_id(self) -> str:
        return str(self.body["properties"]["principalId"])


@dataclass
class World:
    """Everything. Dictionaries are keyed by resource IDs in lower case unless they say otherwise."""

    tenant_id: str
    dials: Dials = field(default_factory=Dials)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    regions_without_federation: set[str] = field(default_factory=set)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    resource_groups: dict[str, Json] = field(default_factory=dict)
    principals: dict[str, Principal] = field(default_factory=dict)  # by object ID
    role_definitions: dict[str, RoleDefinition] = field(
        default_factory=lambda: {role.id: role for role in BUILT_IN_ROLES}
    )
    role_assignments: dict[str, Json] = field(default_factory=dict)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    scale_sets: dict[str, Json] = field(default_factory=dict)

    def principal_of_client(self, client_id: str) -> Principal | None:
        for principal in self.principals.values():
            if principal.client_id.lower() == client_id.lower():
                return principal
        return None

    def identity_of_client(self, client_id: str) -> Identity | None:
        for identity in self.identities.values():
            if identity.client_id.lower() == client_id.lower():
                return identity
        return None

    def add_identity(self, body: Json, known_from: float = 0.0) -> Identity:
        """Adds an identity with its service principal."""
        identity = Identity(body)
        self.identities[key(identity.id)] = identity
        self.principals[identity.principal_id.lower()] = Principal(
            identity.principal_id,
            identity.client_id,
            str(body["name"]),
            resource_id=identity.id,
            known_from=known_from,
        )
        return identity

    def remove_identity(self, resource_id: str) -> None:
        """Role assignments of its principal stay, as in Azure."""
        identity = self.identities.pop(key(resource_id))
        self.principals.pop(identity.principal_id.lower(), None)

    def ensure_group(self, resource_id: str, location: str) -> Json:
        """The resource group, made when it is missing."""
        found = self.resource_groups.get(key(resource_id))
        if found is None:
            found = {
                "id": resource_id,
                "name": resource_id.rsplit("/", 1)[1],
                "type": "Microsoft.Resources/resourceGroups",
                "location": location,
                "tags": {},
                "properties": {"provisioningState": "Succeeded"},
            }
            self.resource_groups[key(resource_id)] = found
        return found

    def cluster_of_issuer(self, url: str) -> Cluster | None:
        """The cluster whose enabled issuer has exactly this URL."""
        for cluster in self.clusters.values():
            profile = cluster.properties.get("oidcIssuerProfile") or {}
            if profile.get("enabled") and profile.get("issuerURL") == url:
                return cluster
        return None

    def scale_sets_of(self, cluster: Cluster) -> list[Json]:
        """The scale sets in the node resource group of a cluster."""
        subscription = ResourceName.of(cluster.id).subscription
        group = f"/subscriptions/{subscription}/resourceGroups/{cluster.properties['nodeResourceGroup']}"
        return [body for body in self.scale_sets.values() if within(group, body["id"])]


def below(things: dict[str, _Thing], scope: str) -> Iterator[_Thing]:
    """Those whose IDs lie below a scope, ordered by ID."""
    for resource_id in sorted(things):
        if within(scope, resource_id):
            yield things[resource_id]


def new_etag() -> str:
    return str(uuid.uuid4())

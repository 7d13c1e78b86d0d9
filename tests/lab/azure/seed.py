# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A world from its JSON description, at the start and later.

Shape (all lists may be missing)::

    {"tenant_id": guid, "dials": {...}, "regions_without_federation": [location],
     "subscriptions": [{"id", "name"?, "features"?: "required"|"retired", "registered_features"?: [name],
                        "approval_features"?: [name], "providers"?: {namespace: state}}],
     "resource_groups": [{"id", "location"}],
     "service_principals": [{"name", "client_id", "object_id", "secret"}],
     "role_definitions": [{"id", "name", "actions", "not_actions"?, "data_actions"?, "not_data_actions"?}],
     "role_assignments": [{"principal_id", "role": name or GUID, "scope", "condition"?}],
     "identities": [{"id", "location", "client_id"?, "principal_id"?, "tags"?,
                     "federated_credentials"?: [{"name", "issuer", "subject", "audiences"}]}],
     "scale_sets": [{"id", "location", "identities"?: [identity ID]}],
     "clusters": [{"id", "location", "kubernetes_version", "control_plane"?: {"name", "version"}, "tags"?,
                   "node_resource_group"?, "scale_sets"?: [ID], "identity"?, "properties"?: over the usual ones}]}

``features: required`` (the default) means that the issuer, workload identity and Pod Identity need their preview
features; ``retired`` that these features are not known any more and nothing needs them.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from lab.azure.cluster_bodies import cluster_body
from lab.azure.effects import ControlPlaneName
from lab.azure.ids import ResourceName, key
from lab.azure.messages import Json
from lab.azure.role_definitions import RoleDefinition, definition_id
from lab.azure.world import (
    CONTAINER_SERVICE,
    Cluster,
    Feature,
    FederatedCredential,
    Principal,
    Provider,
    Subscription,
    World,
)

GATED_FEATURES = ("EnableOIDCIssuerPreview", "EnableWorkloadIdentityPreview", "EnablePodIdentityPreview")
OTHER_FEATURES = ("AutoUpgradePreview", "EnableFIPSPreview", "NodeOsUpgradeChannelPreview")
PROVIDERS = (
    CONTAINER_SERVICE,
    "Microsoft.ManagedIdentity",
    "Microsoft.Compute",
    "Microsoft.Authorization",
    "Microsoft.Features",
    "Microsoft.Resources",
)


def load_world(description: Mapping[str, Any]) -> World:
    world = World(str(description["tenant_id"]))
    add_to(world, description)
    return world


def add_to(world: World, description: Mapping[str, Any]) -> None:
    """Adds what the description names; things with the same ID are replaced."""
    with world.lock:
        world.dials = world.dials.turned(dict(description.get("dials", {})))
        world.regions_without_federation |= set(description.get("regions_without_federation", ()))
        for entry in description.get("subscriptions", ()):
            _add_subscription(world, entry)
        for entry in description.get("resource_groups", ()):
            world.ensure_group(entry["id"], entry["location"])["tags"].update(entry.get("tags", {}))
        for entry in description.get("service_principals", ()):
            world.principals[entry["object_id"].lower()] = Principal(
                entry["object_id"], entry["client_id"], entry["name"], entry.get("secret", "")
            )
        for entry in description.get("role_definitions", ()):
            _add_role_definition(world, entry)
        for entry in description.get("identities", ()):
            _add_identity(world, entry)
        for entry in description.get("scale_sets", ()):
            _add_scale_set(world, entry)
        for entry in description.get("clusters", ()):
            _add_cluster(world, entry)
        for entry in description.get("role_assignments", ()):
            _add_role_assignment(world, entry)


def _add_subscription(world: World, entry: Mapping[str, Any]) -> None:
    subscription = Subscription(
        entry["id"],
        entry.get("name", entry["id"]),
        entry.get("tenant_id", world.tenant_id),
        entry.get("features", "required") == "required",
    )
    registered = frozenset(name.lower() for name in entry.get("registered_features", ()))
    approval = {name.lower() for name in entry.get("approval_features", ())}
    names = [*(GATED_FEATURES if subscription.gates else ()), *OTHER_FEATURES]
    names += [name for name in entry.get("approval_features", ()) if name not in names]
    for name in names:
        feature = Feature(CONTAINER_SERVICE, name, needs_approval=name.lower() in approval)
        if name.lower() in registered:
            feature.state = "Registered"
        subscription.features[f"{CONTAINER_SERVICE}/{name}".lower()] = feature
    for namespace in PROVIDERS:
        subscription.providers[namespace.lower()] = Provider(namespace)
    for namespace, state in entry.get("providers", {}).items():
        subscription.providers[namespace.lower()] = Provider(namespace, state)
    subscription.providers[CONTAINER_SERVICE.lower()].features = registered
    world.subscriptions[entry["id"].lower()] = subscription


def _add_role_definition(world: World, entry: Mapping[str, Any]) -> None:
    world.role_definitions[entry["id"].lower()] = RoleDefinition(
        entry["id"].lower(),
        entry["name"],
        tuple(entry.get("actions", ())),
        tuple(entry.get("not_actions", ())),
        tuple(entry.get("data_actions", ())),
        tuple(entry.get("not_data_actions", ())),
        built_in=False,
        scopes=tuple(
            entry.get("scopes", [f"/subscriptions/{one.id}" for one in world.subscriptions.values()])
        ),
    )


def _add_identity(world: World, entry: Mapping[str, Any]) -> None:
    name = ResourceName.of(entry["id"])
    world.ensure_group(name.group_id, entry["location"])
    identity = world.add_identity(
        identity_body(
            entry["id"],
            entry["location"],
            world.tenant_id,
            client_id=entry.get("client_id"),
            principal_id=entry.get("principal_id"),
            tags=entry.get("tags", {}),
        )
    )
    for credential in entry.get("federated_credentials", ()):
        identity.credentials[credential["name"].lower()] = FederatedCredential(
            credential_body(identity.id, credential["name"], credential)
        )


def identity_body(
    resource_id: str,
    location: str,
    tenant_id: str,
    *,
    client_id: str | None = None,
    principal_id: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Json:
    """An identity as the service shows it (``resourcegroups`` in lower case)."""
    name = ResourceName.of(resource_id)
    return {
        "id": (
            f"/subscriptions/{name.subscription}/resourcegroups/{name.group}"
            f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name.name}"
        ),
        "name": name.name,
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "location": location,
        "tags": dict(tags or {}),
        "properties": {
            "tenantId": tenant_id,
            "principalId": principal_id or str(uuid.uuid4()),
            "clientId": client_id or str(uuid.uuid4()),
        },
    }


def credential_body(identity_id: str, name: str, properties: Mapping[str, Any]) -> Json:
    """A federated credential as the service shows it."""
    return {
        "id": f"{identity_id}/federatedIdentityCredentials/{name}",
        "name": name,
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        "properties": {
            "issuer": properties["issuer"],
            "subject": properties["subject"],
            "audiences": list(properties["audiences"]),
        },
    }


def _add_scale_set(world: World, entry: Mapping[str, Any]) -> None:
    name = ResourceName.of(entry["id"])
    world.ensure_group(name.group_id, entry["location"])
    body: Json = {
        "id": entry["id"],
        "name": name.name,
        "type": "Microsoft.Compute/virtualMachineScaleSets",
        "location": entry["location"],
        "tags": dict(entry.get("tags", {})),
        "sku": {"name": "Standard_D4s_v5", "tier": "Standard", "capacity": entry.get("capacity", 2)},
        "properties": {
            "provisioningState": "Succeeded",
            "orchestrationMode": "Uniform",
            "overprovision": False,
            "upgradePolicy": {"mode": "Manual"},
            "uniqueId": str(uuid.uuid5(uuid.NAMESPACE_URL, key(entry["id"]))),
        },
    }
    if entry.get("identities"):
        body["identity"] = {
            "type": "UserAssigned",
            "userAssignedIdentities": {
                identity: _ids_of(world, identity) for identity in entry["identities"]
            },
        }
    world.scale_sets[key(entry["id"])] = body


def _ids_of(world: World, identity_id: str) -> Json:
    identity = world.identities[key(identity_id)]
    return {"principalId": identity.principal_id, "clientId": identity.client_id}


def _add_cluster(world: World, entry: Mapping[str, Any]) -> None:
    name = ResourceName.of(entry["id"])
    world.ensure_group(name.group_id, entry["location"])
    body = cluster_body(entry, world.tenant_id)
    group = f"/subscriptions/{name.subscription}/resourceGroups/{body['properties']['nodeResourceGroup']}"
    world.ensure_group(group, entry["location"])
    for scale_set in entry.get("scale_sets", ()):
        if key(scale_set) not in world.scale_sets:
            _add_scale_set(world, {"id": scale_set, "location": entry["location"]})
    plane = entry.get("control_plane")
    world.clusters[key(entry["id"])] = Cluster(
        body, ControlPlaneName(plane["name"], plane["version"]) if plane else None
    )


def _add_role_assignment(world: World, entry: Mapping[str, Any]) -> None:
    role = str(entry["role"])
    definitions = [
        one for one in world.role_definitions.values() if role.lower() in (one.id, one.name.lower())
    ]
    if not definitions:
        raise ValueError(f"no role definition {role!r}")
    scope = "/" + str(entry["scope"]).strip("/")
    name = entry.get("name") or str(
        uuid.uuid5(uuid.NAMESPACE_URL, f"{entry['principal_id']}|{definitions[0].id}|{key(scope)}")
    )
    body = assignment_body(
        scope,
        name,
        {
            "roleDefinitionId": definition_id(scope, definitions[0].id),
            "principalId": entry["principal_id"],
            "principalType": "ServicePrincipal",
            "condition": entry.get("condition"),
            "conditionVersion": "2.0" if entry.get("condition") else None,
        },
    )
    world.role_assignments[key(body["id"])] = body


def assignment_body(scope: str, name: str, properties: Mapping[str, Any]) -> Json:
    """A role assignment as the service shows it."""
    prefix = "" if scope == "/" else scope
    return {
        "properties": {"scope": scope, **properties},
        "id": f"{prefix}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "type": "Microsoft.Authorization/roleAssignments",
        "name": name,
    }

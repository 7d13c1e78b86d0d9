# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every class of requests that a migration sends to Azure, and the step that sends it."""

from __future__ import annotations

from dataclasses import dataclass

from .conftest import GROUP, SUBSCRIPTION, identity_id
from .migration_steps import FEATURE, NODES


@dataclass(frozen=True)
class Call:
    """One class of requests. ``resource``: what a failure has to name."""

    name: str
    step: str
    method: str
    url: str
    resource: str
    skip: int = 0


_CLUSTER = r"/managedClusters/aks-1\?"
_IDENTITY = r"/userAssignedIdentities/{}\?"
_FIC = "/federatedIdentityCredentials"
CALLS = (
    Call("feature GET", "features", "GET", f"/features/{FEATURE}", FEATURE),
    Call("feature register", "features", "POST", f"/features/{FEATURE}/register", FEATURE),
    Call(
        "provider GET",
        "features",
        "GET",
        r"/providers/Microsoft.ContainerService\?",
        "Microsoft.ContainerService",
    ),
    Call(
        "provider register",
        "features",
        "POST",
        "/Microsoft.ContainerService/register",
        "Microsoft.ContainerService",
    ),
    Call("cluster GET", "issuer", "GET", _CLUSTER, "aks-1"),
    Call("cluster PUT", "issuer", "PUT", _CLUSTER, "aks-1"),
    Call("cluster poll", "issuer", "GET", _CLUSTER, "aks-1", skip=1),
    Call("identity GET", "identities", "GET", _IDENTITY.format("new"), identity_id("new")),
    Call("identity PUT", "identities", "PUT", _IDENTITY.format("new"), identity_id("new")),
    Call("identity PATCH", "identities", "PATCH", _IDENTITY.format("app"), identity_id("app")),
    Call("subscriptions GET", "roles", "GET", r"/subscriptions\?", "/subscriptions"),
    Call("assignment list", "roles", "GET", "/roleAssignments", f"/subscriptions/{SUBSCRIPTION}"),
    Call("assignment PUT", "roles", "PUT", "/roleAssignments/", GROUP),
    Call("credential list", "credentials", "GET", _FIC, identity_id("")),
    Call("credential PUT", "credentials", "PUT", f"/app{_FIC}/", identity_id("app")),
    Call("credential DELETE", "removal", "DELETE", f"/app{_FIC}/", identity_id("app")),
    Call("side cluster", "side", "GET", _CLUSTER, "aks-1"),
    Call("side identity", "side", "GET", _IDENTITY.format("app"), identity_id("app")),
    Call("side credentials", "side", "GET", _FIC, identity_id("app")),
    Call("side scale sets", "side", "GET", "/virtualMachineScaleSets", NODES),
    Call(
        "permissions", "permissions", "GET", "/providers/Microsoft.Authorization/permissions", "permissions"
    ),
    Call("cluster credentials", "access", "POST", "/listClusterUserCredential", "aks-1"),
    Call("scale set GET", "scale set", "GET", "/virtualMachineScaleSets/pool-1", "pool-1"),
    Call("scale set PATCH", "scale set", "PATCH", "/virtualMachineScaleSets/pool-1", "pool-1"),
    Call("operator list", "operator roles", "GET", "/roleAssignments", identity_id("app")),
    Call("operator DELETE", "operator roles", "DELETE", "/roleAssignments/", identity_id("app")),
    Call("add-on GET", "add-on", "GET", _CLUSTER, "aks-1"),
    Call("add-on PUT", "add-on", "PUT", _CLUSTER, "aks-1"),
)

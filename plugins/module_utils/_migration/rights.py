# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Every right that the steps need in Azure: the one source of docs/rights, with ``kubernetes_rights``.

Actions are spelled as in Microsoft's list of resource provider operations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .plan import Plan, is_unknown

STEPS = (
    "assess",
    "migrate",
    "retire",
)  # each includes the rights of assess; verify and rollback need no others

# Where a right is needed.
SUBSCRIPTION = "the subscription"
CLUSTER = "the cluster"
NODE_GROUP = "the node resource group"
IDENTITY = "each identity"
CLUSTER_IDENTITY = "each identity of the cluster itself"
SUBNET = "each subnet of the node pools"
IDENTITY_GROUP = "the resource group of re-created identities"
MIRRORED = "each scope whose role assignments are mirrored"


@dataclass(frozen=True)
class AzureRight:
    action: str
    scope: str
    step: str
    why: str
    when: str = ""  # empty: always


_CLUSTERS = "Microsoft.ContainerService/managedClusters"
_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
_CREDENTIALS = f"{_IDENTITIES}/federatedIdentityCredentials"
_FEATURES = "Microsoft.Features/providers/features"
_SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
# Azure asks for these at what a written resource refers to, changed or not (LinkedAuthorizationFailed): a cluster's PUT
# restates its identities and its subnets.
_ASSIGN = f"{_IDENTITIES}/assign/action"
_JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
LINKED = frozenset({_ASSIGN, _JOIN})

AZURE: tuple[AzureRight, ...] = (
    AzureRight(f"{_CLUSTERS}/read", SUBSCRIPTION, "assess", "find and read the clusters"),
    AzureRight(f"{_CLUSTERS}/listClusterUserCredential/action", CLUSTER, "assess", "reach the API server"),
    AzureRight(f"{_IDENTITIES}/read", IDENTITY, "assess", "read the identities that workloads use"),
    AzureRight(
        f"{_CREDENTIALS}/read", IDENTITY, "assess", "see which credentials exist, against the limit of 20"
    ),
    AzureRight(f"{_SCALE_SETS}/read", NODE_GROUP, "assess", "see which identities lie on the nodes"),
    AzureRight(
        "Microsoft.Authorization/permissions/read",
        SUBSCRIPTION,
        "assess",
        "tell beforehand which rights are missing",
    ),
    AzureRight(f"{_FEATURES}/read", SUBSCRIPTION, "migrate", "see whether features are registered"),
    AzureRight(f"{_FEATURES}/register/action", SUBSCRIPTION, "migrate", "register features"),
    AzureRight(
        "Microsoft.Resources/subscriptions/providers/read",
        SUBSCRIPTION,
        "migrate",
        "see the provider's state",
    ),
    AzureRight(
        "Microsoft.ContainerService/register/action",
        SUBSCRIPTION,
        "migrate",
        "let the provider take features up",
    ),
    AzureRight(f"{_CLUSTERS}/write", CLUSTER, "migrate", "switch on issuer and webhook"),
    AzureRight(
        _ASSIGN,
        CLUSTER_IDENTITY,
        "migrate",
        "write a cluster that has identities of its own",
        "the cluster has user-assigned identities",
    ),
    AzureRight(
        _JOIN,
        SUBNET,
        "migrate",
        "write a cluster whose nodes are in it",
        "the nodes are in a network of your own",
    ),
    AzureRight(f"{_CREDENTIALS}/write", IDENTITY, "migrate", "let identities trust the cluster"),
    AzureRight(
        f"{_CREDENTIALS}/delete",
        IDENTITY,
        "migrate",
        "remove credentials that are no longer needed",
        "workload_identity_purge_credentials is true",
    ),
    AzureRight(
        f"{_IDENTITIES}/write",
        IDENTITY_GROUP,
        "migrate",
        "re-create an identity in another region",
        "an identity's region does not support federated credentials",
    ),
    AzureRight(
        f"{_ASSIGNMENTS}/read",
        MIRRORED,
        "migrate",
        "read the roles of an identity",
        "an identity is re-created",
    ),
    AzureRight(
        f"{_ASSIGNMENTS}/write",
        MIRRORED,
        "migrate",
        "give its roles to the new one",
        "an identity is re-created",
    ),
    AzureRight(
        f"{_SCALE_SETS}/write", NODE_GROUP, "retire", "take identities off the nodes", "some are left"
    ),
    AzureRight(
        _ASSIGN,
        IDENTITY,
        "retire",
        "Azure asks for it for each identity that stays on a scale set or a cluster that is written",
        "identities stay there",
    ),
    AzureRight(f"{_CLUSTERS}/write", CLUSTER, "retire", "switch off the add-on", "the add-on is installed"),
    AzureRight(
        _JOIN,
        SUBNET,
        "retire",
        "write a cluster whose nodes are in it",
        "the add-on is installed and the nodes are in a network of your own",
    ),
    AzureRight(
        f"{_ASSIGNMENTS}/read",
        IDENTITY,
        "retire",
        "find what the cluster identity had for Pod Identity",
        "retirement_remove_role_assignments is true",
    ),
    AzureRight(
        f"{_ASSIGNMENTS}/delete",
        IDENTITY,
        "retire",
        "remove what the cluster identity had for Pod Identity",
        "retirement_remove_role_assignments is true",
    ),
)


def azure_rights(step: str) -> tuple[AzureRight, ...]:
    """What ``step`` needs in Azure, with what assess needs, each action once."""
    chosen: dict[str, AzureRight] = {}
    for right in AZURE:
        if right.step in ("assess", step):
            chosen.setdefault(right.action, right)
    return tuple(chosen.values())


@dataclass(frozen=True)
class Need:
    """An action at a resource ID that a run of the plan will take."""

    scope: str
    action: str
    why: str


def needs(plan: Plan) -> tuple[Need, ...]:
    """What ``migrate`` writes for this plan, in Azure: the rights to look at before anything is changed.

    Mirrored role assignments lie at scopes that only the run learns, so they are not among them.
    """
    if plan.state == "nothing_to_migrate":
        return ()
    cluster_write = next(right for right in AZURE if right.action == f"{_CLUSTERS}/write")
    found = [Need(plan.cluster_id, cluster_write.action, cluster_write.why)]
    created = {identity.id.lower() for identity in plan.identities if identity.create}
    credential_write = next(right for right in AZURE if right.action == f"{_CREDENTIALS}/write")
    for identity in sorted({credential.identity_id for credential in plan.credentials}):
        if identity.lower() not in created and not is_unknown(identity):
            found.append(Need(identity, credential_write.action, credential_write.why))
    identity_write = next(right for right in AZURE if right.action == f"{_IDENTITIES}/write")
    for group in sorted({resource_group_of(identity.id) for identity in plan.identities if identity.create}):
        found.append(Need(group, identity_write.action, identity_write.why))
        found.append(Need(group, credential_write.action, credential_write.why))
    return tuple(found)


def resource_group_of(resource_id: str) -> str:
    """/subscriptions/…/resourceGroups/… of a resource ID."""
    return "/".join(resource_id.split("/")[:5])


def scopes_above(resource_id: str) -> Iterable[str]:
    """Subscription, resource group and the resource itself: rights granted above hold below.

    Scopes outside of subscriptions (management groups) are asked for alone.
    """
    parts = resource_id.split("/")
    for length in (3, 5):
        if len(parts) > length and parts[1].lower() == "subscriptions":
            yield "/".join(parts[:length])
    yield resource_id

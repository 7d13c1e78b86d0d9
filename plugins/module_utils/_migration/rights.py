# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Every right that the steps need, in Azure and in Kubernetes: the one source of docs/rights.

Actions are spelled as in Microsoft's list of resource provider operations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .kinds import KINDS
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
IDENTITY_GROUP = "the resource group of re-created identities"
MIRRORED = "each scope whose role assignments are mirrored"


@dataclass(frozen=True)
class AzureRight:
    action: str
    scope: str
    step: str
    why: str
    when: str = ""  # empty: always


@dataclass(frozen=True)
class KubernetesRule:
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    step: str
    why: str
    subresource_of_plan: bool = False  # may be narrowed to the accounts of the plan (resourceNames)


_CLUSTERS = "Microsoft.ContainerService/managedClusters"
_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
_CREDENTIALS = f"{_IDENTITIES}/federatedIdentityCredentials"
_FEATURES = "Microsoft.Features/providers/features"
_SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"

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
        f"{_IDENTITIES}/assign/action",
        IDENTITY,
        "retire",
        "Azure asks for it for each identity that stays on a scale set or a cluster that is written",
        "identities stay there",
    ),
    AzureRight(f"{_CLUSTERS}/write", CLUSTER, "retire", "switch off the add-on", "the add-on is installed"),
    AzureRight(
        f"{_ASSIGNMENTS}/delete",
        MIRRORED,
        "retire",
        "remove what the cluster identity had for Pod Identity",
        "retirement_remove_role_assignments is true",
    ),
)

_READ = ("get", "list")
_WORKLOADS_APPS = ("deployments", "statefulsets", "daemonsets", "replicasets")


def _group_of(path: str) -> str:
    return "" if path.startswith("/api/") else path.split("/")[2]


def _listed() -> tuple[KubernetesRule, ...]:
    """What discovery lists, one rule for each API group."""
    groups: dict[str, list[str]] = {}
    for kind in KINDS:
        groups.setdefault(_group_of(kind.path), []).append(kind.path.rsplit("/", 1)[1])
    return tuple(
        KubernetesRule((group,), tuple(sorted(resources)), _READ, "assess", "read what uses Pod Identity")
        for group, resources in sorted(groups.items())
    )


KUBERNETES: tuple[KubernetesRule, ...] = (
    *_listed(),
    KubernetesRule(
        ("",), ("serviceaccounts",), ("create", "patch", "update"), "migrate", "annotate or create accounts"
    ),
    KubernetesRule(
        ("",),
        ("serviceaccounts/token",),
        ("create",),
        "migrate",
        "prove that accounts get their token",
        subresource_of_plan=True,
    ),
    KubernetesRule(
        ("rbac.authorization.k8s.io",),
        ("rolebindings", "clusterrolebindings"),
        ("patch", "update"),
        "migrate",
        "give a new account the role bindings of the old one; also needs the right to bind those roles",
    ),
    KubernetesRule(("apps",), _WORKLOADS_APPS, ("patch", "update"), "migrate", "switch workloads, and back"),
    KubernetesRule(
        ("batch",), ("cronjobs", "jobs"), ("patch", "update"), "migrate", "switch workloads, and back"
    ),
    KubernetesRule(
        ("",), ("replicationcontrollers",), ("patch", "update"), "migrate", "switch workloads, and back"
    ),
    KubernetesRule(
        ("",),
        ("pods",),
        ("create", "watch"),
        "migrate",
        "dry-run a pod of each new template; follow rollouts",
    ),
    KubernetesRule(
        ("secrets-store.csi.x-k8s.io",),
        ("secretproviderclasses",),
        ("create", "patch"),
        "migrate",
        "clone dependants",
    ),
    KubernetesRule(
        ("keda.sh",),
        ("triggerauthentications", "scaledobjects", "scaledjobs"),
        (*_READ, "create", "patch"),
        "migrate",
        "clone dependants",
    ),
    KubernetesRule(
        ("aadpodidentity.k8s.io",),
        ("*",),
        ("get", "list", "delete", "patch", "update"),
        "retire",
        "remove Pod Identity",
    ),
    KubernetesRule(
        ("apiextensions.k8s.io",),
        ("customresourcedefinitions",),
        ("get", "list", "delete"),
        "retire",
        "remove its CRDs",
    ),
    KubernetesRule(
        ("apps",), ("deployments", "daemonsets"), ("delete", "patch"), "retire", "remove MIC and NMI"
    ),
    KubernetesRule(
        ("",),
        ("serviceaccounts", "services", "configmaps", "endpoints", "secrets"),
        (*_READ, "delete"),
        "retire",
        "remove what belongs to MIC and NMI; Helm keeps its releases in secrets",
    ),
    KubernetesRule(("coordination.k8s.io",), ("leases",), (*_READ, "delete"), "retire", "remove MIC's lock"),
    KubernetesRule(("policy",), ("poddisruptionbudgets",), ("delete",), "retire", "remove MIC's budget"),
    KubernetesRule(
        ("rbac.authorization.k8s.io",),
        ("roles", "rolebindings", "clusterroles", "clusterrolebindings"),
        (*_READ, "delete"),
        "retire",
        "remove the roles of MIC and NMI",
    ),
)


def azure_rights(step: str) -> tuple[AzureRight, ...]:
    """What ``step`` needs in Azure, with what assess needs, each action once."""
    chosen: dict[str, AzureRight] = {}
    for right in AZURE:
        if right.step in ("assess", step):
            chosen.setdefault(right.action, right)
    return tuple(chosen.values())


def kubernetes_rules(step: str) -> tuple[KubernetesRule, ...]:
    return tuple(rule for rule in KUBERNETES if rule.step in ("assess", step))


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

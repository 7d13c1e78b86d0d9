# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What is: one cluster as Azure and its API server tell it, reduced to what a migration depends on.

Type hints are Optional[...] and not ``X | None``: ``records`` evaluates them, on Python 3.9, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

FACTS_SCHEMA = "aksops.workload_identity/facts/v1"


@dataclass(frozen=True)
class Unreadable:
    """Something that could not be read; it narrows the answer and is always listed."""

    what: str  # a kind ("secretproviderclasses.secrets-store.csi.x-k8s.io") or an Azure resource ID
    reason: str  # code and message of the service
    missing: bool = False  # True: the kind or resource does not exist (no CRD, 404), which is no loss


@dataclass(frozen=True)
class RawCluster:
    """All objects that discovery looks at, as the API server gave them, by plural resource name.

    Keys are ``pods`` for the core group and ``deployments.apps`` for others. A key is absent where the
    list could not be read; then ``unreadable`` says why.
    """

    objects: Mapping[str, tuple[Mapping[str, Any], ...]]
    unreadable: tuple[Unreadable, ...]
    server_version: str  # "v1.31.13"


@dataclass(frozen=True)
class PodIdentityProfile:
    """``properties.podIdentityProfile`` of the managed cluster: the AKS add-on."""

    enabled: bool
    identities: tuple[Mapping[str, Any], ...] = ()  # userAssignedIdentities, as Azure gives them
    exceptions: tuple[Mapping[str, Any], ...] = ()  # userAssignedIdentityExceptions, as Azure gives them


@dataclass(frozen=True)
class ClusterFacts:
    id: str
    name: str
    resource_group: str
    subscription_id: str
    tenant_id: Optional[str]
    location: str
    kubernetes_version: str
    provisioning_state: str
    power_state: str
    node_resource_group: str
    oidc_issuer_enabled: bool
    issuer_url: Optional[str]  # with its trailing slash, exactly as Azure gives it
    workload_identity_enabled: bool
    pod_identity_profile: Optional[PodIdentityProfile]
    entra_integrated: bool = False
    local_accounts_disabled: bool = False
    node_identity_ids: tuple[str, ...] = ()  # identities AKS itself puts on the nodes: kubelet's, add-ons'


@dataclass(frozen=True)
class FederatedCredential:
    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...]


@dataclass(frozen=True)
class IdentityFacts:
    """A user-assigned identity in Azure."""

    id: str  # as written in the AzureIdentity or the profile; compare without case
    exists: bool
    location: Optional[str] = None
    client_id: Optional[str] = None
    principal_id: Optional[str] = None
    tenant_id: Optional[str] = None
    federation: str = "unknown"  # supported | unsupported (405: the region) | unknown (not readable)
    credentials: tuple[FederatedCredential, ...] = ()


@dataclass(frozen=True)
class ScaleSetFacts:
    id: str
    name: str
    identity_ids: tuple[str, ...]


@dataclass(frozen=True)
class AzureSide:
    """What Resource Manager knows of the cluster and of the identities that it uses."""

    cluster: ClusterFacts
    identities: tuple[IdentityFacts, ...] = ()
    scale_sets: tuple[ScaleSetFacts, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class ObjectRef:
    """Where in a cluster: ``namespace`` is empty for cluster-wide kinds."""

    kind: str
    namespace: str
    name: str
    api_version: str = "v1"


@dataclass(frozen=True)
class Finding:
    """Something the operator has to know. ``code`` is documented in docs/findings."""

    code: str  # kebab-case
    severity: str  # blocker | warning | note
    where: str  # "Deployment team-a/web", "AzureIdentity default/x", a resource ID, or "cluster"
    message: str  # what it means
    remedy: str  # what to do


@dataclass(frozen=True)
class PodIdentityInstallation:
    """One way in which Pod Identity is installed; several may stand side by side."""

    method: str  # helm | manifests | addon | aks-engine | unknown
    mode: str  # standard | managed
    namespace: str
    version: Optional[str] = None  # of the NMI/MIC image
    release: Optional[str] = None  # Helm release name
    chart: Optional[str] = None  # "aad-pod-identity-4.1.18"
    mic: Optional[ObjectRef] = None
    nmi: Optional[ObjectRef] = None
    force_namespaced: bool = False


@dataclass(frozen=True)
class AzureIdentityRecord:
    """A custom resource AzureIdentity, whether well-formed or not."""

    ref: ObjectRef
    type: int  # 0 user-assigned, 1 service principal with secret, 2 with certificate; -1 unreadable
    resource_id: Optional[str]
    client_id: Optional[str]
    tenant_id: Optional[str] = None
    malformed: Optional[str] = None  # what is wrong with it


@dataclass(frozen=True)
class BindingRecord:
    ref: ObjectRef
    azure_identity: str  # name of an AzureIdentity in the binding's own namespace
    selector: str


@dataclass(frozen=True)
class WorkloadRecord:
    """A top-level object with a pod template that uses Pod Identity now, or was switched by this collection."""

    ref: ObjectRef
    selector: Optional[str]  # value of the label aadpodidbinding of the template; None once switched
    identity_refs: tuple[ObjectRef, ...]  # AzureIdentities that its pods get
    service_account: str  # "default" where the template names none
    replicas: Optional[int]  # None where the kind has none
    template: Mapping[str, Any]  # the pod template as it stands
    template_path: tuple[
        str, ...
    ]  # where the template lies: ("spec", "template") or spec.jobTemplate.spec.template
    match_labels: Mapping[str, Any]  # spec.selector of the object, as it stands
    owner: Optional[str] = (
        None  # "Helm release default/web", "Argo CD application x", "Flux ...": who may revert
    )
    switched: bool = False  # carries this collection's undo record
    held: Optional[str] = None  # reason for which `migrate` passes over it
    healthy: bool = True
    health: str = ""  # why not, in words
    pods: int = 0  # live pods now
    labels: Optional[Mapping[str, Any]] = None  # of the object itself
    original_template: Optional[Mapping[str, Any]] = None  # where switched: the template as it was before
    ownership: str = "none"  # none | helm | gitops | operator: what kind of owner
    rolls: str = (
        "rolling"  # rolling | on_delete | on_demand (CronJob) | never (bare pods, Jobs, bare ReplicaSets)
    )
    proxy_refused: Optional[str] = None  # why the proxy sidecar cannot run there
    proxy_policies: tuple[str, ...] = ()  # policies that probably refuse the proxy sidecar there


@dataclass(frozen=True)
class AccountPattern:
    """Service accounts that a policy names; both parts may hold ``*``."""

    by: str  # "AuthorizationPolicy team-a/allow-web"
    namespace: str
    name: str


@dataclass(frozen=True)
class Facts:
    """Everything on one cluster that touches Pod Identity."""

    schema: str
    azure: AzureSide
    server_version: str
    installations: tuple[PodIdentityInstallation, ...]
    identities: tuple[AzureIdentityRecord, ...]
    bindings: tuple[BindingRecord, ...]
    exceptions: tuple[ObjectRef, ...]
    assigned: tuple[ObjectRef, ...]  # AzureAssignedIdentities
    workloads: tuple[WorkloadRecord, ...]
    service_accounts: tuple[
        Mapping[str, Any], ...
    ]  # raw objects that the workloads use, or that a plan may reuse
    service_account_users: Mapping[
        str, tuple[ObjectRef, ...]
    ]  # "ns/name" -> all workloads on it, bound or not
    role_bindings: tuple[
        Mapping[str, Any], ...
    ]  # raw (Cluster)RoleBindings with a subject among those accounts
    dependants: tuple[
        Mapping[str, Any], ...
    ]  # raw SecretProviderClasses, TriggerAuthentications on Pod Identity
    webhook: str  # none | addon | open-source
    crds: tuple[str, ...]
    findings: tuple[Finding, ...]
    unreadable: tuple[Unreadable, ...]
    bound_pods: tuple[ObjectRef, ...] = ()  # live pods that still get a token through Pod Identity
    twins: tuple[ObjectRef, ...] = ()  # "-wi" objects that this collection made
    node_users: Mapping[str, str] = field(
        default_factory=dict
    )  # identity (lower case) -> who else needs it on the nodes
    account_patterns: tuple[AccountPattern, ...] = ()  # accounts that policies name

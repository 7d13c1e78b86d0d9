# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The removal of Pod Identity as ordered steps, and whether anything still uses it. Pure: others carry it out.

The order, and why (aad-pod-identity issues 227, 1151, 644, 521; AKS issues 2203, 3833):

1. The add-on's profile is emptied, while AKS can still take its identities off the nodes.
2. Bindings go; MIC, which must be alive for it, takes the identities off the scale sets and the finalizers off the
   AzureAssignedIdentities. Without a MIC the finalizers are taken off here.
3. Identities still on the scale sets that only Pod Identity put there. AzureIdentities are deleted after that and
   not before: they are what tells which identities those are when a killed run starts again. And NMI goes after it:
   without NMI every pod reaches whatever identity is left on its node.
4. MIC, then NMI, as they were installed; the add-on by its profile.
5. What nobody else removes: RBAC, config maps, leader-election objects, CRDs, twins' originals, undo records.

Every step is safe to repeat: what is gone already is no error, and steps with nothing to do are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from .bound_workloads import masked
from .facts import Facts, Finding, ObjectRef, PodIdentityInstallation, WorkloadRecord
from .findings import CLUSTER, finding
from .kinds import ASSIGNED, AZURE_IDENTITIES, BINDINGS, EXCEPTIONS
from .objects import BINDING_LABEL, labels, name, namespace, place

EMPTY_PROFILE = "empty_profile"  # ARM: podIdentityProfile.userAssignedIdentities = [], still enabled; wait
DISABLE_PROFILE = "disable_profile"  # ARM: podIdentityProfile.enabled = false; wait
DELETE_ALL = "delete_all"  # every object of ``kinds``
WAIT_GONE = "wait_gone"  # until no object of ``kinds`` is left
RELEASE = "release"  # every object of ``kinds``: finalizers off, then delete
DELETE = "delete"  # ``objects``; absent ones are fine
UNINSTALL_RELEASE = (
    "uninstall_release"  # all objects of the Helm release's manifest, then its release secrets
)
REMOVE_SCALE_SET_IDENTITIES = "remove_scale_set_identities"  # ``scale_sets``
FORGET = "forget"  # rewriting.forget on each of ``objects``

_RBAC = "rbac.authorization.k8s.io/v1"
_CRD = "apiextensions.k8s.io/v1"


@dataclass(frozen=True)
class ScaleSetRemoval:
    scale_set_id: str
    identity_ids: tuple[str, ...]  # as the scale set writes them


@dataclass(frozen=True)
class Step:
    """One step; which of the fields below ``action`` are filled follows from the action."""

    id: str  # kebab-case, the same for the same step of every run
    text: str  # "delete bindings"
    action: str
    objects: tuple[ObjectRef, ...] = ()
    kinds: tuple[str, ...] = ()  # plural resource names as in RawCluster.objects
    release: Optional[str] = None
    namespace: Optional[str] = None
    scale_sets: tuple[ScaleSetRemoval, ...] = ()


def still_used(facts: Facts) -> tuple[Finding, ...]:
    """Blockers, one for each workload, pod or blind spot for which Pod Identity has to stay. Empty: it can go."""
    found = [finding("still-bound", place(record.ref)) for record in facts.workloads if _bound(record)]
    bound = {item.where for item in found}
    owned = [ref for ref in facts.bound_pods if place(ref) not in bound]
    if owned and not found:
        # Pods of workloads that are switched: OnDelete, a rollout that has not ended, pods made on demand.
        found += [finding("pod-still-bound", place(ref)) for ref in owned]
    if any(item.what in _NEEDED and not item.missing for item in facts.unreadable):
        found.append(finding("bindings-unreadable", CLUSTER))
    return tuple(found)


_NEEDED = (
    BINDINGS.plural,
    AZURE_IDENTITIES.plural,
    "pods",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "cronjobs.batch",
    "jobs.batch",
    "replicasets.apps",
)


def teardown_plan(
    facts: Facts, *, remove_crds: bool = True, known_identity_ids: Sequence[str] = ()
) -> tuple[Step, ...]:
    """What is to be done, in this order; empty where nothing of Pod Identity is left.

    ``known_identity_ids``: resource IDs from a backup, for a run that was killed after the AzureIdentities went.
    """
    return tuple(_steps(facts, remove_crds, known_identity_ids))


def _steps(facts: Facts, remove_crds: bool, known: Sequence[str]) -> Iterator[Step]:
    profile = facts.azure.cluster.pod_identity_profile
    enabled = profile is not None and profile.enabled
    if profile is not None and enabled and profile.identities:
        yield Step("empty-addon", "take the identities out of the add-on's profile", EMPTY_PROFILE)
    if BINDINGS.plural in facts.crds:
        yield Step("delete-bindings", "delete bindings", DELETE_ALL, kinds=(BINDINGS.plural,))
    if ASSIGNED.plural in facts.crds:
        if any(item.mic for item in facts.installations):
            text = "wait until MIC has taken the identities off the nodes"
            yield Step("wait-for-assigned-identities", text, WAIT_GONE, kinds=(ASSIGNED.plural,))
        elif facts.assigned:
            text = "delete assigned identities that no MIC looks after any more"
            yield Step("release-assigned-identities", text, RELEASE, kinds=(ASSIGNED.plural,))
    removals = _scale_sets(facts, known)
    if removals:
        text = "take identities off the scale sets that only Pod Identity put there"
        yield Step("clean-scale-sets", text, REMOVE_SCALE_SET_IDENTITIES, scale_sets=removals)
    kinds = tuple(kind.plural for kind in (AZURE_IDENTITIES, EXCEPTIONS) if kind.plural in facts.crds)
    if kinds:
        yield Step("delete-identities", "delete AzureIdentities and exceptions", DELETE_ALL, kinds=kinds)
    if enabled:
        yield Step("disable-addon", "switch the AKS add-on off", DISABLE_PROFILE)
    yield from _uninstall(facts)
    if remove_crds and facts.crds:
        crds = tuple(ObjectRef("CustomResourceDefinition", "", item, _CRD) for item in facts.crds)
        yield Step("delete-crds", "delete the custom resource definitions", DELETE, objects=crds)
    classes = _replaced_classes(facts)
    if classes:
        yield Step("delete-classes", "delete SecretProviderClasses that have a twin", DELETE, objects=classes)
    switched = tuple(record.ref for record in facts.workloads if record.switched)
    if switched:
        yield Step("forget-undo", "take the undo records off the workloads", FORGET, objects=switched)


def _bound(record: WorkloadRecord) -> bool:
    """Whether its template makes pods that rely on Pod Identity; a masked one was proven without it."""
    if not record.switched:
        return True
    return BINDING_LABEL in labels(record.template) and not masked(record) and bool(record.identity_refs)


def _scale_sets(facts: Facts, known: Sequence[str]) -> tuple[ScaleSetRemoval, ...]:
    """Identities of Pod Identity on scale sets, without those that somebody else needs there."""
    wanted = {
        record.resource_id.lower() for record in facts.identities if record.type == 0 and record.resource_id
    }
    profile = facts.azure.cluster.pod_identity_profile
    for item in profile.identities if profile else ():
        identity = item.get("identity")
        if isinstance(identity, dict) and identity.get("resourceId"):
            wanted.add(str(identity["resourceId"]).lower())
    wanted |= {item.lower() for item in known}
    wanted -= set(facts.node_users)
    wanted -= {item.lower() for item in facts.azure.cluster.node_identity_ids}
    found = []
    for scale_set in facts.azure.scale_sets:
        ids = tuple(item for item in scale_set.identity_ids if item.lower() in wanted)
        if ids:
            found.append(ScaleSetRemoval(scale_set.id, ids))
    return tuple(found)


def _uninstall(facts: Facts) -> Iterator[Step]:
    """MIC of every installation first, then the rest; NMI last.

    NMI is also what tells a run after a killed one which release there was and in which namespace, so nothing that is
    found by these may outlive it.
    """
    installations = facts.installations
    for item in installations:
        if item.mic:
            yield Step(f"delete-mic-{_key(item)}", f"delete {place(item.mic)}", DELETE, objects=(item.mic,))
    for item in installations:
        if item.method == "helm" and item.release:
            yield Step(
                f"uninstall-{_key(item)}",
                f"uninstall the Helm release {item.release}",
                UNINSTALL_RELEASE,
                release=item.release,
                namespace=item.namespace,
            )
    left = _left_overs(facts, "mic")
    if left:
        text = "delete what MIC made at run time, its accounts and roles"
        yield Step("delete-left-overs", text, DELETE, objects=left)
    for item in installations:
        if item.nmi:
            yield Step(f"delete-nmi-{_key(item)}", f"delete {place(item.nmi)}", DELETE, objects=(item.nmi,))
    left = _left_overs(facts, "nmi")
    if left:
        yield Step("delete-left-overs-nmi", "delete NMI's accounts and roles", DELETE, objects=left)


def _key(item: PodIdentityInstallation) -> str:
    return f"{item.method}-{item.namespace}" + (f"-{item.release}" if item.release else "")


def _left_overs(facts: Facts, part: str) -> tuple[ObjectRef, ...]:
    """Of MIC or of NMI, by name: they carry no mark, so an earlier, killed run cannot have hidden them from this one.

    Sources: aad-pod-identity deploy/infra/*.yaml; MIC's leader election and its config map are made at run time.
    """
    if not facts.installations and not facts.crds and not _unfinished(facts):
        return ()
    namespaces = sorted({"default", *(item.namespace for item in facts.installations)})
    found = []
    for where in namespaces:
        if part == "mic":
            found.append(ObjectRef("ConfigMap", where, "aad-pod-identity-config"))
            found.append(ObjectRef("Endpoints", where, "aad-pod-identity-mic"))
            found.append(ObjectRef("Lease", where, "aad-pod-identity-mic", "coordination.k8s.io/v1"))
        found.append(ObjectRef("ServiceAccount", where, f"aad-pod-id-{part}-service-account"))
    for kind, suffix in (("ClusterRoleBinding", "binding"), ("ClusterRole", "role")):
        found.append(ObjectRef(kind, "", f"aad-pod-id-{part}-{suffix}", _RBAC))
    return tuple(found)


def _unfinished(facts: Facts) -> bool:
    """A retire that was killed: undo records are the last to go."""
    return any(record.switched for record in facts.workloads) and not facts.installations


def _replaced_classes(facts: Facts) -> tuple[ObjectRef, ...]:
    twins = {(ref.namespace, ref.name) for ref in facts.twins if ref.kind == "SecretProviderClass"}
    found = []
    for obj in facts.dependants:
        if obj.get("kind") != "SecretProviderClass":
            continue
        own = f"{name(obj)}-wi"
        if any(
            where == namespace(obj) and (twin == own or twin.startswith(f"{own}-")) for where, twin in twins
        ):
            found.append(ObjectRef("SecretProviderClass", namespace(obj), name(obj), str(obj["apiVersion"])))
    return tuple(found)

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""One cluster's objects to facts: everything that touches Pod Identity. Pure; nothing is asked of anybody here.

What ``KINDS`` names is to be listed by the caller; a kind that could not be listed narrows the answer and is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import (
    argo_cd,
    bound_workloads,
    cluster_policies,
    egress,
    installations,
    known_software,
    prerequisites,
    secret_sources,
)
from .azure_identities import identity_records, matching, resource_findings
from .bound_workloads import Surroundings, bound_workload, workload_findings
from .facts import (
    FACTS_SCHEMA,
    AzureIdentityRecord,
    AzureSide,
    Facts,
    Finding,
    ObjectRef,
    PodIdentityInstallation,
    RawCluster,
    WorkloadRecord,
)
from .findings import CLUSTER, finding, ordered
from .kinds import (
    ASSIGNED,
    AZURE_IDENTITIES,
    BINDINGS,
    CLUSTER_ROLE_BINDINGS,
    EXCEPTIONS,
    KINDS,
    NAMESPACES,
    POD_IDENTITY_KINDS,
    ROLE_BINDINGS,
    SERVICE_ACCOUNTS,
    WEBHOOKS,
    KindPath,
    listed,
)
from .label_selectors import uses
from .node_users import node_users
from .objects import items, labels, name, namespace, place, without_managed_fields
from .pod_templates import service_account
from .top_objects import live_pods, top_objects

OLDEST_KUBERNETES = (1, 24)
_WEBHOOK = "azure-wi-webhook-mutating-webhook-configuration"

__all__ = ["KINDS", "KindPath", "discover", "identity_ids"]


def identity_ids(raw: RawCluster, profile_identities: Sequence[Mapping[str, Any]] = ()) -> tuple[str, ...]:
    """Resource IDs of the identities that Pod Identity knows: what to read in Azure before ``discover``."""
    found = [
        record.resource_id
        for record in identity_records(raw)
        if record.type == 0 and record.resource_id and not record.malformed
    ]
    for item in profile_identities:
        identity = item.get("identity")
        if isinstance(identity, Mapping) and identity.get("resourceId"):
            found.append(str(identity["resourceId"]))
    return tuple({item.lower(): item for item in reversed(found)}.values())[::-1]


def discover(raw: RawCluster, azure: AzureSide) -> Facts:
    """Facts of one cluster, the same for the same input whatever its order."""
    installed = installations.installations(raw, azure.cluster)
    objects, pods = top_objects(raw), live_pods(raw)
    originals = [(item.ref, bound_workloads.original(item)[0]) for item in objects]
    sources = secret_sources.on_pod_identity(raw)
    around = Surroundings(
        matching=matching(raw, any(item.force_namespaced for item in installed)),
        pods=pods,
        namespaces={name(obj): labels(obj) for obj in listed(raw, NAMESPACES)},
        version=version_numbers(raw.server_version),
        uses=uses(raw, originals),
        class_names=frozenset(
            (namespace(obj), name(obj)) for obj in sources if obj.get("kind") == "SecretProviderClass"
        ),
        egress=egress.egress_policies(raw),
        privilege=cluster_policies.privilege_policies(raw),
        applications=argo_cd.healing(raw),
        driver_lacks_tokens=prerequisites.driver_lacks_tokens(raw),
    )
    found = [(item, bound_workload(item, around)) for item in objects]
    records = tuple(record for item, record in found if record is not None)
    identities = identity_records(raw)
    own = {item.mic for item in installed} | {item.nmi for item in installed}
    others = [item for item, record in found if record is None and item.ref not in own]
    shared = node_users(raw, azure, identities, others)
    accounts = _accounts(raw, records)
    findings = [
        *_cluster_findings(raw, azure, installed, bool(records)),
        *installations.incomplete(installed),
        *resource_findings(
            raw,
            around.matching,
            bound_workloads.used_bindings(objects, around),
            known_software.makers_in(originals),
        ),
        *_identity_findings(raw, azure, identities, shared),
        *_trigger_findings(raw, sources),
    ]
    for item, record in found:
        findings += bound_workloads.unbound(item, around)
        if record is not None:
            findings += workload_findings(record, around)
    return Facts(
        schema=FACTS_SCHEMA,
        azure=azure,
        server_version=raw.server_version,
        installations=installed,
        identities=identities,
        bindings=tuple(around.matching.bindings),
        exceptions=tuple(EXCEPTIONS.ref(obj) for obj in listed(raw, EXCEPTIONS)),
        assigned=tuple(ASSIGNED.ref(obj) for obj in listed(raw, ASSIGNED)),
        workloads=records,
        service_accounts=accounts,
        service_account_users=_account_users(originals, records),
        role_bindings=_role_bindings(raw, records),
        dependants=sources,
        webhook=_webhook(raw, azure),
        crds=tuple(sorted(kind.plural for kind in POD_IDENTITY_KINDS if kind.plural in raw.objects)),
        findings=ordered(findings),
        unreadable=(*raw.unreadable, *azure.unreadable),
        bound_pods=tuple(bound_workloads.bound_pods(records, around)),
        twins=tuple(kind.ref(obj) for kind, obj in secret_sources.twins(raw)),
        node_users=shared,
        account_patterns=cluster_policies.account_patterns(raw),
    )


def version_numbers(text: str) -> tuple[int, int]:
    """``v1.31.13-eks`` -> (1, 31); (0, 0) where it cannot be read."""
    match = re.match(r"v?(\d+)\.(\d+)", text)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)


def _cluster_findings(
    raw: RawCluster, azure: AzureSide, installed: Sequence[PodIdentityInstallation], used: bool
) -> Iterator[Finding]:
    version = azure.cluster.kubernetes_version or raw.server_version
    if version_numbers(version) < OLDEST_KUBERNETES:
        yield finding("kubernetes-too-old", CLUSTER, f"{azure.cluster.name} runs {version}.")
    for item in (*raw.unreadable, *azure.unreadable):
        if item.missing:
            continue
        code = (
            "bindings-unreadable" if item.what in (BINDINGS.plural, AZURE_IDENTITIES.plural) else "unreadable"
        )
        yield finding(
            code, CLUSTER if code == "bindings-unreadable" else item.what, f"{item.what}: {item.reason}."
        )
    if installed and not used:
        yield finding("unused-installation", CLUSTER)
    left = [kind.kind for kind in POD_IDENTITY_KINDS if kind.plural in raw.objects]
    if not installed and left:
        yield finding("left-overs", CLUSTER, f"Still known to the API server: {', '.join(left)}.")


def _identity_findings(
    raw: RawCluster,
    azure: AzureSide,
    identities: Sequence[AzureIdentityRecord],
    shared: Mapping[str, str],
) -> Iterator[Finding]:
    standing = {item.id.lower(): item for item in azure.identities}
    immutable = installations.immutable_client_ids(raw, azure.cluster)
    for record in identities:
        if record.malformed or record.type != 0 or not record.resource_id:
            continue
        identity = standing.get(record.resource_id.lower())
        if identity is not None and not identity.exists:
            yield finding("identity-missing", place(record.ref), f"{record.resource_id} is not there.")
        elif identity is None or identity.federation == "unknown":
            yield finding("identity-unreadable", record.resource_id)
        users = shared.get(record.resource_id.lower())
        if users:
            client_id = (identity.client_id if identity else None) or record.client_id or ""
            # Only MIC takes identities off the nodes by itself, and not those that it was told to leave.
            safe = client_id.lower() in immutable or not any(
                item.mic for item in installations.installations(raw, azure.cluster)
            )
            code = "node-identity-other-user" if safe else "node-identity-shared"
            yield finding(code, place(record.ref), f"Users of {record.resource_id}: {users}.")


def _trigger_findings(raw: RawCluster, sources: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for obj in sources:
        if obj.get("kind") != "SecretProviderClass":
            ref = ObjectRef(str(obj["kind"]), namespace(obj), name(obj))
            users = prerequisites.trigger_users(raw, ref.kind, ref.namespace, ref.name)
            detail = (
                f"Used by {', '.join(users[:5])}{' and others' if len(users) > 5 else ''}." if users else ""
            )
            yield finding("keda-trigger-authentication", place(ref), detail)


def _accounts(raw: RawCluster, records: Sequence[WorkloadRecord]) -> tuple[Mapping[str, Any], ...]:
    """Every account of the namespaces in which workloads are to be switched: new names must not meet old ones."""
    wanted = {record.ref.namespace for record in records}
    return tuple(
        without_managed_fields(obj) for obj in listed(raw, SERVICE_ACCOUNTS) if namespace(obj) in wanted
    )


def _account_users(
    originals: Sequence[tuple[ObjectRef, Mapping[str, Any]]], records: Sequence[WorkloadRecord]
) -> Mapping[str, tuple[ObjectRef, ...]]:
    """By the account that each workload had before any switch, so that a plan is the same after it."""
    wanted = {f"{record.ref.namespace}/{record.service_account}" for record in records}
    found: dict[str, list[ObjectRef]] = {}
    for ref, template in originals:
        key = f"{ref.namespace}/{service_account(template)}"
        if key in wanted:
            found.setdefault(key, []).append(ref)
    return {key: tuple(refs) for key, refs in sorted(found.items())}


def _role_bindings(raw: RawCluster, records: Sequence[WorkloadRecord]) -> tuple[Mapping[str, Any], ...]:
    wanted = {(record.ref.namespace, record.service_account) for record in records}
    found = []
    for kind in (ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS):
        for obj in listed(raw, kind):
            subjects = {
                (str(item.get("namespace") or namespace(obj)), str(item.get("name")))
                for item in items(obj.get("subjects"))
                if item.get("kind") == "ServiceAccount"
            }
            if subjects & wanted:
                found.append(
                    {**without_managed_fields(obj), "kind": kind.kind, "apiVersion": kind.api_version}
                )
    return tuple(found)


def _webhook(raw: RawCluster, azure: AzureSide) -> str:
    if azure.cluster.workload_identity_enabled:
        return "addon"
    return "open-source" if any(name(obj) == _WEBHOOK for obj in listed(raw, WEBHOOKS)) else "none"

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Which identity a workload will use: its own, another that a rule names, or one created anew in another region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from . import naming, pod_templates
from .azure_identities import is_resource_id
from .facts import AzureIdentityRecord, Facts, Finding, IdentityFacts, ObjectRef, WorkloadRecord
from .findings import finding
from .objects import CLIENT_ID_ANNOTATION, TENANT_ID_ANNOTATION, annotations_of, name, namespace, place
from .options import PlanOptions, current_account
from .plan import unknown

APPLICATION = "application"


@dataclass(frozen=True)
class Target:
    """One identity to use from now on."""

    id: str  # resource ID; empty for an application, which is no resource of Azure
    client_id: str  # may be unknown()
    tenant_id: str
    source_client_ids: tuple[str, ...] = ()  # client IDs that the same workloads may have asked for until now
    source_id: str = ""  # resource ID of the identity that it takes the place of
    create: bool = False
    location: Optional[str] = None

    @property
    def key(self) -> str:
        return self.id.lower() or f"{APPLICATION}:{self.client_id}"


@dataclass(frozen=True)
class Chosen:
    targets: tuple[Target, ...]  # the one that the pods ask for by default first; empty where it is blocked
    findings: tuple[Finding, ...] = ()
    replaced: bool = False  # a rule names another identity than its own


def choose(facts: Facts, record: WorkloadRecord, wanted: Optional[str], options: PlanOptions) -> Chosen:
    """Findings of severity blocker mean that the workload cannot be switched as things are."""
    records = {item.ref: item for item in facts.identities}
    own = [records[ref] for ref in record.identity_refs if ref in records and not records[ref].malformed]
    where = place(record.ref)
    if wanted and wanted != APPLICATION and not any(_named(item, wanted) for item in own):
        if not is_resource_id(wanted):
            return Chosen((), (finding("identity-unmatched", where, f"The rule says {wanted!r}."),))
        return _replaced(facts, record, own, wanted, options)
    if not own:
        return Chosen(_by_annotation(facts, record))
    principals = [item for item in own if item.type != 0]
    if principals and wanted != APPLICATION:
        return Chosen((), tuple(_principal_finding(facts, record, item) for item in principals))
    targets: dict[str, Target] = {}
    findings: list[Finding] = []
    for item in own:
        target, found = _target(facts, item, options)
        findings += found
        if target is not None:
            targets.setdefault(target.key, target)
    if any(item.severity == "blocker" for item in findings):
        return Chosen((), tuple(findings))
    found_first = _first(facts, record, own, tuple(targets.values()), wanted, options)
    return Chosen(found_first.targets, (*findings, *found_first.findings))


def renamed_client_ids(template: Mapping[str, object], targets: Sequence[Target]) -> Mapping[str, str]:
    """Old client ID -> new, of those that the template names in literal text."""
    return {
        old: target.client_id
        for target in targets
        for old in target.source_client_ids
        if old.lower() != target.client_id.lower() and pod_templates.mentions(template, old)
    }


def successor_id(standing: IdentityFacts, regions: Sequence[str], resource_group: str) -> Optional[str]:
    """Resource ID of the identity that takes the place of one whose region does not support federated credentials."""
    region = _other_region(standing, regions)
    return naming.identity_id(standing.id, region, resource_group) if region else None


def _other_region(standing: IdentityFacts, regions: Sequence[str]) -> Optional[str]:
    return next((region for region in regions if region != standing.location), None)


def _named(item: AzureIdentityRecord, wanted: str) -> bool:
    names = (item.ref.name, f"{item.ref.namespace}/{item.ref.name}")
    return wanted in names or wanted.lower() in (str(item.resource_id).lower(), str(item.client_id).lower())


def _first(
    facts: Facts,
    record: WorkloadRecord,
    own: Sequence[AzureIdentityRecord],
    targets: tuple[Target, ...],
    wanted: Optional[str],
    options: PlanOptions,
) -> Chosen:
    """The targets with the one in front that pods ask for by default."""
    where, template = place(record.ref), record.original_template or record.template
    pinned = pod_templates.pinned_client_ids(template)
    by_client_id = {old.lower(): target for target in targets for old in target.source_client_ids}
    foreign = [item for item in pinned if item not in by_client_id]
    if foreign:
        return Chosen((), (finding("client-id-foreign", where, f"It is {', '.join(foreign)}."),))
    first = targets[0] if len(targets) == 1 else None
    if wanted and wanted != APPLICATION:
        item = next(item for item in own if _named(item, wanted))
        first = _target(facts, item, options)[0]
    elif first is None:
        asked = {by_client_id[item].key: by_client_id[item] for item in pinned}
        first = next(iter(asked.values())) if len(asked) == 1 else None
    if first is None:
        names = ", ".join(place(item.ref) for item in own)
        return Chosen((), (finding("identity-ambiguous", where, f"They are {names}."),))
    return Chosen((first, *(target for target in targets if target.key != first.key)))


def _target(
    facts: Facts, item: AzureIdentityRecord, options: PlanOptions
) -> tuple[Optional[Target], tuple[Finding, ...]]:
    tenant = facts.azure.cluster.tenant_id or ""
    if item.type != 0:
        client_id = item.client_id or ""
        return Target("", client_id, item.tenant_id or tenant, (client_id,)), ()
    standing = _standing(facts, item.resource_id or "")
    known = tuple(
        dict.fromkeys(value for value in (standing.client_id if standing else None, item.client_id) if value)
    )
    if standing is not None and standing.federation == "unsupported":
        return _moved(facts, standing, known, item.ref, options)
    resource_id = standing.id if standing else item.resource_id or ""
    client_id = known[0] if known else unknown(f"client ID of {resource_id}")
    return Target(resource_id, client_id, (standing.tenant_id if standing else None) or tenant, known), ()


def _moved(
    facts: Facts,
    standing: IdentityFacts,
    known: tuple[str, ...],
    ref: ObjectRef,
    options: PlanOptions,
) -> tuple[Optional[Target], tuple[Finding, ...]]:
    where = f"{standing.id} lies in {standing.location}."
    region = _other_region(standing, options.regions)
    new_id = successor_id(standing, options.regions, options.identity_resource_group)
    if region is None or new_id is None:
        return None, (finding("region-without-support", place(ref), where),)
    new = _standing(facts, new_id)
    target = Target(
        id=new_id,
        client_id=(new.client_id if new else None) or unknown(f"client ID of {new_id}"),
        tenant_id=standing.tenant_id or facts.azure.cluster.tenant_id or "",
        source_client_ids=known,
        source_id=standing.id,
        create=not (new and new.exists),
        location=region,
    )
    return target, (finding("identity-recreated", place(ref), f"{where} The new one is {new_id}."),)


def _replaced(
    facts: Facts,
    record: WorkloadRecord,
    own: Sequence[AzureIdentityRecord],
    wanted: str,
    options: PlanOptions,
) -> Chosen:
    """Another identity, as a rule says; every client ID that was asked for becomes its."""
    standing = _standing(facts, wanted)
    old = tuple(dict.fromkeys(item.client_id for item in own if item.client_id))
    if standing is not None and standing.federation == "unsupported":
        target, findings = _moved(facts, standing, old, record.ref, options)
        return Chosen((target,) if target else (), findings, replaced=True)
    target = Target(
        id=wanted,
        client_id=(standing.client_id if standing else None) or unknown(f"client ID of {wanted}"),
        tenant_id=(standing.tenant_id if standing else None) or facts.azure.cluster.tenant_id or "",
        source_client_ids=old,
    )
    seen = () if standing else (finding("identity-unseen", wanted),)
    return Chosen((target,), seen, replaced=True)


def _by_annotation(facts: Facts, record: WorkloadRecord) -> tuple[Target, ...]:
    """Of a workload that was switched and whose bindings are gone since: what its account says."""
    for account in facts.service_accounts:
        if (namespace(account), name(account)) == (record.ref.namespace, current_account(record)):
            client_id = annotations_of(account).get(CLIENT_ID_ANNOTATION)
            tenant = annotations_of(account).get(TENANT_ID_ANNOTATION) or facts.azure.cluster.tenant_id or ""
            if client_id:
                return (Target("", str(client_id), str(tenant), (str(client_id),)),)
    return ()


def _principal_finding(facts: Facts, record: WorkloadRecord, item: AzureIdentityRecord) -> Finding:
    issuer = facts.azure.cluster.issuer_url or f"<issuer URL of {facts.azure.cluster.name}>"
    subject = f"system:serviceaccount:{record.ref.namespace}:{record.service_account}"
    command = (
        f"az ad app federated-credential create --id {item.client_id} --parameters "
        f'\'{{"name":"{facts.azure.cluster.name}-{record.ref.namespace}-{record.service_account}",'
        f'"issuer":"{issuer}","subject":"{subject}","audiences":["api://AzureADTokenExchange"]}}\''
    )
    remedy = (
        "Name a managed identity instead (rule: identity: <resource ID>). Or keep the application: give it a"
        f" federated credential ({command}) and set identity: {APPLICATION} in the rule; the token is then proved."
    )
    kind = {1: "with a secret", 2: "with a certificate"}[item.type]
    return finding(
        "service-principal-identity",
        place(record.ref),
        f"{place(item.ref)} is a service principal {kind}.",
        remedy,
    )


def _standing(facts: Facts, resource_id: str) -> Optional[IdentityFacts]:
    return next((item for item in facts.azure.identities if item.id.lower() == resource_id.lower()), None)

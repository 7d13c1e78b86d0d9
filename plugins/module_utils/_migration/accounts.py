# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Which service account each workload gets: its own, annotated in place, or a new one beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from . import naming
from .facts import Facts, Finding, ObjectRef, WorkloadRecord
from .findings import finding
from .objects import (
    CLIENT_ID_ANNOTATION,
    COLLECTION,
    MANAGED_BY_LABEL,
    annotations_of,
    items,
    labels,
    name,
    namespace,
    place,
)
from .options import Decision, current_account
from .plan import PlannedServiceAccount, is_unknown
from .pod_templates import pinned_client_ids
from .targets import Target


@dataclass(frozen=True)
class Candidate:
    """A workload that can be switched, as far as is known until here."""

    record: WorkloadRecord
    decision: Decision
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Assignment:
    account: PlannedServiceAccount
    client_id_env: Optional[str] = None  # the client ID that the pod has to name itself (mode share)


def assign(
    facts: Facts, candidates: Sequence[Candidate], mode: str
) -> tuple[Mapping[ObjectRef, Assignment], tuple[Finding, ...]]:
    """An account for every candidate; one that a finding of severity blocker names has none."""
    existing = {(namespace(item), name(item)): item for item in facts.service_accounts}
    by_ref = {item.record.ref: item for item in candidates}
    chosen: dict[ObjectRef, Assignment] = {}
    findings: list[Finding] = []
    for candidate in candidates:
        account, found = _account(facts, candidate, by_ref, existing, mode)
        findings += found
        if account is not None:
            chosen[candidate.record.ref] = Assignment(account)
    return _reconciled(facts, chosen, by_ref, existing, mode, findings)


def _account(
    facts: Facts,
    candidate: Candidate,
    candidates: Mapping[ObjectRef, Candidate],
    existing: Mapping[tuple[str, str], Mapping[str, Any]],
    mode: str,
) -> tuple[Optional[PlannedServiceAccount], tuple[Finding, ...]]:
    record, first = candidate.record, candidate.targets[0]
    where, old = record.ref.namespace, record.service_account
    now = current_account(record)
    if candidate.decision.service_account:
        wanted = candidate.decision.service_account
        return _planned(facts, candidate, wanted, create=_ours(existing, where, wanted, missing=True)), ()
    if mode == "share":
        return _planned(facts, candidate, old, create=(where, old) not in existing), ()
    if record.switched and _fits(facts, _client_id(existing, where, now), first.client_id):
        # What an earlier run decided stays, whatever has come to the namespace since: no pod rolls twice.
        return _planned(facts, candidate, now, create=_ours(existing, where, now)), ()
    if old != "default" and _alike(facts, candidate, candidates):
        standing = _client_id(existing, where, old)
        if standing is None or _fits(facts, standing, first.client_id):
            # A template may name an account that is yet to come: no pod of it can run until it is there.
            return _planned(facts, candidate, old, create=(where, old) not in existing), ()
    new = naming.service_account(old, [target.key for target in candidate.targets])
    if (where, new) in existing and not _ours(existing, where, new):
        return None, (finding("service-account-taken", place(record.ref), f"It would be {where}/{new}."),)
    note = finding("service-account-created", place(record.ref), f"It gets {where}/{new} in place of {old}.")
    return _planned(facts, candidate, new, create=True), (note,)


def _alike(facts: Facts, candidate: Candidate, candidates: Mapping[ObjectRef, Candidate]) -> bool:
    """Whether all users of the account are bound workloads of the same identities, asked for in the same way."""
    users = facts.service_account_users.get(
        f"{candidate.record.ref.namespace}/{candidate.record.service_account}", ()
    )
    keys = [target.key for target in candidate.targets]
    for ref in users:
        other = candidates.get(ref)
        if other is None or other.decision.service_account:
            return False
        theirs = [target.key for target in other.targets]
        if theirs[0] != keys[0] or set(theirs) != set(keys):
            return False
    return True


def _planned(facts: Facts, candidate: Candidate, account: str, create: bool) -> PlannedServiceAccount:
    record, first = candidate.record, candidate.targets[0]
    old = record.service_account if create and account != record.service_account else None
    return PlannedServiceAccount(
        namespace=record.ref.namespace,
        name=account,
        identity_id=first.id,
        client_id=first.client_id,
        tenant_id=first.tenant_id,
        create=create,
        copy_from=old,
        role_bindings=_role_bindings(facts, record.ref.namespace, old) if old else (),
    )


def _reconciled(
    facts: Facts,
    chosen: Mapping[ObjectRef, Assignment],
    candidates: Mapping[ObjectRef, Candidate],
    existing: Mapping[tuple[str, str], Mapping[str, Any]],
    mode: str,
    findings: list[Finding],
) -> tuple[Mapping[ObjectRef, Assignment], tuple[Finding, ...]]:
    """One client ID for each account: in mode share the rest name theirs themselves, else it is a conflict."""
    groups: dict[tuple[str, str], list[ObjectRef]] = {}
    for ref, item in chosen.items():
        groups.setdefault((item.account.namespace, item.account.name), []).append(ref)
    result: dict[ObjectRef, Assignment] = {}
    for (where, account), refs in groups.items():
        standing = _client_id(existing, where, account)
        wanted = sorted({chosen[ref].account.client_id for ref in refs})
        if mode != "share":
            if len(wanted) == 1 and (standing is None or _fits(facts, standing, wanted[0])):
                result.update({ref: chosen[ref] for ref in refs})
                continue
            # An account of our own follows the plan: its identity may have been created anew since.
            if len(wanted) == 1 and _ours(existing, where, account):
                result.update({ref: chosen[ref] for ref in refs})
                continue
            said = (
                f"{where}/{account} has {standing}."
                if standing
                else f"{where}/{account} would need {len(wanted)}."
            )
            findings += [finding("service-account-conflict", place(ref), said) for ref in refs]
            continue
        main = next((ref for ref in refs if _fits(facts, standing, chosen[ref].account.client_id)), None)
        lead = chosen[main or min(refs, key=lambda ref: chosen[ref].account.client_id)].account
        if standing is not None and main is None:
            said = f"{where}/{account} is annotated with {standing}, which none of its workloads uses."
            findings += [finding("service-account-conflict", place(ref), said) for ref in refs]
            continue
        for ref in refs:
            own = chosen[ref].account.client_id
            names_itself = own != lead.client_id and not _pins(candidates[ref])
            result[ref] = Assignment(lead, own if names_itself else None)
    return result, tuple(findings)


def _pins(candidate: Candidate) -> bool:
    return bool(pinned_client_ids(candidate.record.original_template or candidate.record.template))


def _fits(facts: Facts, standing: Optional[str], client_id: str) -> bool:
    """Whether an annotation names the wanted identity.

    An identity that is (or was, in an earlier run) created anew has no client ID that facts could know: then any
    does that is not one of the identities of Pod Identity.
    """
    if standing is None or not is_unknown(client_id):
        return standing is not None and standing.lower() == client_id.lower()
    named = [item.client_id for item in facts.azure.identities] + [
        item.client_id for item in facts.identities
    ]
    known = {str(item).lower() for item in named}
    return standing.lower() not in known


def _client_id(
    existing: Mapping[tuple[str, str], Mapping[str, Any]], where: str, account: str
) -> Optional[str]:
    found = existing.get((where, account))
    value = annotations_of(found).get(CLIENT_ID_ANNOTATION) if found else None
    return str(value) if value else None


def _ours(
    existing: Mapping[tuple[str, str], Mapping[str, Any]], where: str, account: str, missing: bool = False
) -> bool:
    """Whether this collection made the account; ``missing`` is the answer for one that does not exist."""
    found = existing.get((where, account))
    return missing if found is None else labels(found).get(MANAGED_BY_LABEL) == COLLECTION


def _role_bindings(facts: Facts, where: str, account: str) -> tuple[ObjectRef, ...]:
    found = []
    for obj in facts.role_bindings:
        subjects = {
            (str(subject.get("namespace") or namespace(obj)), subject.get("name"))
            for subject in items(obj.get("subjects"))
            if subject.get("kind") == "ServiceAccount"
        }
        if (where, account) in subjects:
            found.append(ObjectRef(str(obj["kind"]), namespace(obj), name(obj), str(obj["apiVersion"])))
    return tuple(found)

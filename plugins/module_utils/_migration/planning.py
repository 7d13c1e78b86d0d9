# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Facts and options to a plan: what each workload gets, and what stands in the way. Pure and deterministic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from . import credentials, naming, pod_templates, secret_sources, targets
from .accounts import Assignment, Candidate, assign
from .bound_workloads import masked
from .cluster_policies import differing
from .facts import Facts, Finding, ObjectRef, WorkloadRecord
from .findings import BLOCKER, CLUSTER, WARNING, acknowledged, finding, ordered
from .objects import name, namespace, place
from .options import Decision, OptionError, PlanOptions, Rule
from .plan import PLAN_SCHEMA, Plan, PlannedIdentity, PlannedWorkload, unknown
from .plan_basis import basis
from .resolving import resolve
from .targets import Target
from .waves import waves

__all__ = ["OptionError", "PlanOptions", "Rule", "plan", "resolve"]

# Where a rule names another identity, what is wrong with the old one no longer matters; this still does.
_STAYS_WHEN_REPLACED = "node-identity-shared"


@dataclass(frozen=True)
class _Considered:
    record: WorkloadRecord
    decision: Decision
    chosen: targets.Chosen


def plan(facts: Facts, options: PlanOptions) -> Plan:
    """The plan of one cluster. Raises OptionError where the options contradict themselves."""
    cluster = facts.azure.cluster
    try:
        findings = list(acknowledged(facts.findings, options.acknowledge))
    except ValueError as error:
        raise OptionError(str(error)) from error
    considered = [_consider(facts, record, options) for record in facts.workloads]
    findings += [item for one in considered for item in one.chosen.findings]
    findings += [item for one in considered for item in _own_findings(facts, one)]
    findings += [
        finding("rule-unmatched", CLUSTER, f"It is {rule.text()}.") for rule in _unmatched(facts, options)
    ]
    candidates, accounts, needed, found = _settled(facts, considered, findings, options)
    findings += found
    findings += _policy_findings(facts, accounts)
    if candidates and not cluster.oidc_issuer_enabled:
        findings.append(finding("issuer-is-final", CLUSTER))
    twins, by_class = _twins(facts, candidates)
    order = waves(candidates, options.waves)
    reasons = _reasons(considered, findings)
    workloads = tuple(
        _workload(one, accounts.get(one.record.ref), order.get(one.record.ref, 0), reasons, by_class)
        for one in considered
    )
    made = {(item.account.namespace, item.account.name): item.account for item in accounts.values()}
    return Plan(
        schema=PLAN_SCHEMA,
        cluster_id=cluster.id,
        cluster_name=cluster.name,
        state=_state(workloads, twins, findings),
        issuer_url=cluster.issuer_url or unknown(f"issuer URL of {cluster.name}"),
        identities=_identities(candidates),
        credentials=needed,
        service_accounts=tuple(made[key] for key in sorted(made)),
        workloads=tuple(sorted(workloads, key=lambda item: (item.wave, *_sorting(item.ref)))),
        dependants=twins,
        findings=ordered(_settled_severity(facts, considered, findings)),
        basis=basis(facts),
    )


def _consider(facts: Facts, record: WorkloadRecord, options: PlanOptions) -> _Considered:
    decision = options.decide(record)
    if not decision.include:
        note = finding("excluded", place(record.ref))
        return _Considered(record, decision, targets.Chosen((), (note,)))
    return _Considered(record, decision, targets.choose(facts, record, decision.identity, options))


def _own_findings(facts: Facts, one: _Considered) -> Iterable[Finding]:
    """What depends on the method and the identity that were chosen."""
    record, where = one.record, place(one.record.ref)
    template = record.original_template or record.template
    if not one.decision.include:
        return
    if one.decision.method == "proxy":
        if record.proxy_refused:
            yield finding(
                "proxy-impossible", where, f"{record.proxy_refused[:1].upper()}{record.proxy_refused[1:]}."
            )
        else:
            if pod_templates.has_init_containers(template):
                yield finding("init-container-proxy", where)
            for policy in record.proxy_policies:
                yield finding("proxy-policy", where, f"It is {policy}.")
    if any(target.source_id for target in one.chosen.targets):
        for source in pod_templates.bulk_environment(template):
            yield finding(
                "client-id-elsewhere", where, f"It takes all of {source}, and its client ID changes."
            )
    named = {
        item.resource_id for item in facts.identities if item.ref in record.identity_refs and item.resource_id
    }
    for resource_id in sorted(named):
        if pod_templates.mentions(template, resource_id):
            yield finding("resource-id-pinned", where, f"It names {resource_id}.")


def _policy_findings(facts: Facts, accounts: Mapping[ObjectRef, Assignment]) -> Iterable[Finding]:
    """Policies that treat the account that a workload gets differently from the one that it had."""
    had = {record.ref: record.service_account for record in facts.workloads}
    for ref, assignment in accounts.items():
        new = assignment.account.name
        for policy in differing(facts.account_patterns, ref.namespace, had[ref], new):
            yield finding("account-in-policy", place(ref), f"{policy} knows {had[ref]}; it gets {new}.")


def _unmatched(facts: Facts, options: PlanOptions) -> Sequence[Rule]:
    return options.unmatched(facts.workloads)


def _settled(
    facts: Facts, considered: Sequence[_Considered], known: Sequence[Finding], options: PlanOptions
) -> tuple[list[Candidate], Mapping[ObjectRef, Assignment], tuple[Any, ...], list[Finding]]:
    """Workloads that can be switched, their accounts and credentials.

    A workload that has to stay behind may change what account its neighbours get: so it is done again until nobody
    more stays behind. Each round takes at least one away, which ends it.
    """
    blocked = _blocked(considered, known)
    found: dict[Finding, None] = {}
    while True:
        candidates = [
            Candidate(one.record, one.decision, one.chosen.targets)
            for one in considered
            if one.decision.include and one.chosen.targets and one.record.ref not in blocked
        ]
        accounts, account_findings = assign(facts, candidates, options.service_account_mode)
        needed = credentials.needed(facts, candidates, accounts, options.audience)
        over = credentials.over_limit(facts, candidates, needed, options.fleet_plans)
        fresh = [*account_findings, *over]
        places = {item.where for item in fresh if item.severity == BLOCKER}
        more = {item.record.ref for item in candidates if place(item.record.ref) in places}
        found.update({item: None for item in fresh if item.severity == BLOCKER or not more})
        if not more:
            return candidates, accounts, needed, list(found)
        blocked |= more


def _blocked(considered: Sequence[_Considered], findings: Sequence[Finding]) -> set[ObjectRef]:
    return {one.record.ref for one in considered if _blockers(one, findings)}


def _blockers(one: _Considered, findings: Iterable[Finding]) -> list[Finding]:
    """Of the findings, those that keep this workload from being switched."""
    own, identities = place(one.record.ref), {place(ref) for ref in one.record.identity_refs}
    return [
        item
        for item in findings
        if item.severity == BLOCKER
        and (
            item.where in (own, CLUSTER)
            or (item.where in identities and (not one.chosen.replaced or item.code == _STAYS_WHEN_REPLACED))
        )
    ]


def _reasons(considered: Sequence[_Considered], findings: Sequence[Finding]) -> Mapping[ObjectRef, str]:
    result = {}
    for one in considered:
        blockers = _blockers(one, findings)
        if not one.decision.include:
            result[one.record.ref] = "excluded by a rule"
        elif blockers:
            result[one.record.ref] = "; ".join(
                dict.fromkeys(f"{item.code}: {item.message}" for item in blockers)
            )
        elif not one.chosen.targets:
            result[one.record.ref] = "nothing says which identity it uses: its bindings are gone"
    return result


def _workload(
    one: _Considered,
    assignment: Optional[Assignment],
    wave: int,
    reasons: Mapping[ObjectRef, str],
    twins: Mapping[tuple[str, str, str], str],
) -> PlannedWorkload:
    record, found = one.record, one.chosen.targets
    template = record.original_template or record.template
    reason = reasons.get(record.ref, "")
    apply = one.decision.apply or ("export" if record.ownership in ("gitops", "operator") else "live")
    if record.rolls == "never" and apply == "live":
        apply = "export"
    if reason or assignment is None:
        apply = "none"
    first = found[0].key if found else ""
    classes = {
        name: twins[record.ref.namespace, name, first]
        for name in pod_templates.secret_provider_classes(template)
        if (record.ref.namespace, name, first) in twins
    }
    return PlannedWorkload(
        ref=record.ref,
        service_account=assignment.account.name if assignment else record.service_account,
        identity_ids=tuple(target.id for target in found if target.id),
        method=one.decision.method,
        wave=wave,
        apply=apply,
        reason=reason or ("" if apply != "none" else "a rule says so"),
        client_ids=dict(targets.renamed_client_ids(template, found)) or None,
        keep_label=masked(record),
        dependants=classes or None,
        client_id_env=assignment.client_id_env if assignment else None,
    )


def _identities(candidates: Sequence[Candidate]) -> tuple[PlannedIdentity, ...]:
    found: dict[str, PlannedIdentity] = {}
    for candidate in candidates:
        for target in candidate.targets:
            if target.id:
                found.setdefault(target.id.lower(), _identity(target))
    return tuple(found[key] for key in sorted(found))


def _identity(target: Target) -> PlannedIdentity:
    return PlannedIdentity(
        id=target.id,
        client_id=target.client_id,
        tenant_id=target.tenant_id,
        create=target.create,
        location=target.location,
        tags={"created-by": "aksops.workload_identity", "replaces": target.source_id.rpartition("/")[2]}
        if target.create
        else None,
        mirror_from=target.source_id or None,
        source_client_id=next(iter(target.source_client_ids), None),
    )


def _twins(
    facts: Facts, candidates: Sequence[Candidate]
) -> tuple[tuple[Mapping[str, Any], ...], Mapping[tuple[str, str, str], str]]:
    """Objects to create beside those on Pod Identity, and their names by (namespace, class, identity)."""
    users: dict[tuple[str, str], dict[str, Target]] = {}
    for candidate in candidates:
        template = candidate.record.original_template or candidate.record.template
        for class_name in pod_templates.secret_provider_classes(template):
            where = (candidate.record.ref.namespace, class_name)
            users.setdefault(where, {})[candidate.targets[0].key] = candidate.targets[0]
    made: list[Mapping[str, Any]] = []
    names: dict[tuple[str, str, str], str] = {}
    for obj in facts.dependants:
        if obj.get("kind") != "SecretProviderClass":
            made.append(secret_sources.trigger_twin(obj, naming.twin(name(obj), "", shared=False)))
            continue
        mounted = users.get((namespace(obj), name(obj)), {})
        for key in sorted(mounted):
            twin = naming.twin(name(obj), key, shared=len(mounted) > 1)
            names[namespace(obj), name(obj), key] = twin
            made.append(secret_sources.class_twin(obj, twin, mounted[key].client_id, mounted[key].tenant_id))
    by_place = sorted(made, key=lambda obj: (str(obj["kind"]), namespace(obj), name(obj)))
    return tuple(by_place), names


def _state(workloads: Sequence[PlannedWorkload], twins: Sequence[Any], findings: Sequence[Finding]) -> str:
    stopping = {item.code for item in findings if item.severity == BLOCKER and item.where == CLUSTER}
    if not workloads and not twins and "bindings-unreadable" not in stopping:
        return "nothing_to_migrate"
    if stopping:
        return "blocked"
    wanted = [item for item in workloads if item.reason not in ("excluded by a rule", "a rule says so")]
    stuck = [item for item in wanted if item.apply == "none"]
    if not stuck:
        return "ready" if wanted or twins else "nothing_to_migrate"
    return "blocked" if len(stuck) == len(wanted) else "partly_blocked"


def _settled_severity(
    facts: Facts, considered: Sequence[_Considered], findings: Sequence[Finding]
) -> Iterable[Finding]:
    """Blockers that block nobody, such as a broken AzureIdentity without workloads, are warnings."""
    at_work = {item for one in considered if one.decision.include for item in _blockers(one, findings)}
    for item in findings:
        if item.severity == BLOCKER and item.where != CLUSTER and item not in at_work:
            yield replace(item, severity=WARNING)
        else:
            yield item


def _sorting(ref: ObjectRef) -> tuple[str, str, str]:
    return (ref.namespace, ref.kind, ref.name)

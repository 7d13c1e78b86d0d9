# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""In what state each workload of a cluster is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from .._migration.facts import Facts, Finding, WorkloadRecord
from .._migration.objects import place
from .._migration.plan import Plan, PlannedWorkload
from .record import ReportedWorkload

Exchanges = Optional[Sequence[Mapping[str, Any]]]  # as in ClusterInput; None: no token was asked for

_BY_A_RULE = ("excluded by a rule", "a rule says so")


def reported(cluster: str, facts: Facts, plan: Plan, exchanges: Exchanges) -> tuple[ReportedWorkload, ...]:
    """All workloads that use Pod Identity or were switched, by namespace, kind and name."""
    planned = {item.ref: item for item in plan.workloads}
    codes: dict[str, list[str]] = {}
    for item in plan.findings:
        codes.setdefault(item.where, []).append(item.code)
    lines = (
        _line(cluster, record, planned.get(record.ref), _codes(record, codes), exchanges)
        for record in facts.workloads
    )
    return tuple(sorted(lines, key=lambda line: (line.namespace, line.kind, line.name)))


def proved_accounts(exchanges: Exchanges) -> frozenset[tuple[str, str]]:
    """(namespace, name) of the service accounts that were given every token that was asked for."""
    asked: dict[tuple[str, str], bool] = {}
    for item in exchanges or ():
        account = (str(item.get("namespace")), str(item.get("service_account")))
        asked[account] = asked.get(account, True) and item.get("outcome") == "proved"
    return frozenset(account for account, proved in asked.items() if proved)


def namespace_of(finding: Finding) -> str:
    """The namespace of the object that a finding is about; empty for clusters and Azure resources."""
    _kind, space, rest = finding.where.partition(" ")
    namespace, slash, _name = rest.partition("/")
    return namespace if space and slash else ""


def _codes(record: WorkloadRecord, codes: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Of the workload itself and of the AzureIdentities that its pods get."""
    places = (place(record.ref), *(place(ref) for ref in record.identity_refs))
    return tuple(dict.fromkeys(code for where in places for code in codes.get(where, ())))


def _line(
    cluster: str,
    record: WorkloadRecord,
    planned: Optional[PlannedWorkload],
    codes: tuple[str, ...],
    exchanges: Exchanges,
) -> ReportedWorkload:
    state, detail = _state(record, planned, exchanges)
    taking_part = planned is not None and planned.apply != "none"
    return ReportedWorkload(
        cluster=cluster,
        namespace=record.ref.namespace,
        kind=record.ref.kind,
        name=record.ref.name,
        state=state,
        detail=detail,
        wave=planned.wave if planned is not None and taking_part else None,
        method=planned.method if planned else "direct",
        service_account=planned.service_account if planned else record.service_account,
        identities=planned.identity_ids if planned else (),
        owner=record.owner or "",
        pods=record.pods,
        findings=codes,
    )


def _state(
    record: WorkloadRecord,
    planned: Optional[PlannedWorkload],
    exchanges: Exchanges,
) -> tuple[str, str]:
    if record.switched:
        return _switched(record, planned, exchanges)
    if record.held:
        return "held", record.held
    if planned is None:
        return "blocked", "The plan does not know it."
    if planned.apply == "none":
        return ("excluded" if planned.reason in _BY_A_RULE else "blocked"), planned.reason
    if planned.apply == "export":
        return "export", f"Owned by {record.owner}." if record.owner else "It cannot be changed in place."
    return "waiting", "" if record.healthy else f"Not healthy now: {record.health}"


def _switched(
    record: WorkloadRecord,
    planned: Optional[PlannedWorkload],
    exchanges: Exchanges,
) -> tuple[str, str]:
    account = (record.ref.namespace, planned.service_account if planned else record.service_account)
    proofs = [
        item for item in exchanges or () if (item.get("namespace"), item.get("service_account")) == account
    ]
    refused = [item for item in proofs if item.get("outcome") != "proved"]
    if refused:
        return "unproven", str(refused[0].get("explanation") or "The token was refused.")
    if not record.healthy:
        return "unhealthy", record.health
    if planned is not None and planned.keep_label:
        return "masked", ""
    if record.pods == 0:
        return "waiting_for_pod", "Its service account was given a token." if proofs else ""
    return ("verified" if proofs else "switched"), ""

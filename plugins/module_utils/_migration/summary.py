# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""A plan in a few lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from .facts import Facts, Finding, PodIdentityInstallation
from .findings import BLOCKER, CLUSTER, WARNING
from .objects import place
from .plan import Plan

_MOST_LINES = 12  # of findings, one for each code; the rest is in the plan
_MOST_BYTES = 20_000  # of findings in a result: a module's result stays below 30 kB

_STATES = {
    "nothing_to_migrate": "nothing to migrate",
    "ready": "ready",
    "partly_blocked": "ready, except for what is blocked",
    "blocked": "blocked",
}


def counts(facts: Facts, plan: Plan) -> Mapping[str, int]:
    """Figures of one cluster, every key always there."""
    applies = Counter(item.apply for item in plan.workloads)
    severities = Counter(item.severity for item in plan.findings)
    switched = {record.ref for record in facts.workloads if record.switched}
    return {
        "installations": len(facts.installations),
        "azure_identities": len(facts.identities),
        "bindings": len(facts.bindings),
        "workloads": len(plan.workloads),
        "workloads_switched": len(switched),
        "workloads_live": applies["live"],
        "workloads_export": applies["export"],
        "workloads_passed_over": applies["none"],
        "identities": len(plan.identities),
        "identities_to_create": sum(item.create for item in plan.identities),
        "federated_credentials": len(plan.credentials),
        "service_accounts": len(plan.service_accounts),
        "service_accounts_own": sum(item.create for item in plan.service_accounts),
        "blockers": severities[BLOCKER],
        "warnings": severities[WARNING],
    }


def lines(facts: Facts, plan: Plan) -> list[str]:
    """The account of one cluster, first line first: state, installation, work, waves, what stands in the way."""
    return list(_lines(facts, plan))


def capped(findings: Sequence[Finding]) -> tuple[list[Finding], int]:
    """As many findings as a result bears, gravest first, and how many are left out."""
    kept: list[Finding] = []
    size = 0
    for item in findings:
        size += (
            sum(len(text) for text in (item.code, item.severity, item.where, item.message, item.remedy)) + 90
        )
        if size > _MOST_BYTES:
            break
        kept.append(item)
    return kept, len(findings) - len(kept)


def _lines(facts: Facts, plan: Plan) -> Iterator[str]:
    figures = counts(facts, plan)
    yield f"{plan.cluster_name}: {_STATES[plan.state]}"
    for installation in facts.installations:
        yield f"  Pod Identity: {installed(installation)}"
    if not facts.installations:
        yield "  Pod Identity: not installed"
    if plan.workloads:
        yield (
            f"  {_many(figures['workloads'], 'workload')} on {_many(figures['identities'], 'identity')}:"
            f" {figures['workloads_live']} to change in place, {figures['workloads_export']} to export,"
            f" {figures['workloads_passed_over']} passed over; {figures['workloads_switched']} switched already"
        )
        yield (
            f"  {_many(figures['federated_credentials'], 'federated credential')},"
            f" {_many(figures['service_accounts'], 'service account')}"
            f" ({figures['service_accounts_own']} of their own),"
            f" {_many(figures['identities_to_create'], 'identity')} to create"
        )
        yield from _waves(plan)
    grave = [item for item in plan.findings if item.severity in (BLOCKER, WARNING) or item.where == CLUSTER]
    by_code: dict[tuple[str, str], list[Finding]] = {}
    for item in grave:
        by_code.setdefault((item.severity, item.code), []).append(item)
    told = list(by_code.values())[:_MOST_LINES]
    for alike in told:
        first = alike[0]
        where = "" if first.where == CLUSTER else f"{_places([item.where for item in alike])}: "
        yield f"  {first.severity}: {where}{first.message} -> {first.remedy} [{first.code}]"
    if len(by_code) > len(told):
        yield f"  and {sum(len(alike) for alike in list(by_code.values())[_MOST_LINES:])} more in the plan"


def installed(item: PodIdentityInstallation) -> str:
    """``Helm release aad-pod-identity (aad-pod-identity-4.1.18) in default, standard mode, v1.8.17``"""
    words = {
        "helm": f"Helm release {item.release or 'of unknown name'}"
        + (f" ({item.chart})" if item.chart else ""),
        "manifests": "manifests",
        "addon": "AKS add-on",
        "aks-engine": "aks-engine add-on",
    }
    version = f", {item.version}" if item.version else ""
    return f"{words.get(item.method, 'installed in an unknown way')} in {item.namespace}, {item.mode} mode{version}"


def _waves(plan: Plan) -> Iterator[str]:
    by_wave: dict[int, list[str]] = {}
    for item in plan.workloads:
        if item.apply != "none":
            by_wave.setdefault(item.wave, []).append(place(item.ref))
    for number, places in sorted(by_wave.items()):
        yield f"  wave {number}{' (canary)' if number == 0 else ''}: {_places(places)}"


def _places(places: Sequence[str]) -> str:
    each = list(dict.fromkeys(places))
    return ", ".join(each[:3]) + (f" and {len(each) - 3} more" if len(each) > 3 else "")


def _many(number: int, what: str) -> str:
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"

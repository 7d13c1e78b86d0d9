# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""A plan that people have read, and perhaps edited, given back: taken as it is, or refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .facts import Facts, ObjectRef
from .objects import place
from .options import APPLIES, METHODS
from .plan import Plan, PlannedWorkload, is_unknown
from .plan_basis import basis, differences
from .resolving import resolve

_MOST = 20  # lines of a refusal
_ACTING = ("live", "export")


class ReviewError(ValueError):
    """The reviewed plan does not fit; the text names each reason."""


def accepted(reviewed: Plan, fresh: Plan, facts: Facts) -> Plan:
    """The reviewed plan, with what is known only now filled in and the findings of now.

    ``fresh``: the plan that the facts of now give. Raises ReviewError where the cluster has moved on in a way that
    matters, or where the plan was edited into one that cannot be carried out.
    """
    if reviewed.cluster_id.lower() != fresh.cluster_id.lower():
        raise ReviewError(f"the reviewed plan is one of {reviewed.cluster_id}")
    if not reviewed.basis and fresh.basis:
        raise ReviewError("the reviewed plan does not say what it rests on (key basis); make it anew")
    moved = differences(reviewed.basis, basis(facts))
    if moved:
        raise ReviewError(f"the cluster has moved on since the plan was made: {_listed(moved)}")
    wrong = tuple(_wrong(reviewed, fresh))
    if wrong:
        raise ReviewError(f"the reviewed plan cannot be carried out: {_listed(wrong)}")
    issuer = None if is_unknown(fresh.issuer_url) else fresh.issuer_url
    known = resolve(reviewed, (), issuer)
    return replace(known, workloads=_workloads(known, fresh), findings=fresh.findings, state=_state(known))


def _wrong(reviewed: Plan, fresh: Plan) -> Iterator[str]:
    if not is_unknown(reviewed.issuer_url) and reviewed.issuer_url != fresh.issuer_url:
        yield f"issuer_url is {reviewed.issuer_url!r}, and the cluster's is {fresh.issuer_url!r}"
    accounts = {(item.namespace, item.name): item for item in reviewed.service_accounts}
    trusted = {(item.identity_id.lower(), item.subject) for item in reviewed.credentials}
    planned = {item.ref: item for item in fresh.workloads}
    seen: set[ObjectRef] = set()
    for item in reviewed.workloads:
        where = place(item.ref)
        if item.ref in seen:
            yield f"{where} is there twice"
        seen.add(item.ref)
        yield from _choices(where, item)
        now = planned.get(item.ref)
        if now is None or item.apply not in _ACTING:
            continue
        if now.apply == "none" and now.reason not in ("excluded by a rule", "a rule says so"):
            yield f"{where} is blocked: {now.reason}"
            continue
        if item.apply == "live" and now.apply == "export" and item.ref.kind in ("Pod", "Job"):
            yield f"{where} cannot be changed in place"
        account = accounts.get((item.ref.namespace, item.service_account))
        if account is None:
            yield f"{where} uses service account {item.service_account}, which is not among service_accounts"
            continue
        subject = f"system:serviceaccount:{account.namespace}:{account.name}"
        for identity in item.identity_ids:
            if (identity.lower(), subject) not in trusted:
                yield f"{where} uses {identity} as {subject}, for which there is no federated credential"


def _choices(where: str, item: PlannedWorkload) -> Iterator[str]:
    if item.method not in METHODS:
        yield f"{where} has method {item.method!r}; it must be one of {', '.join(METHODS)}"
    if item.apply not in APPLIES:
        yield f"{where} has apply {item.apply!r}; it must be one of {', '.join(APPLIES)}"
    if item.wave < 0:
        yield f"{where} has wave {item.wave}; it must be 0 (the canary) or more"


def _workloads(reviewed: Plan, fresh: Plan) -> tuple[PlannedWorkload, ...]:
    """Pods and Jobs that come and go are those of now; all else is as reviewed."""
    there = {item.ref for item in fresh.workloads}
    known = {item.ref for item in reviewed.workloads}
    fleeting = [
        item for item in fresh.workloads if item.ref not in known and place(item.ref) not in fresh.basis
    ]
    return (*(item for item in reviewed.workloads if item.ref in there), *fleeting)


def _state(plan: Plan) -> str:
    """As the reviewed plan says, except that one without work is none."""
    works = plan.dependants or any(item.apply in _ACTING for item in plan.workloads)
    return plan.state if works or plan.state == "blocked" else "nothing_to_migrate"


def _listed(lines: Sequence[str]) -> str:
    more = f"; and {len(lines) - _MOST} more" if len(lines) > _MOST else ""
    return "; ".join(lines[:_MOST]) + more

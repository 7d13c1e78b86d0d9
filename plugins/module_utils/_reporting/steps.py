# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""How far a cluster is with each step, read off what is there: no step is done because a run said so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .._migration.facts import Facts
from .._migration.objects import CLIENT_ID_ANNOTATION, annotations_of, name, namespace
from .._migration.plan import Plan, PlannedCredential, is_unknown
from .record import ReportedWorkload, Step
from .workloads import Exchanges, proved_accounts

_SUBJECT = "system:serviceaccount:"
_SWITCHED = ("switched", "verified", "masked", "waiting_for_pod", "unhealthy", "unproven")
_NOT_MEANT = ("excluded",)  # left on Pod Identity on purpose: not counted as work to do


def of_cluster(
    facts: Facts, plan: Plan, workloads: Sequence[ReportedWorkload], exchanges: Exchanges
) -> tuple[Step, ...]:
    """The steps in the order in which a migration takes them."""
    wanted = bool(plan.workloads or plan.credentials)
    return (
        _switch("issuer", facts.azure.cluster.oidc_issuer_enabled, wanted),
        _switch("webhook", facts.webhook != "none", wanted),
        _credentials(facts, plan, exchanges),
        _accounts(facts, plan),
        _workloads(workloads),
        _verified(workloads, exchanges),
        _removed(facts),
    )


def is_switched(workload: ReportedWorkload) -> bool:
    return workload.state in _SWITCHED


def pod_identity_left(facts: Facts) -> tuple[str, ...]:
    """In words, what of Pod Identity is still there."""
    return tuple(
        f"{number} {what}"
        for number, what in (
            (len(facts.installations), "installation" + ("s" if len(facts.installations) != 1 else "")),
            (len(facts.crds), "CRD" + ("s" if len(facts.crds) != 1 else "")),
            (len(facts.assigned), "AzureAssignedIdentit" + ("ies" if len(facts.assigned) != 1 else "y")),
        )
        if number
    )


def missing_credentials(facts: Facts, plan: Plan) -> Iterator[PlannedCredential]:
    """Those of the plan that are not in Azure, as far as their identities were read."""
    seen = _seen(facts)
    for item in plan.credentials:
        if (item.issuer, item.subject) not in seen.get(item.identity_id.lower(), ()):
            yield item


def _switch(key: str, on: bool, wanted: bool) -> Step:
    return Step(key, "done" if on else "open" if wanted else "none")


def _seen(facts: Facts) -> Mapping[str, set[tuple[str, str]]]:
    return {
        item.id.lower(): {(one.issuer, one.subject) for one in item.credentials}
        for item in facts.azure.identities
    }


def _credentials(facts: Facts, plan: Plan, exchanges: Exchanges) -> Step:
    """A credential counts as there when it was read, or when a token was given through it."""
    accounts = proved_accounts(exchanges)
    missing = [item for item in missing_credentials(facts, plan) if _account(item) not in accounts]
    read = {item.id.lower() for item in facts.azure.identities if item.federation != "unknown"}
    unread = [item for item in missing if item.identity_id.lower() not in read]
    done = len(plan.credentials) - len(missing)
    # Before its issuer is on, a cluster has no credential anywhere, whoever was read.
    if unread and len(unread) == len(missing) and facts.azure.cluster.oidc_issuer_enabled:
        words = f"{len(unread)} on an identity that is made anew or was not read"
        return Step("credentials", "unknown", done, len(plan.credentials), words)
    return _counted("credentials", done, len(plan.credentials), "")


def _account(credential: PlannedCredential) -> tuple[str, str]:
    account, _colon, service_account = credential.subject[len(_SUBJECT) :].partition(":")
    return account, service_account


def _accounts(facts: Facts, plan: Plan) -> Step:
    annotated = {
        (namespace(obj), name(obj)): str(annotations_of(obj).get(CLIENT_ID_ANNOTATION) or "")
        for obj in facts.service_accounts
    }
    done = 0
    for account in plan.service_accounts:
        found = annotated.get((account.namespace, account.name), "")
        # The client ID of an identity that is made anew is not in the plan.
        done += bool(found) and (is_unknown(account.client_id) or found.lower() == account.client_id.lower())
    return _counted("accounts", done, len(plan.service_accounts), "")


def _workloads(workloads: Sequence[ReportedWorkload]) -> Step:
    meant = [item for item in workloads if item.state not in _NOT_MEANT]
    return _counted("switched", sum(is_switched(item) for item in meant), len(meant), "")


def _verified(workloads: Sequence[ReportedWorkload], exchanges: Exchanges) -> Step:
    meant = [item for item in workloads if item.state not in _NOT_MEANT]
    switched = [item for item in meant if is_switched(item)]
    if exchanges is None and switched:
        return Step("verified", "unknown", 0, len(meant), "no token was asked for in this report")
    accounts = proved_accounts(exchanges)
    given = sum(1 for item in switched if (item.namespace, item.service_account) in accounts)
    return _counted("verified", given, len(meant), "")


def _removed(facts: Facts) -> Step:
    left = pod_identity_left(facts)
    return Step("removed", "open" if left else "done", detail=", ".join(left))


def _counted(key: str, done: int, total: int, detail: str) -> Step:
    if total == 0:
        return Step(key, "none")
    state = "done" if done == total else "partial" if done else "open"
    return Step(key, state, done, total, detail)

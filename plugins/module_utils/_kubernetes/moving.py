# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What the options of the module workloads ask for, and its result."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from .._migration.plan import Plan, PlannedWorkload
from .._record_files import read_plan
from . import reverting, selecting, waves
from .client import KubernetesClient
from .errors import KubernetesError, NotFound
from .exchanging import entra, exchanges_of
from .injection import Expected
from .paths import single
from .proving import Exchange, Patience, Proof, prove
from .service_accounts import CLIENT_ID, TENANT_ID
from .waiting import Waiting
from .workload_outcomes import Outcome, counts, diff, failure_text, shown

DEFAULT_AUDIENCE = "api://AzureADTokenExchange"


class WorkloadsFailed(KubernetesError):
    """Some workloads did not get where they should; ``data`` holds what became of all of them."""


def move(options: Mapping[str, Any], access: Any, check_mode: bool) -> dict[str, Any]:
    """Does what the options of the module ask for: keys changed, data, before, after, warnings of its Result.

    Raises WorkloadsFailed with the whole data where a workload failed.
    """
    warnings: tuple[str, ...] = ()
    if options["state"] == "pod_identity":
        outcomes, warnings = _revert(options, access)
    else:
        outcomes = _switch(options, access, check_mode)
    data = {"workloads": shown(outcomes), "counts": counts(outcomes)}
    changed = any(item.changed for item in outcomes)
    if any(item.failed for item in outcomes):
        raise WorkloadsFailed(
            failure_text(access.kubernetes.cluster, outcomes), data={**data, "changed": changed}
        )
    before, after = diff(outcomes)
    return {"changed": changed, "data": data, "before": before, "after": after, "warnings": warnings}


def _waiting(options: Mapping[str, Any]) -> Waiting:
    return Waiting(
        float(options["wait_timeout"]), float(options["quiet_time"]), float(options["poll_interval"])
    )


def _revert(options: Mapping[str, Any], access: Any) -> tuple[tuple[Outcome, ...], tuple[str, ...]]:
    client: KubernetesClient = access.kubernetes
    patterns = options.get("workloads")
    objects = reverting.switched_workloads(client)
    wishes = reverting.Wishes(_waiting(options), bool(options["force"]), bool(options["hold"]))
    outcomes = reverting.revert(client, objects, patterns, wishes, access.say)
    stray = selecting.unmatched(list(objects), patterns or ())
    return outcomes, tuple(f"No switched workload matches {pattern}." for pattern in stray)


def _switch(options: Mapping[str, Any], access: Any, check_mode: bool) -> tuple[Outcome, ...]:
    client: KubernetesClient = access.kubernetes
    if options.get("plan_path"):
        plan = read_plan(str(options["plan_path"]), options.get("identities"), options.get("issuer_url"))
        planned, twins = plan.workloads, plan.dependants
        exchanges = exchanges_of(plan)
        expected = {item.ref: _expected(item, plan) for item in planned}
        folder = options.get("export_path") or os.path.join(
            os.path.dirname(str(options["plan_path"])), "exports"
        )
    else:
        planned, twins, folder = _listed(options["workloads"]), (), options.get("export_path")
        exchanges = _exchanges_of_accounts(client, planned)
        expected = {item.ref: _expected_by_account(item, exchanges) for item in planned}
    wishes = waves.Wishes(
        waiting=_waiting(options),
        force=bool(options["force"]),
        retry_held=bool(options["retry_held"]),
        until_wave=options.get("until_wave"),
        wave=options.get("wave"),
        export_folder=folder,
    )

    def prover(works: Sequence[PlannedWorkload]) -> tuple[Proof, ...]:
        accounts = {(item.ref.namespace, item.service_account) for item in works}
        wanted = [item for item in exchanges if (item.namespace, item.service_account) in accounts]
        patience = Patience(timeout=float(options["wait_timeout"]))
        return prove(client, entra(access), wanted, patience, check_mode=check_mode, say=access.say)

    run = waves.Waves(client, wishes, twins, prover if options["prove"] else None, access.say)
    return run.run(planned, expected)


def _expected(planned: PlannedWorkload, plan: Plan) -> Expected:
    """What its pods have to show, by the plan: any of its identities, since its code may ask for each of
    them."""
    wanted = {item.lower() for item in planned.identity_ids}
    client_ids = tuple(item.client_id for item in plan.identities if item.id.lower() in wanted)
    subject = f"system:serviceaccount:{planned.ref.namespace}:{planned.service_account}"
    audience = next((item.audience for item in plan.credentials if item.subject == subject), None)
    return Expected(planned.service_account, client_ids, planned.method == "proxy", audience)


def _expected_by_account(planned: PlannedWorkload, exchanges: Sequence[Exchange]) -> Expected:
    client_ids = tuple(
        item.client_id
        for item in exchanges
        if (item.namespace, item.service_account) == (planned.ref.namespace, planned.service_account)
    )
    return Expected(planned.service_account, client_ids, planned.method == "proxy")


def _listed(items: Sequence[Mapping[str, Any]]) -> tuple[PlannedWorkload, ...]:
    missing = [
        item
        for item in items
        if not all(item.get(key) for key in ("kind", "namespace", "name", "service_account"))
    ]
    if missing:
        raise KubernetesError(
            "state workload_identity needs kind, namespace, name and service_account for each of workloads;"
            " patterns are"
            " for state pod_identity."
        )
    return tuple(
        PlannedWorkload(
            ref=selecting.named(item),
            service_account=str(item["service_account"]),
            identity_ids=(),
            method=str(item.get("method") or "direct"),
            wave=int(item.get("wave") or 0),
            apply="live",
        )
        for item in items
    )


def _exchanges_of_accounts(
    client: KubernetesClient, planned: Sequence[PlannedWorkload]
) -> tuple[Exchange, ...]:
    """What the accounts of a list name themselves: one GET for each account."""
    found = []
    for namespace, name in sorted({(item.ref.namespace, item.service_account) for item in planned}):
        account = client.find(single("ServiceAccount", namespace, name))
        if account is None:
            raise NotFound(
                f"{client.cluster}: the service account {namespace}/{name} does not exist. Create it first."
            )
        marks: Mapping[str, str] = account["metadata"].get("annotations") or {}
        if not marks.get(CLIENT_ID) or not marks.get(TENANT_ID):
            raise KubernetesError(
                f"{client.cluster}: the service account {namespace}/{name} names no identity: annotate it"
                f" with {CLIENT_ID}"
                f" and {TENANT_ID} first (module service_accounts)."
            )
        found.append(Exchange(namespace, name, marks[CLIENT_ID], marks[TENANT_ID], DEFAULT_AUDIENCE))
    return tuple(found)

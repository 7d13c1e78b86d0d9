# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Which exchanges a list or a plan asks for, and their proofs as a result."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Optional

from .._migration.plan import Plan
from .._record_files import read_plan
from .errors import KubernetesError
from .proving import Entra, Exchange, Patience, Proof, prove

_SUBJECT = "system:serviceaccount:"


class ProofError(KubernetesError):
    """Service accounts that do not get their tokens; ``data["exchanges"]`` holds all outcomes."""


def entra(access: Any) -> Entra:
    """Where and for what tokens are asked: the authority of the session's cloud, and its Resource Manager as
    audience."""
    cloud = access.azure.cloud
    return Entra(authority=str(cloud.authority), scope=str(cloud.scope))


def exchanges_of(plan: Plan, accounts: Optional[Collection[tuple[str, str]]] = None) -> tuple[Exchange, ...]:
    """One exchange for each federated credential of the plan (pure).

    ``accounts``: only those of these (namespace, name) pairs.
    """
    identities = {item.id.lower(): item for item in plan.identities}
    found = []
    for credential in plan.credentials:
        if not credential.subject.startswith(_SUBJECT):
            continue  # not a service account's, so no token of it can be had from this cluster
        namespace, _colon, name = credential.subject[len(_SUBJECT) :].partition(":")
        identity = identities.get(credential.identity_id.lower())
        if identity is None or (accounts is not None and (namespace, name) not in accounts):
            continue
        found.append(Exchange(namespace, name, identity.client_id, identity.tenant_id, credential.audience))
    return tuple(dict.fromkeys(found))


def prove_all(options: Mapping[str, Any], access: Any, check_mode: bool) -> list[dict[str, Any]]:
    """Proves what the options of token_exchange_info name. Raises ProofError where one fails."""
    if options.get("plan_path"):
        wanted = exchanges_of(
            read_plan(str(options["plan_path"]), options.get("identities"), options.get("issuer_url"))
        )
    else:
        wanted = tuple(
            Exchange(
                item["namespace"],
                item["service_account"],
                item["client_id"],
                item["tenant_id"],
                item["audience"],
            )
            for item in options["exchanges"]
        )
    patience = Patience(int(options["successes"]), float(options["wait_timeout"]))
    proofs = prove(access.kubernetes, entra(access), wanted, patience, check_mode=check_mode, say=access.say)
    shown = [show(item) for item in proofs]
    failed = [item for item in proofs if item.outcome == "failed"]
    if failed:
        raise ProofError(failure_text(access.kubernetes.cluster, failed), data={"exchanges": shown})
    return shown


def failure_text(cluster: str, failed: Collection[Proof]) -> str:
    lines = [
        f"{item.exchange.namespace}/{item.exchange.service_account} as {item.exchange.client_id}:"
        f" {item.explanation}"
        for item in failed
    ]
    more = f" (and {len(lines) - 5} more)" if len(lines) > 5 else ""
    return f"{cluster}: no token for {len(lines)} of the service accounts: " + " | ".join(lines[:5]) + more


def show(proof: Proof) -> dict[str, Any]:
    """A proof as a module returns it."""
    return {
        "namespace": proof.exchange.namespace,
        "service_account": proof.exchange.service_account,
        "client_id": proof.exchange.client_id,
        "outcome": proof.outcome,
        "code": proof.code,
        "explanation": proof.explanation,
    }

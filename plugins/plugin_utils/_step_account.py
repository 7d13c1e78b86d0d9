# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection.
"""What one task did to one cluster, in a few words: the result of a module in, a line for people out.

Only fields that the modules document as return values are looked at, never a task's arguments, so
nothing that a task was given (a secret, say) can come out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

COLLECTION = "aksops.workload_identity."

_TROUBLE = {"failed", "rolled_back", "held", "blocked", "exported"}  # states of workloads
_PLAN_FIGURES = {
    "workloads": "workloads",
    "workloads_switched": "switched already",
    "workloads_export": "to export",
    "workloads_passed_over": "passed over",
    "identities_to_create": "identities to create",
    "blockers": "blockers",
    "warnings": "warnings",
}


def step_of(action: str) -> Optional[str]:
    """The step that an action belongs to; None for foreign actions."""
    found = _STEPS.get(action[len(COLLECTION) :]) if action.startswith(COLLECTION) else None
    return found[0] if found else None


def describe(action: str, result: Mapping[str, Any]) -> Optional[tuple[str, str]]:
    """The step that ``action`` (a full name) belongs to, and what ``result`` says; None for others."""
    if not action.startswith(COLLECTION):
        return None
    found = _STEPS.get(action[len(COLLECTION) :])
    if found is None or result.get("censored") is not None:
        return None
    step, words = found
    return step, words(result)


def troubled(action: str, result: Mapping[str, Any], asked_for: Optional[str] = None) -> list[str]:
    """The single objects of ``result`` that somebody has to look at, one line each.

    ``asked_for`` is the option ``state`` of the task: what went back on request is no trouble.
    """
    if action == COLLECTION + "workloads":
        states = _TROUBLE if asked_for != "pod_identity" else _TROUBLE - {"rolled_back"}
        return [
            f"{_reference(item.get('ref'))}: {_reason(item)}"
            for item in _list(result, "workloads")
            if item.get("state") in states
        ]
    if action == COLLECTION + "token_exchange_info":
        return [
            f"{item.get('namespace')}/{item.get('service_account')}: {item.get('code') or 'no token'}"
            f"{_detail(item.get('explanation'))}"
            for item in _list(result, "exchanges")
            if item.get("outcome") == "failed"
        ]
    if action == COLLECTION + "role_assignments":
        return [_finding(item) for item in _list(result, "not_mirrored")]
    return []


def tally(counts: Mapping[str, Any]) -> str:
    """``{"workloads": 3, "held": 0}`` as "3 workloads"; what is zero is left out, and the sum of all."""
    return (
        ", ".join(
            f"{number} {_counted_as(name, number)}"
            for name, number in counts.items()
            if number and name != "total"
        )
        or "nothing"
    )


def _counted_as(name: str, number: Any) -> str:
    """ "workloads" of one is "workload"; states ("held", "passed_over") are no plurals and stay."""
    noun, space, rest = _words(name).partition(" ")
    if number == 1 and noun.endswith("ies"):
        noun = noun[:-3] + "y"
    elif number == 1 and noun.endswith("s"):
        noun = noun[:-1]
    return f"{noun}{space}{rest}"


def count_by(items: Sequence[Mapping[str, Any]], key: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in items:
        counts[str(item.get(key))] = counts.get(str(item.get(key)), 0) + 1
    return counts


def _cluster(result: Mapping[str, Any]) -> str:
    clusters = _list(result, "clusters")
    if len(clusters) != 1:
        return f"{len(clusters)} clusters"
    cluster = clusters[0]
    issuer = "on" if cluster.get("oidc_issuer_enabled") else "off"
    return (
        f"Kubernetes {cluster.get('kubernetes_version')}, {_words(cluster.get('power_state')).lower()}, "
        f"{_words(cluster.get('provisioning_state')).lower()}, issuer {issuer}"
    )


def _discovery(result: Mapping[str, Any]) -> str:
    installed = ", ".join(
        " ".join(str(item[key]) for key in ("method", "version") if item.get(key))
        for item in _list(result, "installations")
    )
    counts = _mapping(result, "counts")
    shown = {key: counts.get(key, 0) for key in ("workloads", "identities", "bindings", "switched", "held")}
    return _joined(f"Pod Identity: {installed or 'not installed'}", shown)


def _plan(result: Mapping[str, Any]) -> str:
    counts = _mapping(result, "counts")
    shown = {words: counts.get(key, 0) for key, words in _PLAN_FIGURES.items()}
    return _joined(_words(result.get("state")), shown)


def _joined(words: str, counts: Mapping[str, Any]) -> str:
    return f"{words}; {tally(counts)}" if any(counts.values()) else words


def _features(result: Mapping[str, Any]) -> str:
    words = tally(count_by(_list(result, "features"), "outcome"))
    return (
        f"{words}; provider registered again" if _mapping(result, "provider").get("reregistered") else words
    )


def _issuer(result: Mapping[str, Any]) -> str:
    if result.get("operation") in ("submitted", "running", "busy"):
        return {
            "submitted": "update submitted",
            "running": "update under way",
            "busy": "the cluster is busy with another operation; submitted again later",
        }[str(result["operation"])]
    webhook = "on" if result.get("workload_identity") else "left as it is"
    return f"{result.get('issuer_url')}, managed webhook {webhook}"


def _identities(result: Mapping[str, Any]) -> str:
    return f"{len(_list(result, 'identities'))} ready"


def _roles(result: Mapping[str, Any]) -> str:
    missed = len(_list(result, "not_mirrored"))
    words = f"assignments: {tally(count_by(_list(result, 'assignments'), 'outcome'))}"
    return f"{words}; {missed} could not be mirrored" if missed else words


def _rights(result: Mapping[str, Any]) -> str:
    return tally(
        {
            "granted": result.get("granted", 0),
            "missing": len(_list(result, "missing")),
            "unknown": len(_list(result, "unknown")),
        }
    )


def _counted(result: Mapping[str, Any]) -> str:
    return tally(_mapping(result, "counts"))


def _by_outcome(key: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda result: tally(count_by(_list(result, key), "outcome"))


def _retirement(result: Mapping[str, Any]) -> str:
    outcomes = count_by(_list(result, "steps"), "outcome")
    written = result.get("backup_path") and not outcomes.get("would_do")  # check mode writes none
    return f"steps: {tally(outcomes)}" + (f"; backup in {result['backup_path']}" if written else "")


_STEPS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "aks_cluster_info": ("cluster", _cluster),
    "aks_oidc_issuer": ("issuer", _issuer),
    "feature_registration": ("features", _features),
    "feature_registration_info": ("features", _features),
    "federated_credentials": ("credentials", _counted),
    "managed_identities": ("identities", _identities),
    "migration_plan": ("plan", _plan),
    "pod_identity": ("retirement", _retirement),
    "pod_identity_info": ("discovery", _discovery),
    "rights_info": ("rights", _rights),
    "role_assignments": ("roles", _roles),
    "service_accounts": ("accounts", _by_outcome("service_accounts")),
    "token_exchange_info": ("tokens", _by_outcome("exchanges")),
    "workloads": ("workloads", _counted),
}


def _finding(item: Mapping[str, Any]) -> str:
    return (
        f"{item.get('where')}: {item.get('message')} {item.get('remedy') or ''}".rstrip()
        + f" ({item.get('code')})"
    )


def _reference(ref: Any) -> str:
    """A reference to an object, as text, whether it is one already or its parts."""
    if isinstance(ref, Mapping):
        namespaced = "/".join(str(ref[key]) for key in ("namespace", "name") if ref.get(key))
        return f"{ref.get('kind')} {namespaced}"
    return str(ref)


def _reason(workload: Mapping[str, Any]) -> str:
    """State and detail of a workload; a detail that begins with the state says both."""
    state, detail = _words(workload.get("state")), str(workload.get("detail") or "")
    return detail if detail.startswith(state) else state + _detail(detail)


def _detail(text: Any) -> str:
    return f", {text}" if text else ""


def _words(name: Any) -> str:
    return str(name).replace("_", " ")


def _list(result: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [item for item in result.get(key) or [] if isinstance(item, Mapping)]


def _mapping(result: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = result.get(key)
    return value if isinstance(value, Mapping) else {}

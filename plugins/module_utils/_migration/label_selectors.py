# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Selectors that use the label aadpodidbinding: whoever selects by it loses the pods when the label goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .facts import ObjectRef, RawCluster
from .kinds import DISRUPTION_BUDGETS, NETWORK_POLICIES, POD_MONITORS, SERVICES, listed
from .objects import BINDING_LABEL, at, items, mapping, place, spec, words


@dataclass(frozen=True)
class SelectorUse:
    """One selector, outside of the workload's own matchLabels, that asks for the label."""

    by: str  # "Service team-a/web"
    namespace: Optional[str]  # where the pods lie that it selects; None: in all namespaces
    values: Optional[tuple[str, ...]]  # values of the label that it asks for; None: any
    absent: bool = False  # it selects pods without the label, which all pods become


def in_selector(selector: Any) -> bool:
    """Whether a LabelSelector (or the plain map of a ReplicationController) names the label."""
    chosen = mapping(selector)
    return (
        BINDING_LABEL in chosen
        or BINDING_LABEL in mapping(chosen.get("matchLabels"))
        or any(item.get("key") == BINDING_LABEL for item in items(chosen.get("matchExpressions")))
    )


def uses(
    raw: RawCluster, templates: Sequence[tuple[ObjectRef, Mapping[str, Any]]]
) -> tuple[SelectorUse, ...]:
    """Every use in Services, disruption budgets, network policies, pod monitors and pod templates."""
    found: list[SelectorUse] = []
    for service in listed(raw, SERVICES):
        ref = SERVICES.ref(service)
        found += _uses(place(ref), ref.namespace, {"matchLabels": spec(service).get("selector")})
    for budget in listed(raw, DISRUPTION_BUDGETS):
        ref = DISRUPTION_BUDGETS.ref(budget)
        found += _uses(place(ref), ref.namespace, spec(budget).get("selector"))
    for policy in listed(raw, NETWORK_POLICIES):
        ref = NETWORK_POLICIES.ref(policy)
        found += _uses(place(ref), ref.namespace, spec(policy).get("podSelector"))
        for side, peers in (("ingress", "from"), ("egress", "to")):
            for rule in items(spec(policy).get(side)):
                for peer in items(rule.get(peers)):
                    where = None if "namespaceSelector" in peer else ref.namespace
                    found += _uses(place(ref), where, peer.get("podSelector"))
    for monitor in listed(raw, POD_MONITORS):
        found += _uses(place(POD_MONITORS.ref(monitor)), None, spec(monitor).get("selector"))
    for ref, template in templates:
        found += _template_uses(ref, template)
    return tuple(dict.fromkeys(found))


def _template_uses(ref: ObjectRef, template: Mapping[str, Any]) -> Iterator[SelectorUse]:
    pod = spec(template)
    for constraint in items(pod.get("topologySpreadConstraints")):
        yield from _uses(
            f"{place(ref)} (topologySpreadConstraints)", ref.namespace, constraint.get("labelSelector")
        )
    for side in ("podAffinity", "podAntiAffinity"):
        rules = at(pod, ("affinity", side))
        terms = list(items(rules.get("requiredDuringSchedulingIgnoredDuringExecution")))
        preferred = items(rules.get("preferredDuringSchedulingIgnoredDuringExecution"))
        terms += [mapping(item.get("podAffinityTerm")) for item in preferred]
        for term in terms:
            elsewhere = "namespaceSelector" in term or bool(term.get("namespaces"))
            yield from _uses(
                f"{place(ref)} ({side})", None if elsewhere else ref.namespace, term.get("labelSelector")
            )


def _uses(by: str, namespace: Optional[str], selector: Any) -> Iterator[SelectorUse]:
    chosen = mapping(selector)
    exact = mapping(chosen.get("matchLabels"))
    if BINDING_LABEL in exact:
        yield SelectorUse(by, namespace, (str(exact[BINDING_LABEL]),))
    for expression in items(chosen.get("matchExpressions")):
        if expression.get("key") != BINDING_LABEL:
            continue
        operator = expression.get("operator")
        values = words(expression.get("values"))
        if operator == "In":
            yield SelectorUse(by, namespace, values)
        elif operator == "Exists":
            yield SelectorUse(by, namespace, None)
        else:  # NotIn, DoesNotExist: the pods come into its reach when they lose the label
            yield SelectorUse(by, namespace, values or None, absent=True)


def touching(found: Sequence[SelectorUse], namespace: str, value: str) -> tuple[SelectorUse, ...]:
    """The uses that change what they select when a pod of this namespace loses the label with this value."""
    return tuple(
        use
        for use in found
        if use.namespace in (None, namespace) and (use.values is None or value in use.values)
    )

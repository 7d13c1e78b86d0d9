# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The workloads that use Pod Identity, and what about each of them matters to its migration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from . import argo_cd, health, known_software, ownership, pod_templates, rewriting
from .azure_identities import Matching
from .cluster_policies import PrivilegePolicy
from .egress import https_proxy, obstacles
from .facts import Finding, ObjectRef, WorkloadRecord
from .findings import finding
from .label_selectors import SelectorUse, in_selector, touching
from .objects import BINDING_LABEL, labels, mapping, namespace, place, spec
from .top_objects import Pods, TopObject, replicas, rolls
from .undo_record import UndoRecordError

_SYSTEM_NAMESPACE = "kube-system"


@dataclass(frozen=True)
class Surroundings:
    """What discovery knows of the rest of the cluster when it looks at a workload."""

    matching: Matching
    pods: Pods
    namespaces: Mapping[str, Mapping[str, Any]]  # labels of each
    version: tuple[int, int]
    uses: Sequence[SelectorUse]
    class_names: frozenset[tuple[str, str]]  # SecretProviderClasses on Pod Identity, by (namespace, name)
    egress: Sequence[Mapping[str, Any]] = ()  # network policies on the way out
    privilege: Sequence[PrivilegePolicy] = ()
    applications: Mapping[str, bool] = field(default_factory=dict)  # of Argo CD -> whether it heals itself
    driver_lacks_tokens: bool = False


def original(item: TopObject) -> tuple[Mapping[str, Any], str]:
    """The template as it was before the switch, and what is wrong with the undo record, if anything."""
    if not item.supported or not rewriting.switched(item.object):
        return item.template, ""
    try:
        return rewriting.original_template(item.object, item.ref.kind), ""
    except UndoRecordError as error:
        return item.template, str(error)


def bound_workload(item: TopObject, around: Surroundings) -> Optional[WorkloadRecord]:
    """The record of a workload that binds, or that was switched; None for all others."""
    before = original(item)[0]
    switched = item.supported and rewriting.switched(item.object)
    selector = _selector(before)
    identities = around.matching.identities_of(item.ref.namespace, selector)
    if not identities and not switched:
        return None
    hold = rewriting.held(item.object, item.ref.kind) if item.supported else None
    ill = health.illness(item.ref.kind, item.object)
    owner, spread = _owner(item, around), around.namespaces.get(item.ref.namespace, {})
    return WorkloadRecord(
        ref=item.ref,
        selector=None if switched else selector,
        identity_refs=identities,
        service_account=pod_templates.service_account(before),
        replicas=replicas(item.ref.kind, item.object),
        template=item.template,
        template_path=item.path,
        match_labels=mapping(spec(item.object).get("selector")) if item.supported else {},
        owner=owner.text,
        switched=switched,
        held=hold.reason if hold else None,
        healthy=not ill,
        health=ill,
        pods=len(around.pods.of(item.ref)),
        labels=dict(labels(item.object)),
        original_template=before if switched else None,
        ownership=owner.kind,
        rolls=rolls(item.ref.kind, item.object, item.supported),
        proxy_refused=pod_templates.proxy_refused(item.ref.kind, before, spread, around.version),
        proxy_policies=tuple(
            policy.by for policy in around.privilege if policy.applies(item.ref.namespace, spread)
        ),
    )


def _owner(item: TopObject, around: Surroundings) -> ownership.Ownership:
    if not item.supported:
        return ownership.Ownership("operator", place(item.ref))
    owner = ownership.ownership(item.object)
    habit = argo_cd.habit(item.object, around.applications) if owner.kind == "gitops" else ""
    return ownership.Ownership(owner.kind, f"{owner.text} ({habit})") if habit else owner


def _selector(template: Mapping[str, Any]) -> Optional[str]:
    value = labels(template).get(BINDING_LABEL)
    return str(value) if value else None


def unbound(item: TopObject, around: Surroundings) -> Iterator[Finding]:
    """A label that no binding matches."""
    before, damaged = original(item)
    selector = _selector(before)
    switched = item.supported and rewriting.switched(item.object)
    if selector and not switched and not around.matching.identities_of(item.ref.namespace, selector):
        yield finding("label-without-binding", place(item.ref), f"Its value is {selector!r}.")
    if damaged:
        yield finding("unreadable", place(item.ref), f"{damaged}.")


def workload_findings(record: WorkloadRecord, around: Surroundings) -> Iterator[Finding]:
    """What stands in the way of one workload, or is to be known about it, whatever the options."""
    where, template = place(record.ref), record.original_template or record.template
    if record.ref.namespace == _SYSTEM_NAMESPACE:
        yield finding("kube-system", where)
    yield from _selector_findings(record, template, around)
    yield from _controller_findings(record, where)
    if not record.healthy and not record.switched:
        yield finding("unhealthy", where, f"{record.health[:1].upper()}{record.health[1:]}.")
    if record.held:
        yield finding("held", where, f"Reason: {record.held}.")
    if pod_templates.host_network(template):
        yield finding("host-network", where)
    for source in pod_templates.client_id_elsewhere(template):
        yield finding("client-id-elsewhere", where, f"AZURE_CLIENT_ID comes from {source}.")
    preset = pod_templates.preset_variables(template)
    if preset:
        yield finding("environment-preset", where, f"Set: {', '.join(preset)}.")
    for name in sorted(set(pod_templates.secret_provider_classes(template))):
        if (record.ref.namespace, name) in around.class_names:
            yield finding("secret-provider-class", where, f"It mounts SecretProviderClass {name}.")
            if around.driver_lacks_tokens:
                yield finding("csi-driver-without-tokens", where, f"It mounts SecretProviderClass {name}.")
    yield from _way_out(record, template, around)
    for software in known_software.users_in(template):
        yield finding("well-known-software", where, f"It is {software.name}.", remedy=software.change)
    selector = _selector(template)
    for binding in around.matching.bindings_of(record.ref.namespace, selector):
        if binding.ref.namespace != record.ref.namespace:
            yield finding("wide-binding", where, f"Bound by {place(binding.ref)}.")


def _way_out(record: WorkloadRecord, template: Mapping[str, Any], around: Surroundings) -> Iterator[Finding]:
    """What lies between the pods and the authority."""
    where = place(record.ref)
    blocked = obstacles(around.egress, record.ref.namespace, template)
    if blocked:
        yield finding("egress-policy", where, blocked)
    variables = https_proxy(template)
    if variables:
        yield finding("proxy-environment", where, f"Set: {', '.join(variables)}.")
    if pod_templates.windows(template):
        yield finding("windows", where)


def _selector_findings(
    record: WorkloadRecord, template: Mapping[str, Any], around: Surroundings
) -> Iterator[Finding]:
    where = place(record.ref)
    if masked(record):
        yield finding("masked", where)
        return  # the label stays, so no other selector loses anything
    value = _selector(template)
    if value is not None and not record.switched:
        for use in touching(around.uses, record.ref.namespace, value):
            yield finding("label-in-selector", where, f"{use.by} selects its pods by {BINDING_LABEL}.")


def masked(record: WorkloadRecord) -> bool:
    """Whether the label is part of the workload's own, immutable selector."""
    return in_selector(record.match_labels)


def _controller_findings(record: WorkloadRecord, where: str) -> Iterator[Finding]:
    if record.ownership == "helm":
        yield finding("owned-by-helm", where, f"Owner: {record.owner}.")
    elif record.ownership == "gitops":
        yield finding("owned-by-gitops", where, f"Owner: {record.owner}.")
    elif record.ownership == "operator" and record.template_path:
        yield finding("owned-by-operator", where, f"Owner: {record.owner}.")
    if record.rolls == "on_delete":
        yield finding("rolls-on-delete", where)
    elif record.rolls == "never":
        maker = known_software.maker_of(record.labels or {}) if record.ref.kind == "Pod" else None
        if maker is not None:
            yield finding("made-on-demand", where, f"Made by {maker.name}.", remedy=maker.change)
            return
        code = {
            "Pod": "bare-pod",
            "Job": "running-job",
            "ReplicaSet": "never-rolls",
            "ReplicationController": "never-rolls",
        }.get(record.ref.kind, "unsupported-controller")
        yield finding(code, where)


def bound_pods(records: Sequence[WorkloadRecord], around: Surroundings) -> Iterator[ObjectRef]:
    """Live pods that Pod Identity still answers: their label matches a binding, and their workload is not masked."""
    spared = {record.ref for record in records if record.switched and masked(record)}
    for ref, pods in around.pods.by_owner.items():
        if ref in spared:
            continue
        for pod in pods:
            if around.matching.identities_of(namespace(pod), _selector(pod)):
                yield ObjectRef("Pod", namespace(pod), str(mapping(pod.get("metadata")).get("name")))


def used_bindings(objects: Sequence[TopObject], around: Surroundings) -> frozenset[ObjectRef]:
    found = set()
    for item in objects:
        before = original(item)[0]
        for binding in around.matching.bindings_of(item.ref.namespace, _selector(before)):
            found.add(binding.ref)
    return frozenset(found)

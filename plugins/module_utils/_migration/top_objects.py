# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Everything that makes pods, each by its topmost object: what an operator would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .facts import ObjectRef, RawCluster
from .kinds import (
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    PODS,
    REPLICA_SETS,
    STATEFUL_SETS,
    TEMPLATE_KINDS,
    KindPath,
    listed,
    template_path,
)
from .objects import Object, at, controller, items, mapping, metadata, name, namespace, spec, status

_ENDED_PHASES = ("Succeeded", "Failed")
# Kinds whose owners are looked up, so that the chain Pod -> ReplicaSet -> Deployment is followed to its end.
_KNOWN = {kind.kind: kind for kind in TEMPLATE_KINDS}


@dataclass(frozen=True)
class TopObject:
    """One topmost object with the template of its pods.

    ``supported`` is false for controllers of other kinds (Argo Rollouts, Spark, ...): then ``object`` is one of
    their pods or ReplicaSets, and ``template`` the template of that.
    """

    ref: ObjectRef
    object: Mapping[str, Any]
    template: Mapping[str, Any]
    path: tuple[str, ...]
    supported: bool = True


_Key = tuple[str, str, str]  # kind, namespace, name


@dataclass(frozen=True)
class Pods:
    """Live pods by their topmost object."""

    by_owner: Mapping[ObjectRef, tuple[Mapping[str, Any], ...]]

    def of(self, ref: ObjectRef) -> tuple[Mapping[str, Any], ...]:
        return self.by_owner.get(ref, ())


def top_objects(raw: RawCluster) -> tuple[TopObject, ...]:
    """In the order of TEMPLATE_KINDS, then of namespace and name. Finished Jobs and pods are left out."""
    known = _keys(raw)
    found: dict[ObjectRef, TopObject] = {}
    for kind in TEMPLATE_KINDS:
        for obj in listed(raw, kind):
            if _ended(kind, obj):
                continue
            owner = controller(obj)
            if owner is None or kind in (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, CRON_JOBS):
                # Operators own Deployments: those are what makes pods, and ownership() tells who may revert.
                path = template_path(kind.kind)
                found.setdefault(kind.ref(obj), TopObject(kind.ref(obj), obj, at(obj, path), path))
            elif (str(owner.get("kind")), namespace(obj), str(owner.get("name"))) in known:
                continue
            elif kind in (PODS, REPLICA_SETS, JOBS) and _KNOWN.get(str(owner.get("kind"))) is None:
                ref = ObjectRef(
                    str(owner.get("kind")),
                    namespace(obj),
                    str(owner.get("name")),
                    str(owner.get("apiVersion", "v1")),
                )
                found.setdefault(ref, TopObject(ref, obj, _pod_template(kind, obj), (), supported=False))
    return tuple(found.values())


def live_pods(raw: RawCluster) -> Pods:
    """Every pod that has not ended, under the reference that ``top_objects`` gives its topmost object."""
    owners = _keys(raw)
    grouped: dict[ObjectRef, list[Mapping[str, Any]]] = {}
    for pod in listed(raw, PODS):
        if _ended(PODS, pod):
            continue
        kind, obj = PODS, pod
        ref = PODS.ref(pod)
        while True:
            owner = controller(obj)
            if owner is None or kind in (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, CRON_JOBS):
                ref = kind.ref(obj)
                break
            key = (str(owner.get("kind")), namespace(obj), str(owner.get("name")))
            if key not in owners:
                version = str(owner.get("apiVersion", "v1"))
                ref = ObjectRef(key[0], key[1], key[2], version)
                break
            kind, obj = owners[key]
        grouped.setdefault(ref, []).append(pod)
    return Pods({ref: tuple(pods) for ref, pods in grouped.items()})


def rolls(kind: str, obj: Object, supported: bool) -> str:
    """rolling | on_delete | on_demand | never: how a new template comes to its pods."""
    if not supported or kind in ("Pod", "Job", "ReplicaSet", "ReplicationController"):
        return "never"
    if kind == "CronJob":
        return "on_demand"
    if (
        kind in ("StatefulSet", "DaemonSet")
        and mapping(spec(obj).get("updateStrategy")).get("type") == "OnDelete"
    ):
        return "on_delete"
    return "rolling"


def replicas(kind: str, obj: Object) -> Optional[int]:
    """As wanted; None for kinds that have none."""
    if kind not in ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"):
        return None
    wanted = spec(obj).get("replicas")
    return wanted if isinstance(wanted, int) else 1


def _keys(raw: RawCluster) -> dict[_Key, tuple[KindPath, Mapping[str, Any]]]:
    return {
        (kind.kind, namespace(obj), name(obj)): (kind, obj)
        for kind in TEMPLATE_KINDS
        for obj in listed(raw, kind)
    }


def _pod_template(kind: KindPath, obj: Object) -> Mapping[str, Any]:
    if kind is not PODS:
        return at(obj, template_path(kind.kind))
    return {"metadata": {"labels": dict(mapping(metadata(obj).get("labels")))}, "spec": spec(obj)}


def _ended(kind: KindPath, obj: Object) -> bool:
    if kind is PODS:
        return status(obj).get("phase") in _ENDED_PHASES
    if kind is JOBS:
        return any(
            item.get("type") in ("Complete", "Failed") and item.get("status") == "True"
            for item in items(status(obj).get("conditions"))
        )
    return False

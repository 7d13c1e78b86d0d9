# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Whether a workload is well now, read from the object alone, before anybody thinks of changing it."""

from __future__ import annotations

from .objects import Object, items, metadata, spec, status


def illness(kind: str, obj: Object) -> str:
    """Why it is not well, in words; an empty text where it is, or where the kind has no health of its own."""
    seen, generation = status(obj).get("observedGeneration"), metadata(obj).get("generation")
    behind = isinstance(generation, int) and (not isinstance(seen, int) or seen < generation)
    if kind in ("Deployment", "StatefulSet", "DaemonSet") and behind:
        return "its controller has not acted on the newest change yet"
    if kind == "Deployment":
        return _deployment(obj)
    if kind == "StatefulSet":
        return _short("ready", status(obj).get("readyReplicas"), _replicas(obj))
    if kind == "DaemonSet":
        return _short(
            "available", status(obj).get("numberAvailable"), status(obj).get("desiredNumberScheduled")
        )
    if kind in ("ReplicaSet", "ReplicationController"):
        return _short("ready", status(obj).get("readyReplicas"), _replicas(obj))
    if kind == "Pod":
        ready = any(item.get("type") == "Ready" and item.get("status") == "True" for item in _conditions(obj))
        return "" if ready else f"the pod is not ready (phase {status(obj).get('phase', 'unknown')})"
    return ""


def _deployment(obj: Object) -> str:
    if spec(obj).get("paused"):
        return "its rollout is paused"
    for condition in _conditions(obj):
        if condition.get("type") == "Progressing" and condition.get("status") == "False":
            return f"its rollout has failed: {condition.get('message') or condition.get('reason')}"
    wanted = _replicas(obj)
    return _short("updated", status(obj).get("updatedReplicas"), wanted) or _short(
        "available", status(obj).get("availableReplicas"), wanted
    )


def _short(what: str, have: object, wanted: object) -> str:
    here = have if isinstance(have, int) else 0
    aim = wanted if isinstance(wanted, int) else 0
    return f"{here} of {aim} pods {what}" if here < aim else ""


def _replicas(obj: Object) -> int:
    replicas = spec(obj).get("replicas")
    return replicas if isinstance(replicas, int) else 1


def _conditions(obj: Object) -> tuple[Object, ...]:
    return items(status(obj).get("conditions"))

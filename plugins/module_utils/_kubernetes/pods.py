# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Which pods are a workload's own, and how they fare (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Optional

_CRASHES_TO_GIVE_UP = 3
_HOPELESS = frozenset({"CreateContainerConfigError", "InvalidImageName", "CreateContainerError"})


def pods_of(workload: Mapping[str, Any], pods: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The live pods among ``pods`` that belong to a Deployment, StatefulSet, DaemonSet, CronJob, Job or the
    like."""
    metadata = workload["metadata"]
    return [
        pod
        for pod in pods
        if (pod["metadata"].get("namespace") == metadata.get("namespace"))
        and not pod["metadata"].get("deletionTimestamp")
        and _belongs(str(workload.get("kind")), str(metadata["name"]), metadata.get("uid"), pod)
    ]


def _belongs(kind: str, name: str, uid: Optional[str], pod: Mapping[str, Any]) -> bool:
    for owner in pod["metadata"].get("ownerReferences") or ():
        if not owner.get("controller"):
            continue
        if kind == "Deployment":
            # A Deployment names its ReplicaSets <name>-<pod-template-hash>, so no list of ReplicaSets is
            # needed.
            template_hash = (pod["metadata"].get("labels") or {}).get("pod-template-hash")
            return bool(owner.get("kind") == "ReplicaSet" and owner.get("name") == f"{name}-{template_hash}")
        if kind == "CronJob":
            # The controller names its Jobs <name>-<scheduled time in minutes>.
            return (
                owner.get("kind") == "Job"
                and re.fullmatch(re.escape(name) + r"-\d+", str(owner.get("name"))) is not None
            )
        return bool(owner.get("uid") == uid)
    return False


def restarts(pods: Iterable[Mapping[str, Any]]) -> int:
    return sum(int(status.get("restartCount", 0)) for pod in pods for status in _statuses(pod))


def hopeless(pods: Iterable[Mapping[str, Any]]) -> str:
    """Why waiting any longer is of no use, or an empty text: a container that crashes again and again, or
    cannot start."""
    for pod in pods:
        for status in _statuses(pod):
            waiting = (status.get("state") or {}).get("waiting") or {}
            reason = str(waiting.get("reason", ""))
            where = f"container {status.get('name')} of pod {pod['metadata']['name']}"
            if reason == "CrashLoopBackOff" and int(status.get("restartCount", 0)) >= _CRASHES_TO_GIVE_UP:
                return f"{where} crashes again and again ({status['restartCount']} restarts)"
            if reason in _HOPELESS:
                return f"{where} cannot be created: {reason}: {waiting.get('message', '')}"[:400]
    return ""


def trouble(pods: Iterable[Mapping[str, Any]]) -> str:
    """What the pods themselves say about not being ready, for the text of a failure."""
    found = []
    for pod in pods:
        for status in _statuses(pod):
            waiting = (status.get("state") or {}).get("waiting") or {}
            if waiting.get("reason"):
                found.append(f"{pod['metadata']['name']}/{status.get('name')}: {waiting['reason']}")
        for condition in (pod.get("status") or {}).get("conditions") or ():
            if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
                found.append(f"{pod['metadata']['name']}: not scheduled: {condition.get('message', '')}")
    return "; ".join(found[:3])


def _statuses(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status = pod.get("status") or {}
    return [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]

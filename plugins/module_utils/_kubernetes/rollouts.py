# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""How far the rollout of a workload is, read from the object alone (pure).

The rules are those of ``kubectl rollout status``: k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ROLLING = ("Deployment", "StatefulSet", "DaemonSet")


@dataclass(frozen=True)
class Rollout:
    done: bool
    failed: bool = False
    message: str = ""
    wanted: int = 0  # pods that there are to be; 0: nothing runs, so nothing can be seen


def rollout(workload: Mapping[str, Any]) -> Rollout:
    """State of the rollout of the newest template. Kinds that do not roll (CronJob, Job) are done with
    nothing wanted."""
    kind = workload.get("kind")
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    if kind not in ROLLING:
        return Rollout(done=True)
    if int((workload.get("metadata") or {}).get("generation", 0)) > int(status.get("observedGeneration", 0)):
        return Rollout(
            done=False, message="the controller has not seen the change yet", wanted=_wanted(workload)
        )
    if kind == "Deployment":
        return _deployment(spec, status)
    if kind == "StatefulSet":
        return _stateful_set(spec, status)
    return _daemon_set(spec, status)


def unhealthy(workload: Mapping[str, Any]) -> str:
    """Why a workload is not fit to be changed now, or an empty text: paused, failing or in mid-rollout."""
    if workload.get("kind") == "Deployment" and (workload.get("spec") or {}).get("paused"):
        return "its rollout is paused"
    state = rollout(workload)
    if state.failed:
        return f"its rollout has failed: {state.message}"
    return "" if state.done else f"a rollout is under way or its pods are not ready: {state.message}"


def _wanted(workload: Mapping[str, Any]) -> int:
    if workload.get("kind") == "DaemonSet":
        return int((workload.get("status") or {}).get("desiredNumberScheduled", 0))
    return _replicas(workload.get("spec") or {})


def _replicas(spec: Mapping[str, Any]) -> int:
    replicas = spec.get("replicas")
    return 1 if replicas is None else int(replicas)


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Rollout:
    wanted = _replicas(spec)
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return Rollout(False, True, str(condition.get("message", "progress deadline exceeded")), wanted)
    updated, total = int(status.get("updatedReplicas", 0)), int(status.get("replicas", 0))
    available = int(status.get("availableReplicas", 0))
    if updated < wanted:
        return Rollout(False, False, f"{updated} of {wanted} new pods created", wanted)
    if total > updated:
        return Rollout(False, False, f"{total - updated} old pods still there", wanted)
    if available < updated:
        return Rollout(False, False, f"{available} of {updated} new pods available", wanted)
    return Rollout(True, False, "complete", wanted)


def _stateful_set(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Rollout:
    wanted = _replicas(spec)
    strategy = spec.get("updateStrategy") or {}
    ready, updated = int(status.get("readyReplicas", 0)), int(status.get("updatedReplicas", 0))
    if ready < wanted:
        return Rollout(False, False, f"{ready} of {wanted} pods ready", wanted)
    if strategy.get("type") == "OnDelete":
        return Rollout(True, False, "update strategy OnDelete: pods change when they are deleted", wanted)
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    if partition:
        aim = max(0, wanted - partition)
        if updated < aim:
            return Rollout(False, False, f"{updated} of {aim} pods above the partition updated", wanted)
        return Rollout(True, False, "complete above the partition", wanted)
    if status.get("updateRevision") != status.get("currentRevision") and updated < wanted:
        return Rollout(False, False, f"{updated} of {wanted} pods updated", wanted)
    return Rollout(True, False, "complete", wanted)


def _daemon_set(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Rollout:
    wanted = int(status.get("desiredNumberScheduled", 0))
    updated, available = int(status.get("updatedNumberScheduled", 0)), int(status.get("numberAvailable", 0))
    on_delete = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    if updated < wanted and not on_delete:
        return Rollout(False, False, f"{updated} of {wanted} pods updated", wanted)
    if available < wanted:
        return Rollout(False, False, f"{available} of {wanted} pods available", wanted)
    return Rollout(True, False, "complete", wanted)

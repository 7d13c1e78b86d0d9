# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods are a workload's own, and how they fare."""

from __future__ import annotations

from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.pods import (
    hopeless,
    pods_of,
    restarts,
)


def pod(name: str, owner: tuple[str, str, str], namespace: str = "team", **labels: str) -> dict[str, Any]:
    kind, owner_name, uid = owner
    reference = {"kind": kind, "name": owner_name, "uid": uid, "controller": True}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "ownerReferences": [reference]}
    }


def owner(kind: str, name: str = "web", uid: str = "u1") -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "team", "uid": uid}}


def names(workload: dict[str, Any], *pods: dict[str, Any]) -> list[str]:
    return [str(item["metadata"]["name"]) for item in pods_of(workload, pods)]


def test_a_deployment_owns_pods_of_its_replica_sets_and_not_of_a_namesakes() -> None:
    own = pod("web-abc-1", ("ReplicaSet", "web-abc", "r"), **{"pod-template-hash": "abc"})
    namesake = pod("web-abc-def-1", ("ReplicaSet", "web-abc-def", "r"), **{"pod-template-hash": "def"})
    elsewhere = pod(
        "web-abc-1", ("ReplicaSet", "web-abc", "r"), namespace="other", **{"pod-template-hash": "abc"}
    )
    assert names(owner("Deployment"), own, namesake, elsewhere) == ["web-abc-1"]
    assert names(owner("Deployment", "web-abc"), own, namesake) == ["web-abc-def-1"]


def test_stateful_sets_and_daemon_sets_own_by_uid() -> None:
    pods = [pod("web-0", ("StatefulSet", "web", "u1")), pod("web-1", ("StatefulSet", "web", "u0"))]
    assert names(owner("StatefulSet"), *pods) == ["web-0"]


def test_a_cron_job_owns_pods_of_its_jobs() -> None:
    pods = [pod("a", ("Job", "web-29000000", "j")), pod("b", ("Job", "web-manual", "j"))]
    assert names(owner("CronJob"), *pods) == ["a"]


def test_pods_on_their_way_out_do_not_count() -> None:
    leaving = pod("web-0", ("StatefulSet", "web", "u1"))
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert names(owner("StatefulSet"), leaving) == []


def test_crashes_are_waited_for_a_few_times_only() -> None:
    crashing = pod("web-0", ("StatefulSet", "web", "u1"))
    status = {"name": "app", "restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    crashing["status"] = {"containerStatuses": [status]}
    assert hopeless([crashing]) == ""
    status["restartCount"] = 3
    assert "container app of pod web-0 crashes again and again" in hopeless([crashing])
    assert restarts([crashing]) == 3

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a rollout is: the rules of kubectl rollout status."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.rollouts import (
    rollout,
    unhealthy,
)

UP = {"observedGeneration": 2}


def workload(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "done", "failed"),
    [
        ("Deployment", {}, {**UP, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}, True, False),
        ("Deployment", {"replicas": 0}, UP, True, False),
        ("Deployment", {"replicas": 2}, {**UP, "replicas": 2, "updatedReplicas": 1}, False, False),
        ("Deployment", {}, {**UP, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 2}, False, False),
        ("Deployment", {}, {**UP, "replicas": 1, "updatedReplicas": 1}, False, False),
        ("Deployment", {}, {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}, False, False),
        (
            "Deployment",
            {},
            {**UP, "conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]},
            False,
            True,
        ),
        ("StatefulSet", {"replicas": 2}, {**UP, "readyReplicas": 1}, False, False),
        (
            "StatefulSet",
            {"replicas": 2},
            {**UP, "readyReplicas": 2, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"},
            False,
            False,
        ),
        (
            "StatefulSet",
            {"replicas": 2},
            {**UP, "readyReplicas": 2, "updatedReplicas": 2, "currentRevision": "b", "updateRevision": "b"},
            True,
            False,
        ),
        (
            "StatefulSet",
            {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            {**UP, "readyReplicas": 3, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"},
            True,
            False,
        ),
        (
            "DaemonSet",
            {},
            {**UP, "desiredNumberScheduled": 3, "updatedNumberScheduled": 2, "numberAvailable": 3},
            False,
            False,
        ),
        (
            "DaemonSet",
            {},
            {**UP, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3},
            True,
            False,
        ),
        ("CronJob", {}, {}, True, False),
    ],
)
def test_rollout(kind: str, spec: dict[str, Any], status: dict[str, Any], done: bool, failed: bool) -> None:
    state = rollout(workload(kind, spec, status))
    assert (state.done, state.failed) == (done, failed)


def test_a_paused_deployment_is_not_fit_to_be_changed() -> None:
    status = {**UP, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    assert unhealthy(workload("Deployment", {"paused": True}, status)) == "its rollout is paused"
    assert unhealthy(workload("Deployment", {}, status)) == ""

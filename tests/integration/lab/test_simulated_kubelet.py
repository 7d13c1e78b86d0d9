# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes and pods behave as on AKS, or misbehave as their annotation asks."""

from __future__ import annotations

from typing import Any

import pytest

from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.stages import BEHAVIOUR, BEHAVIOUR_WITH_WORKLOAD_IDENTITY
from lab.waiting import eventually

pytestmark = pytest.mark.lab

PODS = "/api/v1/namespaces/default/pods"
USES_WORKLOAD_IDENTITY = {"azure.workload.identity/use": "true"}


def pod(name: str, *containers: str, **metadata: Any) -> dict[str, Any]:
    named = [{"name": container, "image": "app"} for container in containers or ("main",)]
    return {"metadata": {"name": name, **metadata}, "spec": {"restartPolicy": "Never", "containers": named}}


def status(control_plane: ControlPlane, name: str) -> dict[str, Any]:
    found: dict[str, Any] = control_plane.api().get(f"{PODS}/{name}")["status"]
    return found


def is_ready(found: dict[str, Any]) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in found.get("conditions", []))


def test_nodes_are_ready_and_look_like_those_of_a_scale_set(newest: ControlPlane) -> None:
    nodes = eventually(
        lambda: newest.api().list("/api/v1/nodes"),
        lambda all_: all(is_ready(node["status"]) for node in all_),
    )
    assert [node["metadata"]["name"] for node in nodes] == [
        "aks-nodepool1-12345678-vmss000000",
        "aks-nodepool1-12345678-vmss000001",
    ]
    assert nodes[1]["spec"]["providerID"].startswith("azure:///subscriptions/")
    assert nodes[1]["spec"]["providerID"].endswith("/aks-nodepool1-12345678-vmss/virtualMachines/1")
    assert nodes[0]["status"]["nodeInfo"]["kubeletVersion"] == "v1.36.3"


@pytest.mark.parametrize(
    ("behaviour", "phase", "ready", "reason"),
    [
        ("", "Running", True, None),
        ("never-ready", "Running", False, None),
        ("crash-loop", "Running", False, "CrashLoopBackOff"),
        ("image-pull", "Pending", False, "ImagePullBackOff"),
        ("fail", "Failed", False, None),
    ],
)
def test_pods_behave_as_asked(
    newest: ControlPlane, behaviour: str, phase: str, ready: bool, reason: str | None
) -> None:
    name = f"behaves-{behaviour or 'well'}"
    newest.api().create(PODS, pod(name, annotations={BEHAVIOUR: behaviour} if behaviour else {}))
    found = eventually(lambda: status(newest, name), lambda seen: "containerStatuses" in seen)
    waiting = found["containerStatuses"][0]["state"].get("waiting", {})
    assert (found["phase"], is_ready(found), waiting.get("reason")) == (phase, ready, reason)


@pytest.mark.parametrize("behaviour", ["crash-loop", "restart-after:1s"])
def test_containers_restart_again_and_again(newest: ControlPlane, behaviour: str) -> None:
    name = f"restarts-{behaviour.partition(':')[0]}"
    newest.api().create(PODS, pod(name, annotations={BEHAVIOUR: behaviour}))

    def restarts() -> int:
        return sum(one["restartCount"] for one in status(newest, name).get("containerStatuses", []))

    eventually(restarts, lambda count: count >= 2)
    assert is_ready(status(newest, name)) == (behaviour != "crash-loop")


def test_misbehaviour_can_wait_for_the_migration(newest: ControlPlane) -> None:
    annotations = {BEHAVIOUR_WITH_WORKLOAD_IDENTITY: "never-ready"}
    newest.api().create(PODS, pod("before", annotations=annotations))
    newest.api().create(PODS, pod("after", annotations=annotations, labels=USES_WORKLOAD_IDENTITY))
    assert is_ready(eventually(lambda: status(newest, "before"), lambda seen: seen["phase"] == "Running"))
    assert not is_ready(eventually(lambda: status(newest, "after"), lambda seen: seen["phase"] == "Running"))


@pytest.mark.parametrize("fixture", ["newest", "older"])
def test_jobs_complete_unless_a_plain_proxy_keeps_them_alive(
    request: pytest.FixtureRequest, fixture: str
) -> None:
    control_plane: ControlPlane = request.getfixturevalue(fixture)
    api = control_plane.api()
    jobs = "/apis/batch/v1/namespaces/default/jobs"
    for name, containers in (("alone", ("main",)), ("beside-proxy", ("azwi-proxy", "main"))):
        api.create(jobs, {"metadata": {"name": name}, "spec": {"template": pod("", *containers)}})
    eventually(lambda: api.get(f"{jobs}/alone")["status"], lambda seen: seen.get("succeeded") == 1)

    def main_container() -> dict[str, Any]:
        found = api.list(PODS, labelSelector="job-name=beside-proxy")[0]["status"]
        states = {one["name"]: one["state"] for one in found.get("containerStatuses", [])}
        return {"phase": found["phase"], **{name: next(iter(state)) for name, state in states.items()}}

    eventually(
        main_container,
        lambda seen: seen == {"phase": "Running", "main": "terminated", "azwi-proxy": "running"},
    )
    assert api.get(f"{jobs}/beside-proxy")["status"]["active"] == 1

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How KWOK plays the kubelet: nodes are ready at once, pods start, complete, or misbehave when told to.

A pod template asks for misbehaviour with an annotation:

``lab.aksops.io/behaviour``
    always;
``lab.aksops.io/behaviour-with-workload-identity``
    only while the pod carries the label ``azure.workload.identity/use: "true"``, that is after a migration.

Values: ``crash-loop``, ``never-ready``, ``image-pull`` (stays Pending), ``fail`` (pod phase Failed),
``restart-after:20s`` (ready, and its containers restart every 20 s).

Pods of Jobs complete after a second. Beside a plain (not native) ``azwi-proxy`` sidecar they do not, as on a
real kubelet: the pod goes on running until all its containers have ended.
"""

from __future__ import annotations

from typing import Any

from lab.kubernetes import pod_status

BEHAVIOUR = "lab.aksops.io/behaviour"
BEHAVIOUR_WITH_WORKLOAD_IDENTITY = "lab.aksops.io/behaviour-with-workload-identity"

Condition = tuple[str, str, tuple[str, ...]]

_ASKED = (
    f'(.metadata.annotations["{BEHAVIOUR}"]'
    ' // (if .metadata.labels["azure.workload.identity/use"] == "true"'
    f' then .metadata.annotations["{BEHAVIOUR_WITH_WORKLOAD_IDENTITY}"] else null end)'
    ' // "none")'
)
_ALIVE: Condition = (".metadata.deletionTimestamp", "DoesNotExist", ())
_UNTOUCHED: Condition = (".status.containerStatuses", "DoesNotExist", ())
_PENDING: Condition = (".status.phase", "In", ("Pending",))
_RUNNING: Condition = (".status.phase", "In", ("Running",))
_READY: Condition = ('.status.conditions.[] | select(.type == "Ready") | .status', "In", ("True",))
_NOT_READY: Condition = ('.status.conditions.[] | select(.type == "Ready") | .status', "NotIn", ("True",))
_OF_A_JOB: Condition = (
    'if any(.metadata.ownerReferences[]?; .kind == "Job") then "yes" else "no" end',
    "In",
    ("yes",),
)


def _behaves(*names: str) -> Condition:
    return (f'{_ASKED} | sub(":.*"; "")', "In", names)


def _beside_plain_proxy(answer: str) -> Condition:
    return ('if any(.spec.containers[]; .name == "azwi-proxy") then "yes" else "no" end', "In", (answer,))


def _stage(
    name: str, kind: str, when: tuple[Condition, ...], status: str | None, delay: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One KWOK Stage. Without a status template the object is deleted."""
    expressions = [
        {"key": key, "operator": operator, **({"values": list(values)} if values else {})}
        for key, operator, values in when
    ]
    spec: dict[str, Any] = {
        "resourceRef": {"apiGroup": "v1", "kind": kind},
        "selector": {"matchExpressions": expressions},
        "next": {"delete": True} if status is None else {"statusTemplate": status},
    }
    if delay:
        spec["delay"] = delay
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": spec}


def _pod(
    name: str, when: tuple[Condition, ...], status: str | None, delay: dict[str, Any] | None = None
) -> dict[str, Any]:
    return _stage(f"pod-{name}", "Pod", when, status, delay)


def stages() -> list[dict[str, Any]]:
    """All Stage objects of the lab, for KWOK's configuration file."""
    fresh = (_ALIVE, _PENDING, _UNTOUCHED)
    alive = (_ALIVE, _RUNNING)
    job = (*alive, _OF_A_JOB, _READY, _behaves("none"))
    every = {
        "durationMilliseconds": 20000,
        "durationFrom": {"expressionFrom": f'{_ASKED} | sub("^[^:]*:?"; "")'},
    }
    return [
        _stage("node-initialize", "Node", (_NOT_READY,), pod_status.NODE_READY),
        # Well within the 200 s that kwokctl gives the controller manager before it calls a node lost.
        _stage("node-heartbeat", "Node", (_READY,), pod_status.NODE_ALIVE, {"durationMilliseconds": 60000}),
        _pod("ready", (*fresh, _behaves("none", "restart-after")), pod_status.ready()),
        _pod("never-ready", (*fresh, _behaves("never-ready")), pod_status.not_ready()),
        _pod("crash", (*fresh, _behaves("crash-loop")), pod_status.crashed()),
        _pod(
            "crash-again",
            (*alive, _behaves("crash-loop")),
            pod_status.crashed_again(),
            {"durationMilliseconds": 5000},
        ),
        _pod("image-pull", (*fresh, _behaves("image-pull")), pod_status.image_missing()),
        _pod("fail", (*fresh, _behaves("fail")), pod_status.failed(), {"durationMilliseconds": 500}),
        _pod("restart", (*alive, _READY, _behaves("restart-after")), pod_status.restarted(), every),
        _pod(
            "complete",
            (*job, _beside_plain_proxy("no")),
            pod_status.completed(),
            {"durationMilliseconds": 1000},
        ),
        _pod(
            "complete-but-proxy",
            (*job, _beside_plain_proxy("yes")),
            pod_status.completed_but_proxy(),
            {"durationMilliseconds": 1000},
        ),
        _pod("delete", ((".metadata.deletionTimestamp", "Exists", ()),), None),
    ]

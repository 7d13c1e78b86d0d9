# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pod of a workload that runs now: one that is there, or one that is made for the occasion."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lab.fleet.scenario import Application
from lab.kubernetes.api_server import ApiServer
from lab.kubernetes.stages import BEHAVIOUR

PATIENCE_SECONDS = 30.0
Pod = dict[str, Any]


class NoPod(Exception):
    """No pod came up; the text says of which workload and what was seen."""


@contextmanager
def live_pod(api: ApiServer, application: Application) -> Iterator[Pod]:
    """A ready pod of the application.

    A CronJob gets a Job (as ``kubectl create job --from=cronjob/...`` makes it) that lasts until the block
    ends; a workload that is scaled to zero gets one replica for as long.

    Raises:
        NoPod
    """
    path = api.path_of(application.manifest)
    current = api.get(path)
    if application.kind == "CronJob":
        with _job(api, current) as job:
            yield _ready_pod(api, application, job["metadata"]["uid"])
    elif current["spec"].get("replicas") == 0:
        api.patch(f"{path}/scale", {"spec": {"replicas": 1}})
        try:
            yield _ready_pod(api, application, current["metadata"]["uid"])
        finally:
            api.patch(f"{path}/scale", {"spec": {"replicas": 0}})
            _await_none(api, application, current["metadata"]["uid"])
    else:
        yield _ready_pod(api, application, current["metadata"]["uid"])


@contextmanager
def _job(api: ApiServer, cron_job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    namespace, name = cron_job["metadata"]["namespace"], cron_job["metadata"]["name"]
    spec = cron_job["spec"]["jobTemplate"]["spec"]
    template = spec["template"]
    # Its pod would complete after a second; this one has work for an hour.
    annotations = {**template["metadata"].get("annotations", {}), BEHAVIOUR: "restart-after:3600s"}
    metadata = {**template["metadata"], "annotations": annotations}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{name}-{uuid.uuid4().hex[:6]}",
            "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
        },
        "spec": {**spec, "template": {**template, "metadata": metadata}},
    }
    jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    created = api.create(jobs, job)
    try:
        yield created
    finally:
        api.delete(f"{jobs}/{created['metadata']['name']}", propagationPolicy="Foreground")


def _ready_pod(api: ApiServer, application: Application, owner: str) -> Pod:
    """The newest ready pod below the owner; a Deployment owns its pods through ReplicaSets."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        pods = _pods_below(api, application, owner)
        ready = [pod for pod in pods if _is_ready(pod)]
        if ready:
            return max(ready, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
        if time.monotonic() > deadline:
            seen = [f"{pod['metadata']['name']} ({pod.get('status', {}).get('phase')})" for pod in pods]
            raise NoPod(f"{application.key}: no ready pod, seen: {', '.join(seen) or 'none'}")
        time.sleep(0.2)


def _await_none(api: ApiServer, application: Application, owner: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _pods_below(api, application, owner):
        if time.monotonic() > deadline:
            raise NoPod(f"{application.key}: its pod did not go away again")
        time.sleep(0.2)


def _pods_below(api: ApiServer, application: Application, owner: str) -> list[Pod]:
    namespace = application.namespace
    owners = {owner} | {
        replica_set["metadata"]["uid"]
        for replica_set in api.list(f"/apis/apps/v1/namespaces/{namespace}/replicasets")
        if _owned_by(replica_set, {owner})
    }
    return [pod for pod in api.list(f"/api/v1/namespaces/{namespace}/pods") if _owned_by(pod, owners)]


def _owned_by(item: dict[str, Any], owners: set[str]) -> bool:
    return any(reference["uid"] in owners for reference in item["metadata"].get("ownerReferences", ()))


def _is_ready(pod: Pod) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return "deletionTimestamp" not in pod["metadata"] and any(
        condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions
    )

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster's objects brought to its control plane, and the wait until they run."""

from __future__ import annotations

import time
from typing import Any

from lab.fleet.scenario import Cluster
from lab.kubernetes.api_server import ApiServer
from lab.kubernetes.nodes import scale_set_nodes

PATIENCE_SECONDS = 90.0


class NotInTime(Exception):
    """Something did not come to be within its time; the text names what is missing."""


def apply_nodes(api: ApiServer, cluster: Cluster) -> None:
    api.apply(
        scale_set_nodes(
            cluster.scale_set_id,
            cluster.node_count,
            location=cluster.location,
            kubernetes_version=cluster.version,
        )
    )


def apply_workloads(api: ApiServer, cluster: Cluster) -> None:
    """As a team's pipeline does: server-side apply under the field manager ``kubectl``."""
    api.apply(cluster.manifests, field_manager="kubectl")
    api.apply((application.manifest for application in cluster.applications), field_manager="kubectl")


def await_workloads(api: ApiServer, cluster: Cluster) -> None:
    """Waits until every application's rollout is complete.

    Raises:
        NotInTime
    """
    awaited(
        f"{cluster.name}: rollouts",
        lambda: [
            application.key
            for application in cluster.applications
            if not _rolled_out(api.get(api.path_of(application.manifest)))
        ],
    )


def await_assigned(api: ApiServer, cluster: Cluster) -> None:
    """Waits until MIC has given every bound pod its AzureAssignedIdentity and the nodes their identities.

    Raises:
        NotInTime
    """
    awaited(f"{cluster.name}: assigned identities", lambda: _unassigned(api, cluster))


def _rolled_out(workload: dict[str, Any]) -> bool:
    kind, status = workload["kind"], workload.get("status", {})
    if kind == "CronJob":
        return True
    if status.get("observedGeneration") != workload["metadata"]["generation"]:
        return False
    if kind == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return bool(wanted > 0 and status.get("numberReady", 0) == wanted)
    return bool(status.get("readyReplicas", 0) == workload["spec"].get("replicas", 1))


def _unassigned(api: ApiServer, cluster: Cluster) -> list[str]:
    bound = {
        (pod["metadata"]["namespace"], pod["metadata"]["name"])
        for pod in api.list("/api/v1/pods", labelSelector="aadpodidbinding")
    }
    assigned = {
        (item["spec"]["podNamespace"], item["spec"]["pod"])
        for item in api.list("/apis/aadpodidentity.k8s.io/v1/azureassignedidentities")
        if item.get("status", {}).get("status") == "Assigned"
    }
    if not bound:
        return ["any pod of the applications"]
    return sorted(f"pod {namespace}/{name}" for namespace, name in bound - assigned)


def awaited(what: str, missing: Any, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Asks ``missing()`` until it gives an empty list.

    Raises:
        NotInTime: with what was missing last.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        left = missing()
        if not left:
            return
        if time.monotonic() > deadline:
            raise NotInTime(f"{what}: not within {patience_seconds:.0f} s: {', '.join(left)}")
        time.sleep(0.3)

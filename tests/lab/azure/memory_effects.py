# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that exist in memory only: keys, an issuer, objects. For tests of the Azure side alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.azure.effects import ControlPlaneName, Unreachable
from lab.azure.messages import Json
from lab.azure.signing import Signer


@dataclass
class MemoryCluster:
    signer: Signer = field(default_factory=Signer)
    issuer: str = "https://kubernetes.default.svc.cluster.local"
    webhook: bool = False
    pod_identity: Json | None = None
    running: bool = True
    objects: dict[str, Json] = field(default_factory=dict)  # by path
    lists: dict[str, list[Json]] = field(default_factory=dict)  # by path
    restarts: int = 0


class MemoryEffects:
    """Implements ``ClusterEffects``. ``cluster(name)`` gives what a test looks at and fills."""

    def __init__(self, duration_seconds: float = 0.0) -> None:
        self._clusters: dict[str, MemoryCluster] = {}
        self._lock = threading.Lock()
        self._duration = duration_seconds
        self.failure: Exception | None = None

    def cluster(self, name: str) -> MemoryCluster:
        with self._lock:
            return self._clusters.setdefault(name, MemoryCluster())

    def token(self, name: str, namespace: str, account: str, **claims: Any) -> str:
        """A service account token, signed with the cluster's key; ``claims`` override."""
        cluster = self.cluster(name)
        now = int(time.time())
        return cluster.signer.sign(
            {
                "iss": cluster.issuer,
                "sub": f"system:serviceaccount:{namespace}:{account}",
                "aud": ["api://AzureADTokenExchange"],
                "iat": now,
                "nbf": now,
                "exp": now + 3600,
                **claims,
            }
        )

    def admin_kubeconfig(self, plane: ControlPlaneName) -> str:
        return self._kubeconfig(plane, "clusterAdmin")

    def user_kubeconfig(self, plane: ControlPlaneName) -> str:
        return self._kubeconfig(plane, "clusterUser")

    def key_set(self, plane: ControlPlaneName) -> Json:
        return self._running(plane).signer.key_set()

    def switch_issuer(self, plane: ControlPlaneName, url: str) -> None:
        cluster = self._change(plane)
        cluster.issuer = url
        cluster.restarts += 1

    def install_webhook(self, plane: ControlPlaneName, tenant_id: str) -> None:
        self._change(plane).webhook = True

    def remove_webhook(self, plane: ControlPlaneName) -> None:
        self._change(plane).webhook = False

    def install_pod_identity(self, plane: ControlPlaneName, profile: Mapping[str, Any]) -> None:
        self._change(plane).pod_identity = dict(profile)

    def remove_pod_identity(self, plane: ControlPlaneName) -> None:
        self._change(plane).pod_identity = None

    def start(self, plane: ControlPlaneName) -> None:
        self._change(plane).running = True

    def stop(self, plane: ControlPlaneName) -> None:
        self._change(plane).running = False

    def delete(self, plane: ControlPlaneName) -> None:
        with self._lock:
            self._clusters.pop(plane.name, None)

    def list(self, plane: ControlPlaneName, path: str) -> list[Json]:
        return list(self._running(plane).lists.get(path, ()))

    def find(self, plane: ControlPlaneName, path: str) -> Json | None:
        return self._running(plane).objects.get(path)

    def _kubeconfig(self, plane: ControlPlaneName, user: str) -> str:
        """Of a cluster that nobody answers for."""
        name, account = plane.name, f"{user}_{plane.name}"
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": name,
                "contexts": [{"name": name, "context": {"cluster": name, "user": account}}],
                "clusters": [{"name": name, "cluster": {"server": f"https://{name}.invalid:443"}}],
                "users": [{"name": account, "user": {"token": f"token-of-{account}"}}],
            }
        )

    def _running(self, plane: ControlPlaneName) -> MemoryCluster:
        cluster = self.cluster(plane.name)
        if not cluster.running:
            raise Unreachable(f"{plane.name} is stopped")
        return cluster

    def _change(self, plane: ControlPlaneName) -> MemoryCluster:
        time.sleep(self._duration)
        if self.failure is not None:
            raise self.failure
        return self.cluster(plane.name)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated AKS's hands in real control planes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

from lab.azure.effects import ControlPlaneName, Unreachable
from lab.azure.messages import Json
from lab.kubernetes.addon_keeper import AddonKeeper
from lab.kubernetes.api_server import ApiError, ApiServer
from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.credentials import admin_kubeconfig, user_kubeconfig
from lab.kubernetes.pod_identity_addon import (
    addon_documents,
    install_pod_identity_addon,
    remove_pod_identity_addon,
)
from lab.kubernetes.webhook import WebhookServer
from lab.kubernetes.workload_identity_addon import (
    install_workload_identity_addon,
    remove_workload_identity_addon,
)


class KubernetesEffects:
    """Implements ``ClusterEffects`` for the control planes below one folder.

    Args:
        home: the folder of the control planes.
        tools: the folder of the programs.
        environment: the file that describes the cloud to the webhook.
    """

    def __init__(self, home: Path, tools: Path, environment: Path) -> None:
        self._home, self._tools, self._environment = home, tools, environment
        self._webhook = WebhookServer(home, tools)
        self._lock = threading.Lock()
        self._clients: dict[str, ApiServer] = {}
        self._keepers: dict[str, AddonKeeper] = {}

    def admin_kubeconfig(self, plane: ControlPlaneName) -> str:
        return admin_kubeconfig(self._plane(plane))

    def user_kubeconfig(self, plane: ControlPlaneName) -> str:
        return user_kubeconfig(self._plane(plane))

    def key_set(self, plane: ControlPlaneName) -> Json:
        with _reaching(plane):
            return self._api(plane).jwks()

    def switch_issuer(self, plane: ControlPlaneName, url: str) -> None:
        self._plane(plane).set_issuer(url)

    def install_webhook(self, plane: ControlPlaneName, tenant_id: str) -> None:
        install_workload_identity_addon(
            self._plane(plane), self._webhook, tenant_id=tenant_id, environment=self._environment
        )

    def remove_webhook(self, plane: ControlPlaneName) -> None:
        remove_workload_identity_addon(self._plane(plane), self._webhook)

    def install_pod_identity(self, plane: ControlPlaneName, profile: Mapping[str, Any]) -> None:
        """What a user deletes of the add-on comes back, as AKS's addon manager brings it back."""
        self._stop_keeper(plane)
        install_pod_identity_addon(self._plane(plane), profile)
        keeper = AddonKeeper(self._plane(plane), lambda: addon_documents(profile))
        with self._lock:
            self._keepers[plane.name] = keeper
        keeper.start()

    def remove_pod_identity(self, plane: ControlPlaneName) -> None:
        self._stop_keeper(plane)
        remove_pod_identity_addon(self._plane(plane))

    def start(self, plane: ControlPlaneName) -> None:
        self._plane(plane).start()

    def stop(self, plane: ControlPlaneName) -> None:
        self._plane(plane).stop()

    def delete(self, plane: ControlPlaneName) -> None:
        self._stop_keeper(plane)
        self._plane(plane).delete()

    def list(self, plane: ControlPlaneName, path: str) -> list[Json]:
        with _reaching(plane):
            try:
                return self._api(plane).list(path)
            except ApiError as error:
                if error.status == 404:
                    return []
                raise

    def find(self, plane: ControlPlaneName, path: str) -> Json | None:
        with _reaching(plane):
            return self._api(plane).find(path)

    def _plane(self, plane: ControlPlaneName) -> ControlPlane:
        return ControlPlane(plane.name, self._home, self._tools, plane.version)

    def _api(self, plane: ControlPlaneName) -> ApiServer:
        with self._lock:
            if plane.name not in self._clients:
                self._clients[plane.name] = self._plane(plane).api()
            return self._clients[plane.name]

    def _stop_keeper(self, plane: ControlPlaneName) -> None:
        with self._lock:
            keeper = self._keepers.pop(plane.name, None)
        if keeper is not None:
            keeper.stop()


@contextmanager
def _reaching(plane: ControlPlaneName) -> Iterator[None]:
    try:
        yield
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Unreachable(f"cluster {plane.name} does not answer: {error}") from error

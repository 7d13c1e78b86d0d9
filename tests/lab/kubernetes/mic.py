# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""MIC for real: the process runs beside the cluster while the cluster has a Deployment of it.

The pods of the Deployment are simulated; this supervisor starts the real program when they would start, with
the arguments that stand in the Deployment, and ends it when the Deployment is deleted or scaled to zero.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from lab.kubernetes.api_server import ApiError, ApiServer, Document
from lab.kubernetes.azure_environment import CLOUD_NAME
from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.ports import free_ports
from lab.kubernetes.process import BackgroundProgram

_log = logging.getLogger(__name__)

# Names in the raw manifests and in the Helm chart.
DEPLOYMENTS = ("mic", "aad-pod-identity-mic")
# Arguments of the Deployment that say how MIC works; the others say where it finds cluster, Azure and ports.
_KEPT = (
    "forceNamespaced",
    "syncRetryDuration",
    "createDeleteBatch",
    "clientQps",
    "immutable-user-msis",
    "enable-type-upgrade",
    "update-user-msi-max-retry",
    "update-user-msi-retry-interval",
    "identity-assignment-reconcile-interval",
    "leader-election-namespace",
    "leader-election-name",
    "config-map-name",
)


@dataclass(frozen=True)
class MicSettings:
    """Which Azure MIC works against, as whom.

    Attributes:
        resource_group: the node resource group, where the scale sets are.
        environment: file of ``lab.kubernetes.azure_environment.write_environment``.
        ca_file: the authority of the emulator's certificate, PEM.
    """

    subscription_id: str
    tenant_id: str
    client_id: str
    client_secret: str
    resource_group: str
    location: str
    environment: Path
    ca_file: Path

    def azure_json(self) -> dict[str, str]:
        """The content of a node's /etc/kubernetes/azure.json, as far as MIC reads it."""
        return {
            "cloud": CLOUD_NAME,
            "tenantId": self.tenant_id,
            "subscriptionId": self.subscription_id,
            "aadClientId": self.client_id,
            "aadClientSecret": self.client_secret,
            "resourceGroup": self.resource_group,
            "location": self.location,
            "vmType": "vmss",
        }


class MicSupervisor:
    """Runs MIC for one cluster. ``stop`` ends the process, too; log in ``<control plane>/logs/mic.log``."""

    def __init__(self, control_plane: ControlPlane, settings: MicSettings, interval: float = 0.5) -> None:
        self._control_plane = control_plane
        self._settings = settings
        self._interval = interval
        self._process = BackgroundProgram("mic", control_plane.directory / "logs")
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._arguments: list[str] | None = None

    def start(self) -> None:
        if self._thread is None:
            name = f"mic-{self._control_plane.name}"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._process.stop()

    def running(self) -> bool:
        """Whether the MIC process runs just now."""
        return self._process.running()

    def _run(self) -> None:
        api = self._control_plane.api()
        self._process.stop()  # one that an earlier, killed supervisor left behind
        while not self._ended.is_set():
            try:
                self._follow(api)
            except (ApiError, OSError, urllib3.exceptions.HTTPError) as error:
                # A stopped or restarting API server: MIC itself waits for it, so the process is left alone.
                _log.info("%s: cannot see MIC's Deployment just now: %s", self._control_plane.name, error)
            self._ended.wait(self._interval)

    def _follow(self, api: ApiServer) -> None:
        deployment = _deployment(api)
        wanted = None if deployment is None else _kept_arguments(deployment)
        if wanted != self._arguments:
            self._process.stop()
            self._arguments = wanted
        if deployment is not None and wanted is not None and not self._process.running():
            _log.info("%s: MIC starts", self._control_plane.name)
            self._launch(deployment["metadata"]["namespace"], wanted)

    def _launch(self, namespace: str, arguments: list[str]) -> None:
        cloud = self._control_plane.directory / "azure.json"
        cloud.touch(mode=0o600)
        cloud.write_text(json.dumps(self._settings.azure_json(), indent=2))
        probe, metrics = free_ports(2)
        self._process.start(
            [
                self._control_plane.tools / "mic",
                f"--kubeconfig={self._control_plane.kubeconfig}",
                f"--cloudconfig={cloud}",
                "--logtostderr",
                "--v=2",
                f"--http-probe-port={probe}",
                f"--prometheus-port={metrics}",
                # The same candidate at each start: it takes its own lease up again without waiting.
                f"--leader-election-instance={self._control_plane.name}",
                *arguments,
            ],
            {
                "AZURE_ENVIRONMENT_FILEPATH": str(self._settings.environment),
                "SSL_CERT_FILE": str(self._settings.ca_file),
                "MIC_POD_NAMESPACE": namespace,
                "NO_PROXY": "127.0.0.1,localhost",
            },
        )


def _deployment(api: ApiServer) -> Document | None:
    """The Deployment of MIC, wherever it is, if it wants at least one pod."""
    for found in api.list("/apis/apps/v1/deployments"):
        metadata = found["metadata"]
        wants_pods = found["spec"].get("replicas", 1) > 0
        if metadata["name"] in DEPLOYMENTS and wants_pods and "deletionTimestamp" not in metadata:
            return found
    return None


def _kept_arguments(deployment: Document) -> list[str]:
    container: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    given = [str(argument) for argument in container.get("args", [])]
    kept = [argument for argument in given if argument.lstrip("-").split("=", 1)[0] in _KEPT]
    environment = {entry["name"]: entry.get("value", "") for entry in container.get("env", [])}
    if environment.get("FORCENAMESPACED") == "true" and not any("forceNamespaced" in one for one in kept):
        kept.append("--forceNamespaced=true")
    return kept

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs MIC beside every cluster that has one installed: ``python -m lab.fleet.mic_keeper``."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Sequence

from lab.fleet.principals import CLUSTERS
from lab.fleet.running import LabDescription, control_plane
from lab.fleet.scenario import TENANT, Cluster
from lab.folder import LabFolder
from lab.kubernetes.mic import MicSettings, MicSupervisor
from lab.kubernetes.process import BackgroundProgram
from lab.own_process import start_module


def keeper(folder: LabFolder) -> BackgroundProgram:
    return BackgroundProgram("mic-keeper", folder.logs)


def start_keeper(folder: LabFolder) -> None:
    start_module(keeper(folder), "lab.fleet.mic_keeper", environment={"LAB_DIR": str(folder.root)})


def _supervisors(folder: LabFolder, clusters: Sequence[Cluster]) -> list[MicSupervisor]:
    return [
        MicSupervisor(
            control_plane(folder, cluster),
            MicSettings(
                subscription_id=cluster.subscription_id,
                tenant_id=TENANT,
                client_id=CLUSTERS.client_id,
                client_secret=CLUSTERS.secret,
                resource_group=cluster.node_resource_group,
                location=cluster.location,
                environment=folder.cloud_description,
                ca_file=folder.ca,
            ),
        )
        for cluster in clusters
        if cluster.installation in ("helm", "manifests")
    ]


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    # urllib3 tells each refused connection while a control plane restarts, which is no news here.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    folder = LabFolder.chosen()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    supervisors = _supervisors(folder, LabDescription.read(folder).clusters)
    for supervisor in supervisors:
        supervisor.start()
    ended.wait()
    for supervisor in supervisors:
        supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab was started with, kept in ``lab.json`` so that any process can find it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from lab.fleet.clusters import fleet
from lab.fleet.scenario import Cluster
from lab.folder import LabFolder
from lab.kubernetes.control_plane import ControlPlane
from lab.toolchain import pod_identity_sources, tools_folder


class NoLab(Exception):
    """There is no lab in the folder; the text says how to start one."""


@dataclass(frozen=True)
class LabDescription:
    """One lab.

    Attributes:
        azure_url: the emulator, without a trailing slash.
        ready: all steps of the start are done.
    """

    cluster_count: int
    speed: float
    azure_url: str
    tools: str
    ready: bool = False

    @cached_property
    def clusters(self) -> tuple[Cluster, ...]:
        return fleet(self.cluster_count, pod_identity_sources())

    def cluster(self, name: str) -> Cluster:
        return {cluster.name: cluster for cluster in self.clusters}[name]

    @staticmethod
    def read(folder: LabFolder) -> LabDescription:
        """
        Raises:
            NoLab
        """
        try:
            return LabDescription(**json.loads(folder.description.read_text()))
        except FileNotFoundError:
            raise NoLab(f"no lab in {folder.root}; start one with: make lab") from None

    def write(self, folder: LabFolder) -> None:
        folder.root.mkdir(parents=True, exist_ok=True)
        folder.description.write_text(json.dumps(asdict(self), indent=2) + "\n")


def control_plane(folder: LabFolder, cluster: Cluster, tools: Path | None = None) -> ControlPlane:
    return ControlPlane(cluster.name, folder.kubernetes, tools or tools_folder(), cluster.version)

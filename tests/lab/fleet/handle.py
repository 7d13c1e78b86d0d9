# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A running lab in one hand: its clusters, its Azure, its playbook runs, and what state all of it is in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lab.app.fleet_tokens import Tokens, fleet_tokens
from lab.fleet.administrator import AzureAdministrator
from lab.fleet.azure import Controls
from lab.fleet.principals import SUBSCRIPTIONS
from lab.fleet.remains import remains
from lab.fleet.running import LabDescription, control_plane
from lab.fleet.scenario import Cluster
from lab.fleet.start import start_lab
from lab.fleet.state import azure_state, cluster_state, templates
from lab.fleet.stop import stop_lab
from lab.folder import LabFolder
from lab.kubernetes.api_server import ApiServer
from lab.kubernetes.control_plane import ControlPlane
from lab.playbook_run import Runner
from lab.progress import Progress
from lab.requests_sent import Sent, sent_meanwhile


@dataclass(frozen=True)
class Fleet:
    """``work``: where the runs keep their files."""

    folder: LabFolder
    description: LabDescription
    work: Path

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        return self.description.clusters

    @cached_property
    def azure(self) -> AzureAdministrator:
        return AzureAdministrator(self.folder, self.description.azure_url)

    @cached_property
    def controls(self) -> Controls:
        return Controls(self.folder, self.description.azure_url)

    @cached_property
    def runner(self) -> Runner:
        return Runner(self.folder, self.description, self.work)

    def plane(self, cluster: Cluster) -> ControlPlane:
        return control_plane(self.folder, cluster, Path(self.description.tools))

    def api(self, cluster: Cluster) -> ApiServer:
        return self.plane(cluster).api()

    def tokens(self) -> Tokens:
        """What every application gets just now."""
        return fleet_tokens(self.folder, self.description)

    def sent(self) -> AbstractContextManager[Sent]:
        """What the collection sends within the block."""
        logs = {cluster.name: self.plane(cluster).audit_log for cluster in self.clusters}
        return sent_meanwhile(self.folder, logs)

    def templates(self) -> dict[str, dict[str, str]]:
        """Cluster, workload: its pod template as bytes."""
        return {cluster.name: templates(self.api(cluster)) for cluster in self.clusters}

    def remains(self) -> dict[str, list[str]]:
        """What is left of Pod Identity, by cluster."""
        return {cluster.name: remains(self.api(cluster), self.azure, cluster) for cluster in self.clusters}

    def state(self) -> Any:
        """All that a migration may touch, comparable between labs of the same clusters."""
        state = {
            "azure": azure_state(self.azure, SUBSCRIPTIONS),
            "clusters": {
                cluster.name: cluster_state(self.api(cluster), self.azure, cluster)
                for cluster in self.clusters
            },
        }
        text = json.dumps(state).replace(self.description.azure_url, "https://azure")
        # The emulator's address differs between two labs, and the IDs that Azure gives to a new identity.
        for subscription in SUBSCRIPTIONS:
            for identity in self.azure.identities(subscription):
                for key in ("clientId", "principalId"):
                    text = text.replace(identity["properties"][key], f"<{key} of {identity['name']}>")
        return json.loads(text)


@contextmanager
def fleet_lab(root: Path, cluster_count: int, speed: float = 1.0) -> Iterator[Fleet]:
    """A lab below ``root`` for the length of the block; its logs stay there afterwards."""
    folder, progress = LabFolder(root / "lab"), Progress()
    work = root / "work"
    work.mkdir(parents=True, exist_ok=True)
    stop_lab(folder, progress)
    try:
        yield Fleet(folder, start_lab(folder, cluster_count, speed, progress), work)
    finally:
        stop_lab(folder, progress)

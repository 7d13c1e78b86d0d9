# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of all applications of a fleet, asked for side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.app.app_token import AppToken, NoToken, Stage, app_token
from lab.app.live_pod import NoPod
from lab.fleet.administrator import resource_manager_audience
from lab.fleet.azure import instance_metadata_url
from lab.fleet.running import LabDescription, control_plane
from lab.fleet.scenario import Application, Cluster
from lab.folder import LabFolder

AT_ONCE = 4
# (cluster, application): its token, or why it got none.
Tokens = dict[tuple[str, str], AppToken | str]


def stage(folder: LabFolder, description: LabDescription, cluster: Cluster) -> Stage:
    tools = Path(description.tools)
    return Stage(
        api=control_plane(folder, cluster, tools).api(),
        metadata_url=instance_metadata_url(description.azure_url, cluster.name),
        certificates=folder.ca,
        resource=resource_manager_audience(folder.ca, description.azure_url),
        folder=folder.apps / cluster.name,
        proxy=tools / "proxy",
    )


def fleet_tokens(
    folder: LabFolder, description: LabDescription, clusters: tuple[Cluster, ...] | None = None
) -> Tokens:
    """One token per application, in the order of the fleet."""
    stages = {
        cluster.name: stage(folder, description, cluster) for cluster in clusters or description.clusters
    }
    asked = [
        (cluster, application)
        for cluster in clusters or description.clusters
        for application in cluster.applications
    ]

    def ask(one: tuple[Cluster, Application]) -> AppToken | str:
        cluster, application = one
        try:
            return app_token(stages[cluster.name], application)
        except (NoToken, NoPod) as error:
            return str(error)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(ask, asked))
    return {
        (cluster.name, application.key): answer
        for (cluster, application), answer in zip(asked, answers, strict=True)
    }

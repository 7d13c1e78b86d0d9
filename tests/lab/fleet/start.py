# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From nothing to a running fleet: tools, emulated Azure, control planes, Pod Identity, applications."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from lab.fleet.administrator import AzureAdministrator
from lab.fleet.azure import emulator_runs, start_emulator
from lab.fleet.clusters import fleet
from lab.fleet.environment import environment, write_environment_file
from lab.fleet.inventory import write_inventory
from lab.fleet.mic_keeper import keeper, start_keeper
from lab.fleet.pod_identity import install_chart, install_manifests
from lab.fleet.running import LabDescription, NoLab, control_plane
from lab.fleet.scenario import LOCATION, Cluster
from lab.fleet.stop import stop_lab
from lab.fleet.workloads import apply_nodes, apply_workloads, await_assigned, await_workloads
from lab.folder import LabFolder
from lab.kubernetes.azure_environment import write_environment
from lab.kubernetes.credentials import admin_kubeconfig
from lab.progress import Progress
from lab.toolchain import build, pod_identity_sources

# Control planes that come up at once; more only take turns on the machine's cores.
AT_ONCE = 3


def start_lab(folder: LabFolder, cluster_count: int, speed: float, progress: Progress) -> LabDescription:
    """Starts the lab, or leaves one that runs as it is.

    A lab of other settings, or one that is half there, is ended first. Errors of a step end the start;
    what was started by then stays for a look at its logs, until the next start or ``stop_lab``.
    """
    running = _as_wanted(folder, cluster_count, speed)
    if running is not None:
        progress.say(f"the lab runs already: {folder.root}")
        return running
    if folder.root.exists():
        stop_lab(folder, progress)
    tools = build(report=progress.say)
    clusters = fleet(cluster_count, pod_identity_sources())
    with progress.step("emulated Azure"):
        azure_url = start_emulator(folder, clusters, tools, speed)
    description = LabDescription(cluster_count, speed, azure_url, str(tools))
    description.write(folder)
    write_environment(folder.cloud_description, azure_url, azure_url)
    _fill(folder, clusters, tools, azure_url, progress)
    write_environment_file(folder.env, environment(folder, azure_url, tools))
    write_inventory(folder.inventory, clusters, LOCATION)
    description = replace(description, ready=True)
    description.write(folder)
    progress.say(f"{len(clusters)} clusters are up. Any client: . {folder.env}")
    return description


def _as_wanted(folder: LabFolder, cluster_count: int, speed: float) -> LabDescription | None:
    try:
        found = LabDescription.read(folder)
    except NoLab:
        return None
    if not found.ready or (found.cluster_count, found.speed) != (cluster_count, speed):
        return None
    runs = (
        emulator_runs(folder)
        and keeper(folder).running()
        and all(control_plane(folder, cluster, Path(found.tools)).running() for cluster in found.clusters)
    )
    return found if runs else None


def _fill(
    folder: LabFolder, clusters: Sequence[Cluster], tools: Path, azure_url: str, progress: Progress
) -> None:
    def one(cluster: Cluster) -> None:
        with progress.step(
            f"{cluster.name}: Kubernetes {cluster.version}, Pod Identity by {cluster.installation}"
        ):
            _bring_up(folder, cluster, tools, azure_url)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        # list() passes on the first error.
        list(pool.map(one, clusters))
    start_keeper(folder)
    with progress.step("identities on the nodes"):
        for cluster in clusters:
            if cluster.installation in ("helm", "manifests"):
                await_assigned(control_plane(folder, cluster, tools).api(), cluster)


def _bring_up(folder: LabFolder, cluster: Cluster, tools: Path, azure_url: str) -> None:
    plane = control_plane(folder, cluster, tools)
    plane.create()
    folder.kubeconfigs.mkdir(parents=True, exist_ok=True)
    kubeconfig = folder.kubeconfigs / cluster.name
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(admin_kubeconfig(plane))
    api = plane.api()
    apply_nodes(api, cluster)
    if cluster.installation == "helm":
        install_chart(plane, pod_identity_sources())
    elif cluster.installation == "manifests":
        install_manifests(plane, pod_identity_sources())
    elif cluster.installation == "addon":
        AzureAdministrator(folder, azure_url).enable_pod_identity(cluster)
    apply_workloads(api, cluster)
    await_workloads(api, cluster)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a lab: everything that it started, also when it is only half there or its own processes died."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.fleet.azure import emulator
from lab.fleet.mic_keeper import keeper
from lab.folder import LabFolder
from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.webhook import WebhookServer
from lab.leftovers import end_leftovers
from lab.progress import Progress
from lab.toolchain import tools_folder


def stop_lab(folder: LabFolder, progress: Progress) -> None:
    """Ends the processes of the lab and removes its folder; the log of exchanges and the logs stay.

    No lab there is fine.
    """
    if not folder.root.exists():
        return
    with progress.step("ending the lab"):
        # Whoever would restart or repair the others goes first.
        keeper(folder).stop()
        emulator(folder).stop(patience_seconds=15)
        tools = tools_folder()
        WebhookServer(folder.kubernetes, tools).stop()
        names = [path.name for path in (folder.kubernetes / "clusters").glob("*")]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: _delete(name, folder, tools), names))
        ended = end_leftovers(folder.root, [tools])
        if ended:
            progress.say(f"left over and ended: {', '.join(ended)}")
    for path in (folder.description, folder.env):
        path.unlink(missing_ok=True)
    for directory in (folder.kubernetes, folder.kubeconfigs, folder.inventory, folder.apps, folder.azure):
        shutil.rmtree(directory, ignore_errors=True)


def _delete(name: str, folder: LabFolder, tools: Path) -> None:
    ControlPlane(name, folder.kubernetes, tools).delete()

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab as a whole: it comes up once, stands beside other labs, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import psutil
import pytest

from lab.fleet.azure import emulator
from lab.fleet.mic_keeper import keeper
from lab.fleet.running import control_plane
from lab.fleet.start import start_lab
from lab.fleet.stop import stop_lab
from lab.folder import LabFolder
from lab.progress import Progress

pytestmark = pytest.mark.lab


def processes_of(folder: LabFolder) -> list[str]:
    """Names of processes with the lab's folder among their arguments or as their lab, this one aside."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        arguments = process.info["cmdline"] or []
        if process.pid != os.getpid() and any(f"{folder.root}{os.sep}" in argument for argument in arguments):
            found.append(str(process.info["name"]))
    return found


def test_two_labs_stand_side_by_side_and_go_completely(tmp_path: Path) -> None:
    progress = Progress()
    one, other = LabFolder(tmp_path / "one"), LabFolder(tmp_path / "other")
    try:
        first = start_lab(one, 1, 4.0, progress)
        second = start_lab(other, 1, 4.0, progress)
        assert first.azure_url != second.azure_url
        assert all(control_plane(one, cluster).running() for cluster in first.clusters)
        assert stat.S_IMODE(one.env.stat().st_mode) == 0o600

        begun = emulator(one).folder.joinpath("azure.pid").read_text()
        assert start_lab(one, 1, 4.0, progress) == first
        assert emulator(one).folder.joinpath("azure.pid").read_text() == begun

        # A crash of everything that supervises anything.
        for program in (keeper(one), emulator(one)):
            pid = int(program.folder.joinpath(f"{program.name}.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
        assert processes_of(one), "nothing is left over that could be ended"
        stop_lab(one, progress)
        assert processes_of(one) == []
        assert all(control_plane(other, cluster).running() for cluster in second.clusters)
    finally:
        stop_lab(one, progress)
        stop_lab(other, progress)
    assert processes_of(other) == []

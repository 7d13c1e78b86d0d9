# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m lab up | down | status``; settings come by ``LAB_CLUSTERS``, ``LAB_SPEED`` and ``LAB_DIR``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lab.fleet.azure import EmulatorFailed, emulator_runs
from lab.fleet.mic_keeper import keeper
from lab.fleet.pod_identity import HelmFailed
from lab.fleet.running import LabDescription, NoLab, control_plane
from lab.fleet.start import start_lab
from lab.fleet.stop import stop_lab
from lab.fleet.workloads import NotInTime
from lab.folder import LabFolder
from lab.kubernetes.api_server import ApiError
from lab.kubernetes.kwokctl import KwokctlFailed
from lab.progress import Progress

# What a step of the lab fails with; anything else is a mistake of the lab's own and deserves its traceback.
FAILURES = (NoLab, NotInTime, HelmFailed, EmulatorFailed, KwokctlFailed, ApiError)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status"))
    parser.add_argument("--clusters", type=int, default=int(os.environ.get("LAB_CLUSTERS", "3")))
    parser.add_argument(
        "--speed",
        type=float,
        default=float(os.environ.get("LAB_SPEED", "1")),
        help="how many times faster than set Azure's delays pass",
    )
    arguments = parser.parse_args()
    folder, progress = LabFolder.chosen(), Progress()
    try:
        if arguments.command == "up":
            start_lab(folder, arguments.clusters, arguments.speed, progress)
        elif arguments.command == "down":
            stop_lab(folder, progress)
        else:
            return status(folder)
    except FAILURES as error:
        progress.say(str(error))
        return 1
    except KeyboardInterrupt:
        progress.say("interrupted; what was started is ended by: make lab-down")
        return 130
    return 0


def status(folder: LabFolder) -> int:
    """Prints what runs; 0 when all of it does."""
    try:
        description = LabDescription.read(folder)
    except NoLab as error:
        print(error)
        return 1
    parts = {"emulated Azure": emulator_runs(folder), "MIC": keeper(folder).running()}
    for cluster in description.clusters:
        parts[cluster.name] = control_plane(folder, cluster, Path(description.tools)).running()
    for name, runs in parts.items():
        print(f"{name:24} {'runs' if runs else 'does not run'}")
    return 0 if description.ready and all(parts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

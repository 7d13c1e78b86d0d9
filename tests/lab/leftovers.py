# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes of a lab that nobody supervises any more, for example after a crash."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import psutil


def end_leftovers(folder: Path, programs: Iterable[Path], patience_seconds: float = 5.0) -> list[str]:
    """Ends processes whose program lies in the folder or in ``programs`` and whose arguments name the folder.

    Both conditions: an editor with one of the lab's files open is left alone. Gives the names of
    what was ended.
    """
    mine = [
        process
        for process in psutil.process_iter(["pid", "exe", "cmdline", "name"])
        if _of(process, folder, programs)
    ]
    for process in mine:
        _ask(process)
    alive = psutil.wait_procs(mine, timeout=patience_seconds)[1]
    for process in alive:
        process.kill()
    return sorted(str(process.info["name"]) for process in mine)


def _ask(process: psutil.Process) -> None:
    try:
        process.terminate()
    except psutil.NoSuchProcess:
        return


def _of(process: psutil.Process, folder: Path, programs: Iterable[Path]) -> bool:
    program, arguments = process.info["exe"], process.info["cmdline"]
    if not program or not arguments or process.pid == os.getpid():
        return False
    places = [folder, *programs]
    inside = any(Path(program).is_relative_to(place) for place in places)
    return inside and any(f"{folder}{os.sep}" in argument for argument in arguments)

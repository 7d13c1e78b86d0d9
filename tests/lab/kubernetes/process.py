# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that the lab runs in the background, each in a session of its own, found again by pid file."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BackgroundProgram:
    """A process with ``<name>.pid`` and ``<name>.log`` in ``folder``; it outlives who started it."""

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def start(self, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
        """Starts the command, unless it runs already. Output is appended to the log."""
        if self.running():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._pid_file.write_text(f"{child.pid} {_started(child.pid)}")

    def running(self) -> bool:
        return self._pid() is not None

    def stop(self, patience_seconds: float = 5.0) -> None:
        """Ends the process: asked first, killed when it does not follow in time. Nothing to end is fine."""
        pid = self._pid()
        if pid is not None:
            _signal(pid, signal.SIGTERM)
            deadline = time.monotonic() + patience_seconds
            while self._pid() is not None and time.monotonic() < deadline:
                time.sleep(0.05)
            if self._pid() is not None:
                _signal(pid, signal.SIGKILL)
                while self._pid() is not None:
                    time.sleep(0.02)
        self._pid_file.unlink(missing_ok=True)

    def last_words(self, lines: int = 15) -> str:
        """The end of the log, for messages about a program that did not come up."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _pid(self) -> int | None:
        """The process, if it is the one that was started: a pid may have gone to another program since."""
        try:
            pid, begun = self._pid_file.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        _reap(int(pid))
        return int(pid) if _started(int(pid)) == begun else None


def _started(pid: int) -> str:
    """When a process began, as the kernel counts it; empty for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, begun = fields[0], fields[19]
    return "" if state == "Z" else begun


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # another process's child


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return

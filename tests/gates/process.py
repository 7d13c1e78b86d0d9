# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands of the gates: their output goes to a log, and the last line of it is always at hand."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer

from gates.environments import CACHE, COLLECTIONS, ROOT

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# So long may a lab take to come down after an interrupt before its processes are killed.
_GRACE_SECONDS = 60.0


@dataclass(frozen=True)
class Completed:
    """How a command ended. ``output``: standard output and error as they came, without colours."""

    returncode: int
    output: str


class Runner:
    """Runs the commands of one gate, one after the other; ``log`` is the file that holds all of their output.

    ``last`` is the last line that was written, for the display. ``stop()`` may be called from another thread.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.log = CACHE / "test" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        self.last = ""
        self._process: subprocess.Popen[str] | None = None
        self._stopped = Event()

    def run(
        self,
        command: Iterable[str | Path],
        *,
        cwd: Path = ROOT,
        environment: Mapping[str, str] | None = None,
        timeout: float = 3600,
    ) -> Completed:
        """Runs a command to its end, or to ``timeout`` seconds (then its return code is that of SIGKILL).

        The development environment comes first on the PATH, and the collection is importable; ``environment``
        is laid over that.
        """
        words = [str(word) for word in command]
        if self._stopped.is_set():
            return Completed(-signal.SIGINT, "interrupted")
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(words)}\n")
            log.flush()
            started = time.monotonic()
            # A session of its own, so that everything that the command started can be ended with it.
            self._process = subprocess.Popen(
                words,
                cwd=cwd,
                env={**development_environment(), **(environment or {})},
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            timer = Timer(timeout, self._signal, [signal.SIGKILL])
            timer.start()
            lines: list[str] = []
            try:
                assert self._process.stdout is not None
                for raw in self._process.stdout:
                    line = _COLOURS.sub("", raw)
                    lines.append(line)
                    log.write(line)
                    log.flush()
                    self.last = line.strip() or self.last
                returncode = self._process.wait()
            finally:
                timer.cancel()
            if returncode == -signal.SIGKILL and time.monotonic() - started >= timeout:
                lines.append(f"gave up after {timeout:.0f} s\n")
            log.write(f"# ended with {returncode} after {time.monotonic() - started:.1f} s\n\n")
        return Completed(returncode, "".join(lines))

    def note(self, text: str) -> None:
        """Writes a line of the gate's own into its log."""
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"# {text}\n")
        self.last = text

    def stop(self) -> None:
        """Ends the running command: an interrupt first, so that it can clean up, death after a grace time."""
        self._stopped.set()
        self._signal(signal.SIGINT)
        deadline = time.monotonic() + _GRACE_SECONDS
        while self._process is not None and self._process.poll() is None:
            if time.monotonic() >= deadline:
                self._signal(signal.SIGKILL)
                return
            time.sleep(0.2)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                return


def development_environment() -> dict[str, str]:
    """The environment in which the tools of .venv see the collection and the packages in tests/."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{COLLECTIONS}",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
    }

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees of the gates: a sign of life while they run, a table and one closing line at the end."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gates.gate import Gate, Outcome
from gates.process import Runner

_HEARTBEAT_SECONDS = 60.0
_SHOWN_FAILURES = 15


@dataclass(frozen=True)
class Finished:
    """A gate that ended: what it found, and its wall time in seconds."""

    gate: Gate
    outcome: Outcome
    seconds: float


class Progress:
    """On a terminal one line, redrawn; elsewhere a line when a gate starts or ends, and one each minute."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._started = time.monotonic()
        self._beat = self._started

    def starts(self, gate: Gate) -> None:
        if not self._live:
            self._say(f"{gate.name}: {gate.does}")

    def ends(self, done: Finished) -> None:
        verdict = "FAILED" if done.outcome.failures else "skipped" if not done.outcome.passed else "ok"
        self._clear()
        self._say(f"{done.gate.name}: {verdict} ({counts([done.outcome])}) in {done.seconds:.0f} s")
        for line in done.outcome.failures[:_SHOWN_FAILURES]:
            print(f"           {line}")
        sys.stdout.flush()

    def tick(self, running: Mapping[str, Runner]) -> None:
        now = time.monotonic()
        if self._live:
            text = " | ".join(f"{name}: {runner.last}" for name, runner in running.items())
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{_clock(now - self._started)} {text}"[: width + 4], end="", flush=True)
        elif now - self._beat >= _HEARTBEAT_SECONDS:
            self._beat = now
            for name, runner in running.items():
                self._say(f"{name}: … {runner.last[:100]}")

    def _clear(self) -> None:
        if self._live:
            print("\r\x1b[K", end="")

    def _say(self, text: str) -> None:
        print(f"{_clock(time.monotonic() - self._started)} {text}", flush=True)


def summary(finished: Sequence[Finished], seconds: float) -> str:
    """The table, every skip with its reason, and the closing line that counts passed, failed and skipped."""
    rows: list[tuple[str, ...]] = [("gate", "passed", "failed", "skipped", "seconds")]
    for done in finished:
        found = done.outcome
        numbers = (found.passed, len(found.failures), len(found.skips), round(done.seconds))
        rows.append((done.gate.name, *map(str, numbers)))
    wide = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "",
        *("  ".join([row[0].ljust(wide[0]), *(row[i].rjust(wide[i]) for i in range(1, 5))]) for row in rows),
    ]
    reasons: dict[str, list[str]] = {}
    for done in finished:
        for skip in done.outcome.skips:
            reasons.setdefault(f"{done.gate.name}: {skip.reason}", []).append(skip.what)
    if reasons:
        lines += ["", "Skipped:", *(_skipped(reason, what) for reason, what in reasons.items())]
    failed = [done for done in finished if done.outcome.failures]
    if failed:
        lines += [
            "",
            "Failed:",
            *(f"  {done.gate.name}: .cache/test/{done.gate.name}.log" for done in failed),
        ]
    lines += ["", f"{seconds:.0f} s in all", counts([done.outcome for done in finished])]
    return "\n".join(lines)


def counts(outcomes: Sequence[Outcome]) -> str:
    passed = sum(found.passed for found in outcomes)
    failed = sum(len(found.failures) for found in outcomes)
    return f"{passed} passed, {failed} failed, {sum(len(found.skips) for found in outcomes)} skipped"


def _skipped(reason: str, what: Sequence[str]) -> str:
    return (
        f"  {reason} ({what[0]})" if len(what) == 1 else f"  {reason} ({len(what)} times, such as {what[0]})"
    )


def _clock(seconds: float) -> str:
    return f"[{int(seconds) // 60:3d}:{int(seconds) % 60:02d}]"

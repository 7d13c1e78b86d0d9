# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the gates, two side by side where the machine has two cores: ``python -m gates [--full] [gate …]``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import FrameType

from gates import documents, linters, pytests, sanity
from gates.gate import Gate, Options, Outcome
from gates.process import Runner
from gates.report import Finished, Progress, summary


def all_gates() -> list[Gate]:
    """In the order in which they start: the longest first, so that the short ones fill what it leaves."""
    return [*pytests.gates(), *linters.gates(), *documents.gates(), *sanity.gates()]


def run(gates: Sequence[Gate], options: Options, side_by_side: int) -> list[Finished]:
    """Runs them all, whatever fails, and returns them in the order given."""
    progress, waiting = Progress(), list(gates)
    running: dict[Future[Finished], Gate] = {}
    runners: dict[str, Runner] = {}
    finished: dict[str, Finished] = {}
    with ThreadPoolExecutor(side_by_side) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < side_by_side:
                    gate = waiting.pop(0)
                    progress.starts(gate)
                    runners[gate.name] = Runner(gate.name)
                    running[pool.submit(_check, gate, runners[gate.name], options)] = gate
                ended = wait(running, timeout=1, return_when=FIRST_COMPLETED).done
                for future in ended:
                    gate = running.pop(future)
                    runners.pop(gate.name)
                    finished[gate.name] = future.result()
                    progress.ends(finished[gate.name])
                progress.tick(runners)
        except KeyboardInterrupt:
            print("\ninterrupted: ending what runs", file=sys.stderr)
            for runner in runners.values():
                runner.stop()
            raise
    return [finished[gate.name] for gate in gates]


def _check(gate: Gate, runner: Runner, options: Options) -> Finished:
    started = time.monotonic()
    try:
        outcome = gate.check(runner, options)
    except Exception:
        # A gate that breaks is a gate that failed: the others still run, and its log says why.
        runner.note(traceback.format_exc())
        outcome = Outcome(failures=(f"the gate itself broke: {traceback.format_exc().splitlines()[-1]}",))
    if not (outcome.passed or outcome.failures or outcome.skips):
        outcome = Outcome(failures=("it found nothing to check",))
    return Finished(gate, outcome, time.monotonic() - started)


def main(arguments: Sequence[str] | None = None) -> int:
    known = {gate.name: gate for gate in all_gates()}
    parser = argparse.ArgumentParser(
        prog="gates", description="Run the gates; all of them when none is named."
    )
    parser.add_argument("gates", nargs="*", metavar="gate", help=f"one of: {', '.join(known)}")
    parser.add_argument("--full", action="store_true", help="every row of the long tables")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="gates side by side")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.gates) - set(known))
    if unknown:
        parser.error(f"no such gate: {', '.join(unknown)}")
    chosen = [known[name] for name in asked.gates] or list(known.values())
    signal.signal(signal.SIGTERM, _as_interrupt)
    started = time.monotonic()
    try:
        finished = run(chosen, Options(full=asked.full), max(1, asked.jobs))
    except KeyboardInterrupt:
        return 130
    print(summary(finished, time.monotonic() - started))
    return 1 if any(done.outcome.failures for done in finished) else 0


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

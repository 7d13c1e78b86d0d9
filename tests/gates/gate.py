# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gate is: a name, what it looks at, and a function that gives counts and reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gates.process import Runner


@dataclass(frozen=True)
class Skip:
    """Something that was not checked, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What a gate found: counts, the names of what failed (a line each) and what was skipped."""

    passed: int = 0
    failures: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()

    @classmethod
    def of_command(cls, returncode: int, words: str) -> Outcome:
        """The outcome of a gate that is one check: its last words tell why it failed."""
        if returncode == 0:
            return cls(passed=1)
        lines = [line for line in words.splitlines() if line.strip()]
        return cls(failures=(lines[-1].strip() if lines else f"ended with {returncode}",))


@dataclass(frozen=True)
class Options:
    """What the whole run was asked for. ``full``: every row of the long tables."""

    full: bool = False


@dataclass(frozen=True)
class Gate:
    """One line of the table. ``check`` gives a failure, no exception, when its tool goes wrong."""

    name: str
    does: str
    check: Callable[[Runner, Options], Outcome]

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ansible-test sanity`` with the oldest and the newest ansible-core that the collection supports."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from gates.environments import CACHE, Environment, EnvironmentBroken, find_python
from gates.gate import Gate, Options, Outcome, Skip
from gates.process import Completed, Runner
from gates.sanity_home import prepare_home
from gates.tree import copy_collection

_STARTED = re.compile(r"""^Running sanity test ["']?([\w-]+)""", flags=re.MULTILINE)
_FAILED = re.compile(
    r"^(?:ERROR|FATAL): The \d+ sanity test\(s\) listed below[^\n]*\n((?:[\w.-]+(?: --\S+ \S+)?\n)+)",
    re.MULTILINE,
)
_SKIPPED = re.compile(r"""^WARNING: Skipping sanity test ["']?([\w-]+)["']? (.*)$""", flags=re.MULTILINE)
_FOUND = re.compile(r"^ERROR: Found (\d+) ([\w-]+) issue\(s\)", flags=re.MULTILINE)


@dataclass(frozen=True)
class Core:
    """An ansible-core to test with. ``pythons``: those that it runs on, the preferred first."""

    name: str
    does: str
    requirements: str
    pythons: tuple[str, ...]
    # One Python for all tests, or every installed one that this core knows as a controller's or a target's.
    every_python: bool


CORES = (
    Core(
        "sanity-oldest",
        "ansible-test sanity, oldest ansible-core",
        "ansible-core-oldest.txt",
        pythons=("3.11", "3.12", "3.10"),
        every_python=False,
    ),
    Core(
        "sanity-newest",
        "ansible-test sanity, newest ansible-core",
        "ansible-core-newest.txt",
        pythons=("3.13", "3.12", "3.14"),
        every_python=True,
    ),
)


def gates() -> list[Gate]:
    return [Gate(core.name, core.does, _check(core)) for core in CORES]


def _check(core: Core) -> Callable[[Runner, Options], Outcome]:
    def check(runner: Runner, _options: Options) -> Outcome:
        python = find_python(*core.pythons)
        if python is None:
            needed = " or ".join(sorted(core.pythons))
            return Outcome(
                skips=(Skip(core.name, f"{core.requirements} needs Python {needed}, and none is installed"),)
            )
        environment = Environment(CACHE / "environments" / core.name, core.requirements, python)
        try:
            environment.make()
        except EnvironmentBroken as error:
            runner.note(str(error))
            return Outcome(failures=(f"{core.requirements} could not be installed: see {runner.log.name}",))
        place = CACHE / "sanity" / core.name
        collection = copy_collection(place)
        variables = prepare_home(place / "home", environment)
        command = [str(environment.bin / "ansible-test"), "sanity", "--local", "--color", "no"]
        if not core.every_python:
            command += ["--python", python.name.removeprefix("python")]
        return read_outcome(runner.run(command, cwd=collection, environment=variables, timeout=3000))

    return check


def read_outcome(done: Completed) -> Outcome:
    """Counts each sanity test once, whatever the number of Pythons it ran with."""
    started = sorted(set(_STARTED.findall(done.output)))
    listed = _FAILED.search(done.output)
    failed = sorted({line.split()[0] for line in listed.group(1).splitlines()}) if listed else []
    # A run that ends well tells its warnings a second time at the end.
    told = dict.fromkeys(_SKIPPED.findall(done.output))
    skips = tuple(Skip(f"sanity test {name}", reason) for name, reason in told)
    if done.returncode != 0 and not failed:
        words = [line for line in done.output.splitlines() if line.startswith(("ERROR", "FATAL"))]
        failed = [f"ansible-test ended with {done.returncode}: {words[-1] if words else 'see the log'}"]
        return Outcome(failures=tuple(failed), skips=skips)
    found = _FOUND.findall(done.output)
    failures = tuple(
        f"{name}: {sum(int(number) for number, test in found if test == name)} findings, see the log"
        for name in failed
    )
    return Outcome(passed=len(started) - len(failed), failures=failures, skips=skips)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates that are pytest runs, each test counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from gates.environments import CACHE, ROOT, Environment, EnvironmentBroken, find_python
from gates.gate import Gate, Options, Outcome, Skip
from gates.process import Completed, Runner

# Unit tests of the collection itself run with other packages, too; the lab and the gates are ours alone.
_OF_THE_LAB = ("lab", "gates")


@dataclass(frozen=True)
class Packages:
    """A set of packages that the collection supports. ``pythons``: those that it runs on, the preferred first."""

    name: str
    pythons: tuple[str, ...]

    @property
    def requirements(self) -> str:
        return f"{self.name}.txt"

    def environment(self) -> Environment | None:
        """None where no Python is installed that they run on."""
        python = find_python(*self.pythons)
        if python is None:
            return None
        return Environment(CACHE / "environments" / self.name, self.requirements, python)


OLDEST = Packages("oldest", ("3.11", "3.10"))
NEWEST = Packages("newest", ("3.13", "3.12", "3.14"))


def gates() -> list[Gate]:
    return [
        Gate("integration", "modules and playbooks against the lab", _integration),
        Gate("unit", "unit tests", _unit),
        Gate("unit-oldest", "unit tests with the oldest supported packages, pip check", _unit_with(OLDEST)),
        Gate("unit-newest", "unit tests with the newest ansible-core, pip check", _unit_with(NEWEST)),
    ]


def _unit(runner: Runner, options: Options) -> Outcome:
    return _pytest(runner, ["tests/unit"], options)


def _integration(runner: Runner, options: Options) -> Outcome:
    # The lab's programs first: on a new machine this takes minutes, and their progress shows.
    tools = runner.run(["python", "-m", "lab.toolchain", "build"])
    if tools.returncode != 0:
        return Outcome.of_command(tools.returncode, tools.output)
    for packages in (OLDEST, NEWEST):
        environment = packages.environment()
        if environment is not None:
            try:
                environment.make()
            except EnvironmentBroken as error:
                # A failure of its own gate; here the tests that need it are skipped with the reason.
                runner.note(str(error))
    return _pytest(runner, ["tests/integration"], options)


def _unit_with(packages: Packages) -> Callable[[Runner, Options], Outcome]:
    def check(runner: Runner, options: Options) -> Outcome:
        environment = packages.environment()
        if environment is None:
            needed = " or ".join(sorted(packages.pythons))
            reason = f"requirements/{packages.requirements} needs Python {needed}, and none is installed"
            return Outcome(skips=(Skip(f"unit-{packages.name}", reason),))
        try:
            environment.make()
        except EnvironmentBroken as error:
            runner.note(str(error))
            reason = f"requirements/{packages.requirements} could not be installed: see {runner.log.name}"
            return Outcome(failures=(reason,))
        together = runner.run([environment.bin / "python", "-m", "pip", "check"])
        agree = Outcome.of_command(together.returncode, together.output)
        tests = _pytest(runner, _of_the_collection(), options, python=environment.bin / "python")
        return Outcome(
            passed=agree.passed + tests.passed,
            failures=(*(f"pip check: {line}" for line in agree.failures), *tests.failures),
            skips=tests.skips,
        )

    return check


def _of_the_collection() -> list[str]:
    units = (ROOT / "tests" / "unit").iterdir() if (ROOT / "tests" / "unit").is_dir() else ()
    return sorted(
        str(path) for path in units if path.is_dir() and path.name not in (*_OF_THE_LAB, "__pycache__")
    )


def _pytest(runner: Runner, paths: list[str], options: Options, python: str | Path = "python") -> Outcome:
    if not paths or not all((ROOT / path).exists() for path in paths):
        return Outcome(failures=(f"there are no tests in {', '.join(paths) or 'tests/unit'}",))
    report = CACHE / "test" / f"{runner.name}.xml"
    report.unlink(missing_ok=True)
    chosen = [] if options.full else ["-m", "not slow"]
    done = runner.run(
        [
            python,
            "-m",
            "pytest",
            "-v",
            "--continue-on-collection-errors",
            f"--junit-xml={report}",
            *chosen,
            *paths,
        ],
        timeout=4500,
    )
    return read_report(report, done)


def read_report(report: Path, done: Completed) -> Outcome:
    """The counts of a JUnit report; no report, or an error without a failing test, is a failure."""
    if not report.exists():
        return Outcome.of_command(done.returncode or 1, done.output)
    passed, failures, skips = 0, [], []
    # Our own pytest wrote it a moment ago: nothing in it is hostile.
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failures.append(name)
        elif skipped is not None:
            skips.append(Skip(name, skipped.get("message", "")))
        else:
            passed += 1
    if done.returncode != 0 and not failures:
        words = [line for line in done.output.splitlines() if line.strip()]
        failures.append(f"pytest ended with {done.returncode}: {words[-1] if words else 'no output'}")
    return Outcome(passed=passed, failures=tuple(failures), skips=tuple(skips))

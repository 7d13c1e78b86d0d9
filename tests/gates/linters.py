# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Linters and type checks: gates that are one command and one yes or no each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from gates.environments import CACHE, ROOT
from gates.gate import Gate, Options, Outcome
from gates.process import Runner
from gates.tree import copy_collection, files

# Checked with mypy --strict; the thin plugin files are seen through what they import.
_TYPED = ("plugins/module_utils", "plugins/plugin_utils", "plugins/inventory", "tests/lab", "tests/gates")


def gates() -> list[Gate]:
    return [
        Gate("ruff", "ruff check", _command("ruff", "check", ".")),
        Gate("format", "ruff format --check", _command("ruff", "format", "--check", ".")),
        Gate("mypy", "mypy --strict", _mypy),
        Gate("yamllint", "yamllint", _yamllint),
        Gate("ansible-lint", "ansible-lint, production profile", _ansible_lint),
        Gate("reuse", "every file has its licence (REUSE)", _command("reuse", "lint")),
    ]


def _command(*words: str) -> Callable[[Runner, Options], Outcome]:
    def check(runner: Runner, _options: Options) -> Outcome:
        done = runner.run(words)
        return Outcome.of_command(done.returncode, done.output)

    return check


def _mypy(runner: Runner, _options: Options) -> Outcome:
    done = runner.run(["mypy", *_packages(_TYPED)])
    return Outcome.of_command(done.returncode, done.output)


def _packages(folders: Sequence[str]) -> list[str]:
    """mypy is given packages, so that a module has one name however it is imported."""
    arguments: list[str] = []
    for folder in folders:
        if any((ROOT / folder).rglob("*.py")):
            below = folder.removeprefix("tests/").replace("/", ".")
            prefix = "" if folder.startswith("tests/") else "ansible_collections.aksops.workload_identity."
            arguments += ["-p", prefix + below]
    return arguments


def _yamllint(runner: Runner, _options: Options) -> Outcome:
    wanted = [name for name in files() if Path(name).suffix in (".yml", ".yaml")]
    done = runner.run(["yamllint", "--strict", *wanted])
    return Outcome.of_command(done.returncode, done.output)


def _ansible_lint(runner: Runner, _options: Options) -> Outcome:
    # In a copy under its full name, so that the linter finds the collection's own modules and roles there and
    # nowhere else, and leaves nothing in the checkout.
    place = CACHE / "ansible-lint"
    collection = copy_collection(place)
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(place), "ANSIBLE_HOME": str(place / "home")}
    done = runner.run(
        ["ansible-lint", "--offline", "--strict", "--profile", "production", "--format", "pep8"],
        cwd=collection,
        environment=environment,
    )
    return Outcome.of_command(done.returncode, done.output)

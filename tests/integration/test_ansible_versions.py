# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks say the same with the oldest and the newest ansible-core, in the worker and with modules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gates.environments import CACHE
from lab.fleet.handle import Fleet
from lab.playbook_run import Run

pytestmark = pytest.mark.lab

ENVIRONMENTS = ("oldest", "newest")
# What Ansible itself adds to a result: since 2.21 the arguments on request only, and what changed_when made of it.
_OF_ANSIBLE = ("invocation", "changed_when_result")
_TIMES = re.compile(r"\b(\d\d:\d\d:\d\d|(\d+ min )?\d+(\.\d+)? s)\b")


@pytest.fixture(scope="module")
def fleet(start_fleet: Callable[..., Fleet]) -> Fleet:
    return start_fleet(1)


@pytest.fixture(scope="module")
def assessed(fleet: Fleet) -> Run:
    """With the ansible-core that all other tests run with, in the worker."""
    return fleet.runner.run("assess").require_success()


@pytest.fixture(scope="module")
def rehearsed(fleet: Fleet) -> Run:
    return fleet.runner.run("migrate", "--check", "--diff").require_success()


def other(environment: str) -> Path:
    """The program of an environment that the gate of these tests makes."""
    program = CACHE / "environments" / environment / "bin" / "ansible-playbook"
    if not program.exists():
        pytest.skip(f"{environment}: its environment is not there (make integration makes it)")
    return program


def told(run: Run) -> list[tuple[str, str, str, Any]]:
    """(host, module, outcome, result) of each task of this collection, in order."""
    return [
        (
            record["host"],
            record["action"],
            record["outcome"],
            {
                key: value
                for key, value in record["result"].items()
                if key not in _OF_ANSIBLE and not key.startswith("_ansible")
            },
        )
        for record in run.own
    ]


def require_same(run: Run, reference: Run, *, speaks: bool = True) -> None:
    """``speaks``: whether it tells of its steps on the way, which a module cannot."""
    run.require_success()
    assert reference.own, "the reference has no result of this collection"
    assert json.dumps(told(run), indent=1, sort_keys=True) == json.dumps(
        told(reference), indent=1, sort_keys=True
    )
    assert run.changed == reference.changed
    assert "[WARNING]" not in run.output
    assert "Traceback" not in run.output
    assert account(run), "the callback tells nothing of the cluster"
    expected = [line for line in account(reference) if speaks or not line.startswith("helm-aks: wave ")]
    assert account(run) == expected


def account(run: Run) -> list[str]:
    """The callback's lines on the cluster, without times and durations."""
    lines = [line for line in run.output.splitlines() if "helm-aks" in line]
    return [_TIMES.sub("<time>", line) for line in lines]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_assess_says_the_same(fleet: Fleet, assessed: Run, environment: str) -> None:
    run = fleet.runner.run("assess", ansible=other(environment))
    require_same(run, assessed)
    assert set(run.changed.values()) == {0}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_check_announces_the_same_changes(fleet: Fleet, rehearsed: Run, environment: str) -> None:
    run = fleet.runner.run("migrate", "--check", "--diff", ansible=other(environment))
    require_same(run, rehearsed)
    assert all(run.changed.values())


def test_a_check_with_ordinary_modules_announces_the_same_changes(fleet: Fleet, rehearsed: Run) -> None:
    run = fleet.runner.run("migrate", "--check", "--diff", "-e", '{"workload_identity_in_worker": false}')
    require_same(run, rehearsed, speaks=False)

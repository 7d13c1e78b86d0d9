# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a task runs in the controller's worker, and when it has to be an ordinary module."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.plugin_utils import _in_worker
from ansible_collections.aksops.workload_identity.plugins.plugin_utils._in_worker import InWorker


def action(
    transport: str = "local", async_val: int = 0, become: bool = False, delegate_to: str = ""
) -> InWorker:
    made = InWorker.__new__(InWorker)
    made._connection = SimpleNamespace(transport=transport)
    made._task = SimpleNamespace(async_val=async_val, delegate_to=delegate_to)
    made._play_context = SimpleNamespace(become=become)
    made._templar = SimpleNamespace(template=lambda value: value)
    return made


def test_a_local_task_runs_in_the_worker() -> None:
    assert action()._fits({})


@pytest.mark.parametrize(
    "asked", [{"transport": "ssh"}, {"async_val": 60}, {"become": True}], ids=["machine", "async", "user"]
)
def test_what_only_a_module_can_do_makes_it_one(asked: dict[str, Any]) -> None:
    assert not action(**asked)._fits({})


@pytest.mark.parametrize("value", [False, "false", "no"])
def test_a_variable_makes_it_one(value: object) -> None:
    assert not action()._fits({"workload_identity_in_worker": value})


@pytest.mark.parametrize(
    ("interpreter", "fits"),
    [
        (sys.executable, True),
        ("auto", True),
        ("auto_silent", True),
        (None, True),
        ("/usr/bin/another-python", False),
    ],
)
def test_an_interpreter_of_its_own_makes_it_one(interpreter: object, fits: bool) -> None:
    assert action()._fits({"ansible_python_interpreter": interpreter}) is fits


def test_a_task_that_is_delegated_goes_by_the_interpreter_of_that_host() -> None:
    variables = {
        "ansible_python_interpreter": sys.executable,
        "ansible_delegated_vars": {"jump": {"ansible_python_interpreter": "/usr/bin/another-python"}},
    }
    assert not action(delegate_to="jump")._fits(variables)
    assert action()._fits(variables)


def test_the_environment_of_a_task_lasts_as_long_as_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_TEST_KEPT", "before")
    monkeypatch.delenv("CORE_TEST_NEW", raising=False)
    with _in_worker._environment({"CORE_TEST_KEPT": "during", "CORE_TEST_NEW": "during"}):
        assert os.environ["CORE_TEST_KEPT"] == os.environ["CORE_TEST_NEW"] == "during"
    assert os.environ["CORE_TEST_KEPT"] == "before"
    assert "CORE_TEST_NEW" not in os.environ


def test_what_is_loaded_beforehand_is_what_the_modules_use() -> None:
    for name in _in_worker._PRELOADED:
        assert name in sys.modules, name

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection.
"""What the callbacks ``fleet`` and ``fleet_lines`` share: from Ansible's events to lines."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Optional

from ansible import constants
from ansible.plugins.callback import CallbackBase

from ..module_utils._run_id import CORRELATION_ID
from ._fleet_account import FleetAccount
from ._step_account import COLLECTION, describe, step_of, troubled

_TROUBLES_SHOWN = 20  # the rest is in the result and in the files of the run folder


class FleetCallback(CallbackBase):
    """One short line for each cluster and step, and a table at the end.

    Works with the results of ansible-core 2.16 to 2.21, whose private names have all been kept since.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account = FleetAccount()
        self._width = 0
        self._began = time.monotonic()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._account.check_mode = bool(play.check_mode)
        hosts = play.get_variable_manager()._inventory.get_hosts(play.hosts)
        self._width = max([self._width, *(len(host.name) for host in hosts)])

    def v2_runner_on_ok(self, result: Any) -> None:
        host, action, data = result._host.get_name(), action_of(result), result._result
        self._account.record(host, action, _option(result, "state"), data)
        described = describe(action, data)
        if described is None:
            return
        step, words = described
        changed = bool(data.get("changed"))
        self._line(
            host,
            step,
            words,
            constants.COLOR_CHANGED if changed else constants.COLOR_OK,
            mark="*" if changed else " ",
        )
        self._troubles(host, step, troubled(action, data, _option(result, "state")), constants.COLOR_WARN)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        host, action, data = result._host.get_name(), action_of(result), result._result
        message = message_of(data)
        if ignore_errors:
            self._line(host, "ignored", message, constants.COLOR_WARN, mark="!")
            return
        self._account.failed(host, message, data)
        step = step_of(action) or "stop"
        self._line(host, step, f"FAILED: {message}", constants.COLOR_ERROR, mark="!")
        self._troubles(host, step, troubled(action, data), constants.COLOR_ERROR)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        host = result._host.get_name()
        self._account.failed(host, message_of(result._result), {})
        message = message_of(result._result)
        self._line(host, "stop", f"FAILED: {message}", constants.COLOR_UNREACHABLE, mark="!")

    def v2_runner_retry(self, result: Any) -> None:
        data = result._result
        words = f"{result._task.get_name()}: look {data.get('attempts')} of {data.get('retries')}"
        self._line(result._host.get_name(), "waits", words, constants.COLOR_VERBOSE)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        told = (getattr(stats, "custom", None) or {}).get("_run", {})
        for host in list(self._account.clusters):
            if "verification" in told.get(artifact_name(host), {}):
                self._account.verified(host)
        table = self._account.table()
        if not table:
            return
        seconds = time.monotonic() - self._began
        self._display.display("")
        self._display.display(f"{self._account.headline()}; {seconds:.0f} s; correlation ID {CORRELATION_ID}")
        for line in table:
            self._display.display(f"  {line}", color=constants.COLOR_ERROR if "  FAILED  " in line else None)

    def _troubles(self, host: str, step: str, troubles: list[str], color: Optional[str]) -> None:
        for trouble in troubles[:_TROUBLES_SHOWN]:
            self._line(host, step, trouble, color, mark="!")
        if len(troubles) > _TROUBLES_SHOWN:
            self._line(host, step, f"and {len(troubles) - _TROUBLES_SHOWN} more", color, mark="!")

    def _line(self, host: str, step: str, words: str, color: Optional[str], mark: str = " ") -> None:
        clock = time.strftime("%H:%M:%S")
        start = f"{clock} {mark} {host.ljust(self._width)}  {step.ljust(11)}  "
        lines = [line for line in words.splitlines() if line.strip()] or [""]
        self._display.display(start + lines[0].strip(), color=color)
        for line in lines[1:]:
            self._display.display(" " * len(start) + line.rstrip(), color=color)


def action_of(result: Any) -> str:
    """The full name of the action, whatever name the playbook used."""
    return str(getattr(result._task, "resolved_action", None) or result._task.action)


def message_of(data: Mapping[str, Any]) -> str:
    """Why a task failed. A result that is hidden (no_log) stays hidden."""
    if data.get("censored") is not None:
        return "the task failed; its output is hidden"
    return str(data.get("msg") or data.get("reason") or "the task failed without a message")


def artifact_name(host: str) -> str:
    """The name under which the roles hand the outcome of ``host`` on (``set_stats``)."""
    return "workload_identity_" + re.sub("[^A-Za-z0-9_]", "_", host)


def _option(result: Any, name: str) -> Optional[str]:
    """One plain option of one of our own tasks; never printed."""
    if not action_of(result).startswith(COLLECTION):
        return None
    value = result._task.args.get(name)
    return None if value is None else str(value)

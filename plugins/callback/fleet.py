# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A compact account of a fleet's migration, in place of Ansible's own output."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet
type: stdout
short_description: A compact live account of what happens on each cluster
version_added: 0.1.0
author:
  - the aksops.workload_identity contributors (@aksops)
description:
  - Writes one short line for each cluster and step, differences in diff mode, failures with their remedy,
    and a table of all clusters at the end. Works on terminals and in files alike.
  - Prints only messages, differences and what the modules of this collection return,
    never a task's arguments.
  - With C(-v), tasks of other collections get a line, too.
requirements:
  - set as C(stdout_callback) in C(ansible.cfg) or by C(ANSIBLE_STDOUT_CALLBACK)
extends_documentation_fragment:
  - result_format_callback
seealso:
  - plugin: aksops.workload_identity.fleet_lines
    plugin_type: callback
"""

from typing import Any

from ansible import constants

from ansible_collections.aksops.workload_identity.plugins.plugin_utils._fleet_callback import (
    FleetCallback,
    action_of,
)
from ansible_collections.aksops.workload_identity.plugins.plugin_utils._step_account import step_of

DEBUG = ("ansible.builtin.debug", "debug")


class CallbackModule(FleetCallback):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "aksops.workload_identity.fleet"

    def v2_playbook_on_play_start(self, play: Any) -> None:
        super().v2_playbook_on_play_start(play)
        check = " (check mode)" if play.check_mode else ""
        self._display.display("")
        self._display.display(f"== {play.get_name().strip()}{check}", color=constants.COLOR_HIGHLIGHT)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._display.display("   no cluster to work on", color=constants.COLOR_SKIP)

    def v2_playbook_on_no_hosts_remaining(self) -> None:
        self._display.display("   no cluster is left to go on with", color=constants.COLOR_ERROR)

    def v2_runner_on_ok(self, result: Any) -> None:
        super().v2_runner_on_ok(result)
        self._handle_warnings(result._result)
        action, host = action_of(result), result._host.get_name()
        if action in DEBUG and "msg" in result._result:
            message = result._result["msg"]
            lines = message if isinstance(message, (list, tuple)) else str(message).splitlines()
            for line in lines:
                self._display.display(f"   {line}")
        elif self._display.verbosity > 0 and not action.startswith("aksops.workload_identity."):
            self._line(host, "ok", result._task.get_name(), constants.COLOR_OK)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        super().v2_runner_on_failed(result, ignore_errors)
        self._handle_warnings(result._result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        if self._display.verbosity > 0:
            self._line(result._host.get_name(), "skipped", result._task.get_name(), constants.COLOR_SKIP)

    def v2_on_file_diff(self, result: Any) -> None:
        diff = result._result.get("diff")
        if diff and result._result.get("changed"):
            where = f"{result._host.get_name()} {step_of(action_of(result)) or result._task.get_name()}"
            headers = {"before_header": f"{where} before", "after_header": f"{where} after"}
            parts = diff if isinstance(diff, list) else [diff]
            self._display.display(self._get_diff([{**headers, **part} for part in parts]).rstrip())

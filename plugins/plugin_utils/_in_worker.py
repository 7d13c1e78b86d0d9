# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection.
"""Modules of this collection inside the controller's worker.

An ordinary local task starts an interpreter, unpacks an archive and imports the SDKs, for each task and host. The
worker has all of that already: what is imported below is imported once, in the parent, since the strategies load the
action class before they fork. Where a task needs more than that (another machine, async, become, an interpreter of its
own), the ordinary module runs; the results are the same.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any, Optional

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._correlation import correlation_id
from ..module_utils._module import ModuleSpec, execute

_MODULES = "ansible_collections.aksops.workload_identity.plugins.modules"
_HEAVY = ("azure.identity", "azure.mgmt.core", "kubernetes.client", "requests", "jmespath")
_SWITCH = "workload_identity_in_worker"  # a variable; false makes every task an ordinary module

for _name in _HEAVY:
    try:
        importlib.import_module(_name)
    except ImportError:
        pass  # the module that needs it tells which package is missing
correlation_id()  # made here, in the parent, so that all workers have the same


class InWorker(ActionBase):
    """Runs ``reconcile`` of the module of the same name in this process."""

    TRANSFERS_FILES = False
    _supports_async = True
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        if not self._fits(variables):
            result.update(self._execute_module(task_vars=variables, wrap_async=self._task.async_val))
            return result
        module = importlib.import_module(f"{_MODULES}.{self._task.action.rsplit('.', 1)[-1]}")
        result.update(self._in_this_process(module.SPEC, module.reconcile))
        return result

    def _fits(self, variables: Mapping[str, Any]) -> bool:
        switch = variables.get(_SWITCH, True)
        if not boolean(self._templar.template(switch), strict=False):
            return False
        if self._connection.transport != "local" or self._task.async_val or self._connection.become is not None:
            return False
        interpreter = self._templar.template(variables.get("ansible_python_interpreter") or "auto")
        return str(interpreter).startswith("auto") or os.path.realpath(interpreter) == os.path.realpath(sys.executable) or (
            interpreter == sys.executable
        )

    def _in_this_process(self, spec: ModuleSpec, reconcile: Any) -> dict[str, Any]:
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        os.environ.update({str(key): str(value) for key, value in environment.items()})  # this worker is the task's own
        validator = ArgumentSpecValidator(spec.argument_spec, **spec.constraints)
        checked = validator.validate(_plain(self._task.args))
        hidden = set(checked._no_log_values)
        outcome: dict[str, Any]
        if checked.errors:
            outcome = {"failed": True, "msg": self._refusal(checked)}
        else:
            check_mode, diff = bool(self._task.check_mode), bool(self._task.diff)
            if check_mode and not spec.supports_check_mode:
                outcome = {"skipped": True, "msg": "remote module does not support check mode"}
            else:
                parameters = checked.validated_parameters
                outcome = execute(reconcile, parameters, check_mode=check_mode, diff=diff, say=Display().display)
        outcome["invocation"] = {"module_args": _without_secrets(spec.argument_spec, checked.validated_parameters)}
        scrubbed: dict[str, Any] = remove_values(outcome, hidden)
        return scrubbed

    def _refusal(self, checked: Any) -> str:
        """In the words of AnsibleModule."""
        message = str(checked.errors.msg)
        if isinstance(checked.errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {message}"
        return message


def _plain(value: Any) -> Any:
    """Task arguments without the tags and lazy containers of ansible-core 2.19 and later."""
    if isinstance(value, Mapping):
        return {str.__str__(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return str.__str__(value) if isinstance(value, str) else value


def _without_secrets(specification: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" if value and (specification.get(name) or {}).get("no_log") else value
        for name, value in parameters.items()
    }

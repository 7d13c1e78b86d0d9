# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection.
"""A module's function inside the controller's own worker.

An ordinary module costs a new interpreter, the unpacking of its archive and the import of the SDKs for each
task and host. Strategies load an action class before they fork, so what is imported here is there in every
worker already. Where a task asks for anything that only an ordinary module can do (another machine, another
user, another interpreter, async), the module is executed as it would be without this plugin.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Optional

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._module_spec import ModuleSpec
from ..module_utils._outcome import outcome
from ._plain import plain

_MODULES = "ansible_collections.aksops.workload_identity.plugins.modules"
_PRELOADED = (
    "azure.identity",
    "azure.core.pipeline.transport",
    "azure.core.pipeline.policies",
    "azure.core.rest",
    "azure.mgmt.core",
    "kubernetes.client",
    "requests",
)
# What interpreter discovery is asked for with: no wish for one of its own.
_ANY_INTERPRETER = ("", "auto", "auto_silent", "auto_legacy", "auto_legacy_silent")


def _preload() -> None:
    """A missing package is no fault here: the module that needs it says so, with the package's name."""
    for name in _PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            pass


_preload()


class InWorker(ActionBase):  # type: ignore[misc,unused-ignore]
    """Base of this collection's action plugins; ``MODULE`` is the module's own name."""

    MODULE = ""
    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        variables = task_vars or {}
        super().run(tmp, variables)
        if not self._fits(variables):
            result: dict[str, Any] = self._execute_module(
                task_vars=variables, wrap_async=bool(self._task.async_val)
            )
            return result
        module = importlib.import_module(f"{_MODULES}.{self.MODULE}")
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        with _environment(environment):
            answer = self._reconciled(module.SPEC, module.reconcile)
        if not _shows_invocation(variables):
            del answer["invocation"]
        return dict(wrap_var(answer))

    def _reconciled(self, spec: ModuleSpec, reconcile: Any) -> dict[str, Any]:
        """Validates as AnsibleModule does, runs, and scrubs what must not be shown."""
        arguments = plain(self._task.args)
        validation = ArgumentSpecValidator(spec.argument_spec(), **spec.rules()).validate(arguments)
        if validation.error_messages:  # the errors themselves are an exception, which is always true
            words = validation.errors.msg
            if isinstance(validation.errors[0], UnsupportedError):
                words = f"Unsupported parameters for ({self._task.action}) module: {words}"
            answer: dict[str, Any] = {"changed": False, "failed": True, "msg": words}
        else:
            display = Display()
            answer = outcome(
                reconcile,
                validation.validated_parameters,
                bool(self._task.check_mode),
                bool(self._task.diff),
                display.display,
            )
        answer["invocation"] = {"module_args": validation.validated_parameters}
        return dict(remove_values(answer, validation._no_log_values))

    def _fits(self, variables: Mapping[str, Any]) -> bool:
        """Whether this worker is where the module would run anyway."""
        local = getattr(self._connection, "transport", "") in ("local", "ansible.builtin.local")
        if not local or self._task.async_val or self._play_context.become:
            return False
        delegated = (variables.get("ansible_delegated_vars") or {}).get(self._task.delegate_to)
        of_host = delegated if self._task.delegate_to and delegated else variables
        wanted = self._templated(variables.get("workload_identity_in_worker", True))
        if not boolean(wanted, strict=False):
            return False
        interpreter = str(self._templated(of_host.get("ansible_python_interpreter")) or "")
        return interpreter in _ANY_INTERPRETER or _same_program(interpreter, sys.executable)

    def _templated(self, value: Any) -> Any:
        return self._templar.template(value) if isinstance(value, str) else value


def _shows_invocation(variables: Mapping[str, Any]) -> bool:
    """Up to ansible-core 2.20 results hold the arguments always, since 2.21 where a setting asks for it."""
    if not hasattr(constants, "INJECT_INVOCATION"):
        return True
    return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=dict(variables)))


def _same_program(one: str, other: str) -> bool:
    """By path and not by what a link points to: the python of a virtual environment is a link to another."""
    return os.path.abspath(os.path.expanduser(one)) == os.path.abspath(other)


@contextmanager
def _environment(extra: Mapping[str, str]) -> Iterator[None]:
    """The task's environment for as long as the task lasts; a worker may serve only one, but that is not ours."""
    before = {name: os.environ.get(name) for name in extra}
    os.environ.update({name: str(value) for name, value in extra.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""How every module of the collection runs: options in, ``reconcile``, result out.

The same function serves both ways in: ``run_module`` for an ordinary module, and ``execute`` for the action
plugin that calls it inside the controller's worker (plugins/plugin_utils/_in_worker.py).
This is also the one place that turns exceptions into a failure.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Optional

from ansible.module_utils.basic import AnsibleModule

from ._correlation import correlation_id

if TYPE_CHECKING:
    from ._azure.session import AzureSession
    from ._kubernetes.client import KubernetesClient

_LONGEST_DIFF = 20_000  # characters a side: a result of 355 kB costs the control process 2.35 MB for each host

SIGN_IN_OPTIONS: Mapping[str, Any] = {
    "subscription_id": {"type": "str"},
    "tenant": {"type": "str"},
    "client_id": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "ad_user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "x509_certificate_path": {"type": "path"},
    "federated_token_file": {"type": "path", "no_log": False},
    "cloud_environment": {"type": "str"},
    "auth_source": {
        "type": "str",
        "choices": ["auto", "service_principal", "user", "workload_identity", "managed_identity", "cli"],
    },
}
KUBERNETES_OPTIONS: Mapping[str, Any] = {
    "resource_group": {"type": "str"},
    "cluster_name": {"type": "str"},
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
    "admin": {"type": "bool", "default": False},
}


class MigrationError(Exception):
    """Something that the user has to know and can act on. ``data`` is returned beside the message: what was done
    before, for example."""

    def __init__(self, message: str, *, data: Optional[Mapping[str, Any]] = None) -> None:
        super().__init__(message)
        self.data: Mapping[str, Any] = data or {}


class MissingLibrary(MigrationError):
    """A Python package is not installed where the module runs."""

    def __init__(self, package: str, error: Optional[BaseException] = None) -> None:
        from ansible.module_utils.basic import missing_required_lib

        super().__init__(f"{missing_required_lib(package)}{f' ({error})' if error else ''}")


@dataclass(frozen=True)
class ModuleSpec:
    """A module's options and what holds between them, as AnsibleModule takes them."""

    options: Mapping[str, Any]
    azure: bool = True  # adds the options to sign in to Azure
    kubernetes: bool = False  # adds those that lead to a cluster's API server
    mutually_exclusive: Sequence[Sequence[str]] = ()
    required_together: Sequence[Sequence[str]] = ()
    required_one_of: Sequence[Sequence[str]] = ()
    required_if: Sequence[Sequence[Any]] = ()
    required_by: Mapping[str, Any] = field(default_factory=dict)
    supports_check_mode: bool = True

    @property
    def argument_spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = dict(SIGN_IN_OPTIONS) if self.azure else {}
        if self.kubernetes:
            spec.update(KUBERNETES_OPTIONS)
        spec.update(self.options)
        return spec

    @property
    def constraints(self) -> dict[str, Any]:
        """What AnsibleModule and ArgumentSpecValidator take beside the argument spec."""
        return {
            "mutually_exclusive": [list(item) for item in self.mutually_exclusive] or None,
            "required_together": [list(item) for item in self.required_together] or None,
            "required_one_of": [list(item) for item in self.required_one_of] or None,
            "required_if": [list(item) for item in self.required_if] or None,
            "required_by": dict(self.required_by) or None,
        }


@dataclass(frozen=True)
class Result:
    """``before`` and ``after`` are plain data of what the module is about; the diff is made of them."""

    changed: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    before: Any = None
    after: Any = None
    warnings: Sequence[str] = ()


class Access:
    """What a module reaches the world through; each part is made when it is first asked for."""

    def __init__(
        self, options: Mapping[str, Any], *, check_mode: bool, say: Optional[Callable[[str], None]] = None
    ) -> None:
        self._options = options
        self._check_mode = check_mode
        self._azure: Optional[AzureSession] = None
        self._kubernetes: Optional[KubernetesClient] = None
        self.say: Callable[[str], None] = say or (lambda text: None)

    @property
    def correlation_id(self) -> str:
        return correlation_id()

    @property
    def azure(self) -> AzureSession:
        if self._azure is None:
            from ._azure.session import open_session

            self._azure = open_session(self._options, say=self.say)
        return self._azure

    @property
    def kubernetes(self) -> KubernetesClient:
        """The cluster's API server; in check mode its writes are dry runs."""
        if self._kubernetes is None:
            from ._azure.session import USER_AGENT
            from ._kubernetes.access import connect

            self._kubernetes = connect(self._options, self.azure, self._check_mode, USER_AGENT)
        return self._kubernetes


Reconcile = Callable[[Mapping[str, Any], Access, bool], Result]


def run_module(spec: ModuleSpec, reconcile: Reconcile) -> NoReturn:
    """The ordinary way: a process of its own, wherever Ansible sent it."""
    module = AnsibleModule(
        argument_spec=spec.argument_spec, supports_check_mode=spec.supports_check_mode, **spec.constraints
    )
    outcome = execute(reconcile, module.params, check_mode=module.check_mode, diff=module._diff)
    for warning in outcome.pop("warnings", ()):
        module.warn(warning)
    if outcome.get("failed"):
        module.fail_json(**outcome)
    module.exit_json(**outcome)


def execute(
    reconcile: Reconcile,
    options: Mapping[str, Any],
    *,
    check_mode: bool,
    diff: bool,
    say: Optional[Callable[[str], None]] = None,
) -> dict[str, Any]:
    """Runs ``reconcile`` and gives what a task returns; never raises, save for an interruption."""
    access = Access(options, check_mode=check_mode, say=say)
    try:
        result = reconcile(options, access, check_mode)
    except MigrationError as error:
        return {"changed": False, **error.data, "failed": True, "msg": str(error)}
    except Exception as error:  # a fault of ours: told with its place, so that it can be reported
        return {
            "changed": False,
            "failed": True,
            "msg": (
                f"This is a fault of aksops.workload_identity, please report it: {type(error).__name__}: {error}"
                f" ({_place(error)})"
            ),
        }
    outcome: dict[str, Any] = {"changed": result.changed, **result.data}
    if result.warnings:
        outcome["warnings"] = list(result.warnings)
    if diff and (result.before is not None or result.after is not None):
        outcome["diff"] = {"before": _side(result.before), "after": _side(result.after)}
    return outcome


def _place(error: BaseException) -> str:
    """The last lines of our own code that were under way, without any value."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "workload_identity" in frame.filename]
    names = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-3:]]
    return " < ".join(reversed(names))


def _side(data: Any) -> str:
    if data is None or data == {} or data == []:
        return ""
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n"
    if len(text) <= _LONGEST_DIFF:
        return text
    return text[:_LONGEST_DIFF] + f"\n... and {len(text) - _LONGEST_DIFF} more characters\n"

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What a module takes and what it gives, said once: in the module, in the worker, in tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Fallbacks to the environment are applied at sign-in and not here: an empty variable counts as unset there,
# and the plain defaults keep secrets out of what ansible-core shows as the module's arguments.
AZURE_OPTIONS: Mapping[str, Any] = {
    "subscription_id": {"type": "str"},
    "tenant": {"type": "str"},
    "client_id": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "ad_user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "x509_certificate_path": {"type": "path"},
    "federated_token_file": {"type": "path", "no_log": False},
    "cloud_environment": {"type": "str"},
    "auth_source": {"type": "str", "choices": ["auto", "env", "cli", "msi"]},
}

KUBERNETES_OPTIONS: Mapping[str, Any] = {
    "resource_group": {"type": "str"},
    "cluster_name": {"type": "str"},
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
    "admin": {"type": "bool", "default": False},
}


@dataclass(frozen=True)
class ModuleSpec:
    """The options of a module and the rules between them, as AnsibleModule names them.

    ``azure`` and ``kubernetes`` add the options of those two documentation fragments.
    """

    options: Mapping[str, Any]
    azure: bool = True
    kubernetes: bool = False
    mutually_exclusive: tuple[Any, ...] = ()
    required_together: tuple[Any, ...] = ()
    required_one_of: tuple[Any, ...] = ()
    required_if: tuple[Any, ...] = ()
    required_by: Mapping[str, Any] = field(default_factory=dict)
    supports_check_mode: bool = True

    def argument_spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = {}
        if self.azure:
            spec.update(AZURE_OPTIONS)
        if self.kubernetes:
            spec.update(KUBERNETES_OPTIONS)
        return {**spec, **self.options}

    def rules(self) -> dict[str, Any]:
        """The rules between options, as keyword arguments of AnsibleModule and ArgumentSpecValidator."""
        return {
            "mutually_exclusive": [list(item) for item in self.mutually_exclusive],
            "required_together": [list(item) for item in self.required_together],
            "required_one_of": [list(item) for item in self.required_one_of],
            "required_if": [list(item) for item in self.required_if],
            "required_by": dict(self.required_by),
        }


@dataclass(frozen=True)
class Result:
    """What ``reconcile`` gives. ``data`` is small (30 kB at most): long lists go to files.

    ``before`` and ``after`` are plain data; they make the diff, and only where they differ.
    """

    changed: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    before: Any = None
    after: Any = None
    warnings: tuple[str, ...] = ()

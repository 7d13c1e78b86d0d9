# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""From options to the dictionary that Ansible gets: the one place that turns exceptions into failures."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Optional

from ansible.module_utils.basic import missing_required_lib

from ._access import Access
from ._failure import MigrationError
from ._module_spec import Result
from ._secrecy import without_secrets

Reconcile = Callable[[Mapping[str, Any], Access, bool], Result]

_LONGEST_DIFF = 20000  # characters of either side; more drowns the terminal, and AWX cuts its events
# Import name -> package, the longest prefix wins. "azure" alone is missing when nothing of Azure is there.
_PACKAGES: Mapping[str, str] = {
    "azure": "azure-identity",
    "azure.identity": "azure-identity",
    "azure.core": "azure-core",
    "azure.mgmt": "azure-mgmt-core",
    "azure.mgmt.core": "azure-mgmt-core",
    "azure.mgmt.msi": "azure-mgmt-msi",
    "azure.mgmt.containerservice": "azure-mgmt-containerservice",
    "msal": "azure-identity",
    "requests": "azure-identity",  # which brings it
    "kubernetes": "kubernetes",
    "urllib3": "kubernetes",
    "jmespath": "jmespath",
    "yaml": "PyYAML",
}

# What the SDKs log comes out as exceptions, too. Without a handler Python writes warnings to standard error, which
# in a worker is the terminal of the whole run.
for _library in ("azure", "kubernetes", "msal", "urllib3"):
    logging.getLogger(_library).addHandler(logging.NullHandler())


def outcome(
    reconcile: Reconcile,
    options: Mapping[str, Any],
    check_mode: bool,
    diff_mode: bool,
    say: Optional[Callable[[str], None]] = None,
) -> dict[str, Any]:
    """Runs ``reconcile`` and gives a module's result, failed or not.

    Failures hold no secret of the environment or of a service; what the options hold, Ansible scrubs.
    """
    try:
        result = reconcile(options, Access(options, check_mode, say), check_mode)
    except MigrationError as error:
        words = _naming_cluster(str(error), options)
        return dict(without_secrets({"changed": False, **error.data, "failed": True, "msg": words}))
    except Exception as error:
        package = _package(error.name or "") if isinstance(error, ImportError) else None
        words = missing_required_lib(package) if package else _unexpected(error)
        trace = traceback.format_exc()
        return dict(without_secrets({"changed": False, "failed": True, "msg": words, "exception": trace}))
    data = {"changed": result.changed, **result.data}
    if result.warnings:
        data["warnings"] = list(result.warnings)
    if diff_mode and result.before != result.after:
        data["diff"] = {
            "before_header": "before",
            "after_header": "after",
            "before": _shown(result.before),
            "after": _shown(result.after),
        }
    return data


def _naming_cluster(words: str, options: Mapping[str, Any]) -> str:
    """Each failure names its cluster, that of a sign-in or of a connection, too: hosts may have other names."""
    cluster = options.get("cluster_name")
    return words if not cluster or cluster in words else f"{cluster}: {words}"


def _unexpected(error: Exception) -> str:
    return f"Unexpected {type(error).__name__}: {error}. This is a fault of the collection: please report it."


def _shown(value: Any) -> str:
    """One side of a diff as text: the callback plugins compare it line by line."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, sort_keys=True)
    text = text if text.endswith("\n") else f"{text}\n"
    if len(text) <= _LONGEST_DIFF:
        return text
    return f"{text[:_LONGEST_DIFF]}\n... {len(text) - _LONGEST_DIFF} more characters\n"


def _package(module: str) -> Optional[str]:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        package = _PACKAGES.get(".".join(parts[:length]))
        if package is not None:
            return package
    return None

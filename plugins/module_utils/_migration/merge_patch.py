# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""JSON merge patches (RFC 7386), as ``application/merge-patch+json``."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

CONTENT_TYPE = "application/merge-patch+json"


def patch_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that makes ``after`` of ``before``; lists are replaced whole."""
    patch: dict[str, Any] = {}
    for key in before:
        if key not in after:
            patch[key] = None
    for key, value in after.items():
        if key not in before:
            patch[key] = copy.deepcopy(value)
        elif isinstance(value, Mapping) and isinstance(before[key], Mapping):
            inner = patch_between(before[key], value)
            if inner:
                patch[key] = inner
        elif value != before[key]:
            patch[key] = copy.deepcopy(value)
    return patch


def patched(document: Any, patch: Any) -> Any:
    """``document`` with ``patch`` applied, as an API server does it."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    result = dict(copy.deepcopy(document)) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), value)
    return result

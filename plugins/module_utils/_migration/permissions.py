# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Whether Azure's answer to "what may I do here" covers an action.

``GET {scope}/providers/Microsoft.Authorization/permissions`` lists entries of ``actions`` and ``notActions``;
an action is granted if one entry names it and does not take it back. What an entry with a condition grants,
and what a deny assignment takes away, this answer cannot tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

GRANTED, UNKNOWN, MISSING = "granted", "unknown", "missing"


def judge(permissions: Sequence[Mapping[str, Any]], action: str) -> str:
    """``granted``, ``unknown`` (only under a condition) or ``missing``."""
    verdict = MISSING
    for entry in permissions:
        if not _covered(entry.get("actions"), action) or _covered(entry.get("notActions"), action):
            continue
        if not entry.get("condition"):
            return GRANTED
        verdict = UNKNOWN
    return verdict


def _covered(patterns: Any, action: str) -> bool:
    return any(_matches(str(pattern), action) for pattern in patterns or ())


def _matches(pattern: str, action: str) -> bool:
    """Azure compares without case, and ``*`` stands for anything, slashes included."""
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, action, re.IGNORECASE) is not None

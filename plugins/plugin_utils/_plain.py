# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection.
"""Ansible's own kinds of strings, lists and dictionaries as Python's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """A copy without tags, lazy containers or marks of trust; vaulted text comes out decrypted.

    Since ansible-core 2.19 arguments are subclasses of str, list and so on, before that some are marked
    as unsafe: neither may reach JSON encoders, YAML or the SDKs.
    """
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, bytes):
        return bytes(value)
    # str() of a tagged string gives the plain one; "".join always copies into a new str.
    return "".join(str(value)) if isinstance(value, str) else str(value)

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The one base of all errors that a module turns into a failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional


class MigrationError(Exception):
    """Something that the operator has to know. The text says what was tried, on what, and what to do next.

    ``data`` is returned beside the message: results as far as the module came, ``changed`` among them.
    """

    def __init__(self, message: str, *, data: Optional[Mapping[str, Any]] = None) -> None:
        super().__init__(message)
        self.data: Mapping[str, Any] = data or {}

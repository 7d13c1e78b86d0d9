# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What a finding of one code always says."""

from __future__ import annotations

from dataclasses import dataclass

BLOCKER, WARNING, NOTE = "blocker", "warning", "note"


@dataclass(frozen=True)
class Entry:
    severity: str
    meaning: str
    remedy: str
    acknowledgeable: bool = (
        False  # a blocker that becomes a warning once the user has listed it in ``acknowledge``
    )

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The version of the collection, for the User-Agent header; a test keeps it equal to galaxy.yml."""

from __future__ import annotations

VERSION = "0.1.0"
USER_AGENT = f"ansible-aksops.workload_identity/{VERSION}"

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of the module fleet_report into the controller's worker."""

from __future__ import annotations

from ..plugin_utils._in_worker import InWorker


class ActionModule(InWorker):
    MODULE = "fleet_report"

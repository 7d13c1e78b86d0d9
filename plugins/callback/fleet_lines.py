# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines and a summary for each cluster, beside any other output."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_lines
type: aggregate
short_description: One short line for each cluster and step, and a summary
version_added: 0.1.0
author:
  - the aksops.workload_identity contributors (@aksops)
description:
  - Adds to any output, that of AWX included, one short line for each cluster and step of a migration,
    and a table of all clusters at the end.
  - Prints only what the modules of this collection return, never a task's arguments.
  - Stays silent where the callback P(aksops.workload_identity.fleet#callback) writes the output,
    since that shows the same.
requirements:
  - enabled in C(callbacks_enabled) of C(ansible.cfg) or by C(ANSIBLE_CALLBACKS_ENABLED)
seealso:
  - plugin: aksops.workload_identity.fleet
    plugin_type: callback
"""

from typing import Any

from ansible import constants

from ansible_collections.aksops.workload_identity.plugins.plugin_utils._fleet_callback import FleetCallback


class CallbackModule(FleetCallback):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "aksops.workload_identity.fleet_lines"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.disabled = constants.DEFAULT_STDOUT_CALLBACK == "aksops.workload_identity.fleet"

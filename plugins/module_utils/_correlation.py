# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""One ID for all that a run does in Azure: support and the activity log find every request of it by that."""

from __future__ import annotations

import os
import uuid

_VARIABLE = "AKSOPS_WORKLOAD_IDENTITY_CORRELATION_ID"


def correlation_id() -> str:
    """The ID of this run, made by whoever asks first.

    Ansible's parent process asks when it loads the first action plugin; forked workers, and the processes of
    ordinary modules on this machine, inherit it through the environment.
    """
    return os.environ.setdefault(_VARIABLE, str(uuid.uuid4()))

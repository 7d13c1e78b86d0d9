# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""One ID for all requests of a run.

Ansible's parent process makes it when it loads the first plugin of this collection. Workers are forked from it,
and ordinary modules on the same machine are their children: all inherit the environment.
"""

from __future__ import annotations

import os
import uuid

_VARIABLE = "AKSOPS_WORKLOAD_IDENTITY_CORRELATION_ID"

CORRELATION_ID = os.environ.setdefault(_VARIABLE, str(uuid.uuid4()))

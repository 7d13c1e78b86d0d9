# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""One ID for all requests of a run.

It is made when this file is first imported. Workers are forked from a parent that has imported it, so all of
them send the same one.
"""

from __future__ import annotations

import uuid

CORRELATION_ID = str(uuid.uuid4())

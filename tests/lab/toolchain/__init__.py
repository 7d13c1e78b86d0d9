# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs the lab runs: built from source at pinned versions, kept in the user's cache.

``python -m lab.toolchain build`` builds what is missing; ``python -m lab.toolchain path`` prints the folder.
"""

from __future__ import annotations

from lab.toolchain.building import BuildFailed, build
from lab.toolchain.cache import tools_folder
from lab.toolchain.sources import pod_identity_sources, workload_identity_sources

__all__ = ["BuildFailed", "build", "pod_identity_sources", "tools_folder", "workload_identity_sources"]

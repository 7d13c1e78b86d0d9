# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own Python programs as background processes, wherever the program that starts them found the lab."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.kubernetes.process import BackgroundProgram

TESTS = Path(__file__).resolve().parents[1]


def start_module(
    program: BackgroundProgram,
    module: str,
    *arguments: str | Path,
    environment: Mapping[str, str] | None = None,
) -> None:
    """``python -m module arguments`` in the background, unless it runs already."""
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    program.start([sys.executable, "-m", module, *arguments], {"PYTHONPATH": path, **(environment or {})})

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labs for tests: each module has one of its own, so that it may change whatever it likes."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lab.fleet.handle import Fleet, fleet_lab

CHECKOUT = Path(__file__).resolve().parents[2]
FIGURES = CHECKOUT / ".cache" / "test" / "figures.json"

# A test run that is told to end takes its labs down, as it does at Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)

StartFleet = Callable[..., Fleet]


@pytest.fixture(scope="module")
def start_fleet(request: pytest.FixtureRequest) -> Iterator[StartFleet]:
    """Starts labs that end with the module: ``start_fleet(cluster_count, name, speed=1.0)``."""
    root = CHECKOUT / ".cache" / "test" / "labs" / Path(str(request.node.path)).stem
    shutil.rmtree(root, ignore_errors=True)
    with ExitStack() as labs:

        def start(cluster_count: int, name: str = "main", speed: float = 1.0) -> Fleet:
            return labs.enter_context(fleet_lab(root / name, cluster_count, speed))

        yield start


@pytest.fixture(scope="session")
def figures() -> Iterator[dict[str, Any]]:
    """What was measured along the way; written to ``.cache/test/figures.json``."""
    measured: dict[str, Any] = {}
    yield measured
    if measured:
        FIGURES.parent.mkdir(parents=True, exist_ok=True)
        FIGURES.write_text(json.dumps(measured, indent=2) + "\n")

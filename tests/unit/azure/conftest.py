# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The small Azure of these tests, made anew for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.azure.estate import Estate, description

from lab.azure.seed import load_world
from lab.azure.server import serve


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    with serve(load_world(description()), tmp_path / "azure", speed=10) as azure:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azure.ca))
        yield Estate(azure)

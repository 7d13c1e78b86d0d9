# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/rights says what the table of rights says."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents.rights import files


@pytest.mark.parametrize(("path", "text"), files().items(), ids=lambda value: getattr(value, "name", ""))
def test_the_file_is_what_would_be_written_now(path: Path, text: str) -> None:
    assert path.read_text() == text, "run: PYTHONPATH=tests:.cache/collections python -m documents.rights"

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain tables and headings for a terminal, which read well in a log, too."""

from __future__ import annotations

import sys
from collections.abc import Sequence

BOLD, PLAIN = "\033[1m", "\033[0m"


def heading(text: str) -> None:
    line = f"{'=' * 4} {text} {'=' * max(4, 100 - len(text))}"
    print(f"\n{BOLD}{line}{PLAIN}" if sys.stdout.isatty() else f"\n{line}", flush=True)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell."""
    widths = [max(len(str(row[column])) for row in [titles, *rows]) for column in range(len(titles))]
    lines = [
        "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [titles, ["-" * width for width in widths], *rows]
    ]
    return "\n".join(f"  {line}" for line in lines)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/findings.md, made of the catalogue. Run it to write the page: ``PYTHONPATH=tests:.cache/collections python
-m unit.migration.findings_page``.
"""

from __future__ import annotations

from pathlib import Path

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.findings import (
    BLOCKER,
    CATALOGUE,
    NOTE,
    WARNING,
)

PAGE = Path(__file__).parents[3] / "docs" / "findings.md"

_HEAD = """\
<!--
Copyright (c) 2026, the aksops.workload_identity contributors
SPDX-License-Identifier: GPL-3.0-or-later
Made by tests/unit/migration/findings_page.py of plugins/module_utils/_migration/finding_catalogue.py; edit that.
-->

# Findings

What `assess` can tell of a cluster. Each finding has a code, says where it is, what it means and what to do.
A **blocker** keeps its workload (or, with `cluster` as its place, the whole cluster) from being changed;
a **warning** needs attention; a **note** is good to know.
"""
_SECTIONS = {BLOCKER: "Blockers", WARNING: "Warnings", NOTE: "Notes"}


def page() -> str:
    parts = [_HEAD]
    for severity, title in _SECTIONS.items():
        parts.append(f"\n## {title}\n")
        for code, entry in sorted(CATALOGUE.items()):
            if entry.severity != severity:
                continue
            known = (
                " It can be acknowledged (`acknowledge`) and is then a warning."
                if entry.acknowledgeable
                else ""
            )
            parts.append(f"\n### `{code}`\n\n{entry.meaning}\n\n**What to do:** {entry.remedy}{known}\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())

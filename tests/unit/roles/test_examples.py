# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole playbooks in READMEs and docs (code blocks marked ``yaml playbook``) use what exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
OURS = "aksops.workload_identity."
PAGES = sorted([*(ROOT / "roles").glob("*/README.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
EXAMPLES = [
    (page, number, text)
    for page in PAGES
    for number, text in enumerate(re.findall(r"^```yaml playbook\n(.*?)^```$", page.read_text(), re.M | re.S))
]
BLOCKS = [
    pytest.param(page, text, id=f"{page.relative_to(ROOT)}:{number}") for page, number, text in EXAMPLES
]


@pytest.mark.parametrize(("page", "text"), BLOCKS)
def test_roles_and_their_variables_exist(page: Path, text: str) -> None:
    for play in yaml.safe_load(text):
        for entry in play.get("roles", []):
            role = entry["role"].removeprefix(OURS)
            specification: dict[str, Any] = yaml.safe_load(
                (ROOT / "roles" / role / "meta/argument_specs.yml").read_text()
            )
            options = set(specification["argument_specs"]["main"]["options"])
            assert set(entry.get("vars", {})) <= options


@pytest.mark.parametrize(("page", "text"), BLOCKS)
def test_modules_exist(page: Path, text: str) -> None:
    for play in yaml.safe_load(text):
        for task in play.get("tasks", []):
            for action in (name for name in task if name.startswith(OURS)):
                assert (ROOT / "plugins/modules" / f"{action.removeprefix(OURS)}.py").is_file(), action


def test_every_role_has_an_example() -> None:
    shown = {page.parent.name for page, number, text in EXAMPLES if page.name == "README.md"}
    assert {path.name for path in (ROOT / "roles").iterdir()} <= shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/awx offers for AWX fits the playbooks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
AWX = ROOT / "docs/awx"
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_the_project_has_one_import_for_each_playbook() -> None:
    imported = {path.stem: load(path) for path in (AWX / "project").glob("*.yml")}
    assert set(imported) == PLAYBOOKS
    for name, plays in imported.items():
        assert [play["ansible.builtin.import_playbook"] for play in plays] == [
            f"aksops.workload_identity.{name}"
        ]


def test_there_is_a_job_template_for_each_playbook() -> None:
    templates = load(AWX / "job_templates.yml")["controller_templates"]
    assert {template["playbook"].removesuffix(".yml") for template in templates} == PLAYBOOKS


def test_the_survey_asks_for_variables_that_exist() -> None:
    documented = set(
        re.findall(r"^\| `(workload_identity_\w+)` \|", (ROOT / "docs/variables.md").read_text(), re.M)
    )
    survey = json.loads((AWX / "survey_migrate.json").read_text())
    assert {question["variable"] for question in survey["spec"]} <= documented


def test_the_survey_offers_the_choices_of_the_role() -> None:
    survey = json.loads((AWX / "survey_migrate.json").read_text())
    asked = next(item for item in survey["spec"] if item["variable"] == "workload_identity_on_blockers")
    specification = load(ROOT / "roles/discovery/meta/argument_specs.yml")["argument_specs"]["main"][
        "options"
    ]
    assert set(asked["choices"]) == set(specification["discovery_on_blockers"]["choices"]) - {"report"}


def test_the_credential_type_hands_on_every_field() -> None:
    credential = load(AWX / "credential_type.yml")
    fields = {field["id"] for field in credential["inputs"]["fields"]}
    injected = " ".join([*credential["injectors"]["env"].values(), *credential["injectors"]["file"].values()])
    assert {field for field in fields if not re.search(rf"{{{{ {field}\b", injected)} == set()
    secret = {field["id"] for field in credential["inputs"]["fields"] if field.get("secret")}
    assert not any(
        field in value
        for field in secret
        for value in credential["injectors"]["env"].values()
        if "tower" not in value
    )

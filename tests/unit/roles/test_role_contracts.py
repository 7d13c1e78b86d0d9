# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role promises (argument specification, README) is what it has (defaults, tasks)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
OURS = "aksops.workload_identity."
CLUSTER = {"aks_subscription_id", "aks_resource_group", "aks_cluster_name"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def promised(role: str) -> Mapping[str, Mapping[str, Any]]:
    options: Mapping[str, Mapping[str, Any]] = load(ROOT / "roles" / role / "meta/argument_specs.yml")[
        "argument_specs"
    ]["main"]["options"]
    return options


def tasks(role: str) -> Iterator[Mapping[str, Any]]:
    def walk(items: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for item in items:
            yield item
            yield from walk(item.get("block", []))

    for path in sorted((ROOT / "roles" / role / "tasks").glob("*.yml")):
        yield from walk(load(path))


def documented_options(module: str) -> set[str]:
    """The option names in a module's documentation, with those of its documentation fragments."""
    documentation = constant(ROOT / "plugins/modules" / f"{module}.py", "DOCUMENTATION")
    names = set(documentation.get("options") or {})
    for fragment in documentation.get("extends_documentation_fragment") or []:
        file, part = [*fragment.removeprefix(OURS).split(".", 1), ""][:2]
        name = part.upper() if part else "DOCUMENTATION"
        names |= set(constant(ROOT / "plugins/doc_fragments" / f"{file}.py", name).get("options") or {})
    return names


def constant(path: Path, name: str) -> Mapping[str, Any]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == [name]:
            value: Mapping[str, Any] = yaml.safe_load(ast.literal_eval(node.value))
            return value
    raise AssertionError(f"{path} has no {name}")


@pytest.mark.parametrize("role", ROLES)
def test_every_input_has_a_default_and_every_default_is_an_input(role: str) -> None:
    defaults = set(load(ROOT / "roles" / role / "defaults/main.yml"))
    optional = {name for name, option in promised(role).items() if not option.get("required")}
    assert defaults == optional


@pytest.mark.parametrize("role", ROLES)
def test_inputs_are_the_cluster_and_names_with_the_roles_prefix(role: str) -> None:
    assert {name for name in promised(role) if not name.startswith(f"{role}_")} == CLUSTER


@pytest.mark.parametrize("role", ROLES)
def test_every_input_is_used(role: str) -> None:
    files = [
        *(ROOT / "roles" / role / "tasks").glob("*.yml"),
        *(ROOT / "roles" / role / "vars").glob("*.yml"),
    ]
    text = "\n".join(path.read_text() for path in files)
    own = {name for name in promised(role) if name.startswith(f"{role}_")}
    assert {name for name in own if not re.search(rf"\b{name}\b", text)} == set()


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_lists_the_inputs(role: str) -> None:
    table = re.findall(r"^\| `(\w+)` \|", (ROOT / "roles" / role / "README.md").read_text(), re.MULTILINE)
    assert table == list(promised(role))


@pytest.mark.parametrize("role", ROLES)
def test_secrets_are_marked_in_the_specification(role: str) -> None:
    open_ones = [name for name, option in promised(role).items() if name.endswith(("_azure", "_kubernetes"))]
    assert all(promised(role)[name].get("no_log") for name in open_ones)


@pytest.mark.parametrize("role", ROLES)
def test_tasks_give_the_modules_only_options_that_they_document(role: str) -> None:
    for task in tasks(role):
        for action in (name for name in task if name.startswith(OURS)):
            unknown = set(task[action]) - documented_options(action.removeprefix(OURS))
            assert unknown == set(), f"{role}: {action} has no {sorted(unknown)}"


@pytest.mark.parametrize("role", ROLES)
def test_no_role_rescues_or_ignores_a_failure(role: str) -> None:
    for task in tasks(role):
        assert not {"rescue", "ignore_errors", "ignore_unreachable", "run_once"} & set(task), task.get("name")


@pytest.mark.parametrize("role", ROLES)
def test_the_interpreter_is_the_one_that_runs_ansible(role: str) -> None:
    block = load(ROOT / "roles" / role / "tasks/main.yml")[0]
    assert "ansible_playbook_python" in block["vars"]["ansible_python_interpreter"]
    assert "group/aksops.workload_identity.azure" in block["module_defaults"]


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: str(path.stem))
def test_playbooks_are_lists_of_roles(path: Path) -> None:
    for play in load(path):
        assert not {"tasks", "pre_tasks", "post_tasks", "serial"} & set(play)
        assert play["gather_facts"] is False
        assert play["any_errors_fatal"] is False
        assert play["connection"] == "local"
        assert play["vars"]["ansible_pipelining"] is True
        assert "workload_identity_hosts | default('aks')" in play["hosts"]
        assert {entry["role"].removeprefix(OURS) for entry in play["roles"]} <= set(ROLES)


def test_collection_wide_inputs_are_all_documented() -> None:
    files = [*(ROOT / "roles").rglob("*.yml"), *PLAYBOOKS]
    used = {name for path in files for name in re.findall(r"\bworkload_identity_[a-z_]+\b", path.read_text())}
    used = {name for name in used if not name.startswith(("workload_identity_plan_",))} - {
        "workload_identity_"
    }
    listed = re.findall(
        r"^\| `(workload_identity_\w+)` \|", (ROOT / "docs/variables.md").read_text(), re.MULTILINE
    )
    assert used == set(listed)

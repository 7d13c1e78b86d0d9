# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module is made alike: a spec that its documentation tells in full, and a way into the worker."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.aksops.workload_identity.plugins.module_utils._module_spec import ModuleSpec
from ansible_collections.aksops.workload_identity.plugins.module_utils._version import VERSION

COLLECTION = Path(__file__).resolve().parents[3]
PLUGINS = "ansible_collections.aksops.workload_identity.plugins"
MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py"))


def documented_options(module: Any) -> dict[str, Any]:
    """The options of a module's documentation with those of its fragments."""
    documentation = yaml.safe_load(module.DOCUMENTATION)
    options = dict(documentation.get("options") or {})
    for fragment in documentation.get("extends_documentation_fragment", ()):
        name = fragment.rpartition(".")[2]
        source = importlib.import_module(f"{PLUGINS}.doc_fragments.{name}").ModuleDocFragment.DOCUMENTATION
        options = {**(yaml.safe_load(source).get("options") or {}), **options}
    return options


def declared(options: dict[str, Any], sub: str) -> dict[str, Any]:
    """Name, type, choices, default and need of each option, and of those inside it."""
    return {
        name: (
            option.get("type", "str"),
            option.get("elements"),
            tuple(option.get("choices") or ()),
            option.get("default"),
            bool(option.get("required")),
            declared(option.get(sub) or {}, sub),
        )
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", MODULES)
def test_the_documentation_tells_the_options_as_they_are(name: str) -> None:
    module = importlib.import_module(f"{PLUGINS}.modules.{name}")
    assert isinstance(module.SPEC, ModuleSpec)
    assert declared(documented_options(module), "suboptions") == declared(
        module.SPEC.argument_spec(), "options"
    )


@pytest.mark.parametrize("name", MODULES)
def test_each_module_has_its_way_into_the_worker(name: str) -> None:
    assert name == importlib.import_module(f"{PLUGINS}.action.{name}").ActionModule.MODULE


def test_no_action_is_without_its_module() -> None:
    assert sorted(path.stem for path in (COLLECTION / "plugins" / "action").glob("*.py")) == MODULES


def test_the_user_agent_names_the_version_of_the_collection() -> None:
    assert yaml.safe_load((COLLECTION / "galaxy.yml").read_text())["version"] == VERSION


def test_a_group_of_defaults_reaches_all_modules_that_take_its_options() -> None:
    groups = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text())["action_groups"]
    specs = {name: importlib.import_module(f"{PLUGINS}.modules.{name}").SPEC for name in MODULES}
    assert sorted(groups["azure"]) == [name for name in MODULES if specs[name].azure]
    assert sorted(groups["kubernetes"]) == [name for name in MODULES if specs[name].kubernetes]

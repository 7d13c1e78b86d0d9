# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of tasks as plain Python values, whatever Ansible made of them."""

from __future__ import annotations

from ansible.template import Templar
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.aksops.workload_identity.plugins.plugin_utils._plain import plain

VALUE = {"text": "ä", "list": ["a", {"b": 1}], "none": None, "yes": True, "number": 1.5, "tuple": ("x",)}
EXPECTED = {**VALUE, "tuple": ["x"]}


def kinds(value: object) -> set[type]:
    if isinstance(value, dict):
        return {type(value)} | {kind for pair in value.items() for item in pair for kind in kinds(item)}
    if isinstance(value, list):
        return {type(value)} | {kind for item in value for kind in kinds(item)}
    return {type(value)}


def test_marks_of_distrust_and_tags_are_gone() -> None:
    result = plain(wrap_var(VALUE))
    assert result == EXPECTED
    assert kinds(result) <= {dict, list, str, int, float, bool, type(None)}


def test_what_templating_gives_becomes_plain_too() -> None:
    templated = Templar(loader=None, variables={"value": VALUE}).template("{{ value }}")
    assert kinds(plain(templated)) <= {dict, list, str, int, float, bool, type(None)}

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published schema of a plan is the one of the records, and every plan fits it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from unit.migration import cluster_cases
from unit.migration.plan_schema import FILE, text

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import discover
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.planning import plan
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.records import to_data

CASES = dict(cluster_cases.cases())
VALIDATOR = Draft202012Validator(json.loads(FILE.read_text()))


def planned(case: Mapping[str, Any]) -> dict[str, Any]:
    facts = discover(cluster_cases.raw_cluster(case), cluster_cases.azure_side(case))
    data = to_data(plan(facts, cluster_cases.plan_options(case)))
    assert isinstance(data, dict)
    return data


def test_the_file_is_what_would_be_written_now() -> None:
    assert FILE.read_text() == text(), (
        "run: PYTHONPATH=tests:.cache/collections python -m unit.migration.plan_schema"
    )
    Draft202012Validator.check_schema(json.loads(text()))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_plan_fits(case: Mapping[str, Any]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(planned(case))] == []


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "aksops.workload_identity/plan/v2"},
        {"state": "fine"},
        {"cluster_id": None},
        {"colour": "red"},
        {"workloads": [{"ref": {}}]},
    ],
)
def test_what_is_no_plan_does_not(change: Mapping[str, Any]) -> None:
    data = planned(next(iter(CASES.values())))
    assert not VALIDATOR.is_valid({**data, **change})

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of findings and its page."""

from __future__ import annotations

import re

import pytest
from unit.migration.findings_page import PAGE, page

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import Finding
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.findings import (
    BLOCKER,
    CATALOGUE,
    NOTE,
    WARNING,
    acknowledged,
    finding,
    ordered,
)


def test_the_page_says_what_the_catalogue_says() -> None:
    assert PAGE.read_text() == page(), (
        "run: PYTHONPATH=tests:.cache/collections python -m unit.migration.findings_page"
    )


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_entry_is_whole(code: str) -> None:
    entry = CATALOGUE[code]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
    assert entry.severity in (BLOCKER, WARNING, NOTE)
    assert entry.meaning.endswith(".")
    assert entry.remedy.endswith(".")


def test_a_detail_comes_before_the_meaning() -> None:
    found = finding("unused-installation", "cluster", "In default.")
    assert found.message == f"In default. {CATALOGUE['unused-installation'].meaning}"


def test_findings_are_ordered_by_gravity_and_each_is_told_once() -> None:
    found = [
        finding("excluded", "b"),
        finding("kube-system", "a"),
        finding("held", "c"),
        finding("excluded", "b"),
    ]
    assert [item.severity for item in ordered(found)] == [BLOCKER, WARNING, NOTE]


def test_an_acknowledged_blocker_becomes_a_warning() -> None:
    shared = finding("node-identity-shared", "AzureIdentity a/b")
    assert [item.severity for item in acknowledged([shared], ["node-identity-shared"])] == [WARNING]


@pytest.mark.parametrize(
    ("code", "words"), [("nosuch", "no finding"), ("kube-system", "cannot be acknowledged")]
)
def test_what_cannot_be_acknowledged_is_refused(code: str, words: str) -> None:
    blocker: Finding = finding("kube-system", "Deployment kube-system/x")
    with pytest.raises(ValueError, match=words):
        acknowledged([blocker], [code])

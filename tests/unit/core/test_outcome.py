# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a module's function does to what Ansible gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    MigrationError,
    Reconcile,
    Result,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._outcome import outcome


def ends(result: Result | Exception) -> Reconcile:
    def reconcile(_options: Mapping[str, Any], _access: Access, _check_mode: bool) -> Result:
        if isinstance(result, Exception):
            raise result
        return result

    return reconcile


def test_a_result_is_its_data_and_whether_something_changed() -> None:
    assert outcome(ends(Result(True, {"a": 1})), {}, False, True) == {"changed": True, "a": 1}


def test_a_difference_is_shown_in_diff_mode_only() -> None:
    result = ends(Result(True, before={"a": 1}, after={"a": 2}))
    assert outcome(result, {}, False, True)["diff"]["after"] == '{\n  "a": 2\n}\n'
    assert "diff" not in outcome(result, {}, False, False)


def test_what_did_not_change_has_no_diff() -> None:
    assert "diff" not in outcome(ends(Result(before={"a": 1}, after={"a": 1})), {}, False, True)


def test_a_long_difference_is_cut_and_says_so() -> None:
    diff = outcome(ends(Result(True, before="", after="x" * 50000)), {}, False, True)["diff"]
    assert len(diff["after"]) < 21000
    assert diff["after"].endswith("30001 more characters\n")


def test_an_error_keeps_what_was_done_before_it() -> None:
    failed = outcome(ends(MigrationError("why", data={"changed": True, "steps": [1]})), {}, False, False)
    assert failed == {"changed": True, "steps": [1], "failed": True, "msg": "why"}


@pytest.mark.parametrize(
    ("words", "message"),
    [("Sign-in failed.", "aks-1: Sign-in failed."), ("aks-1 is stopped.", "aks-1 is stopped.")],
)
def test_an_error_names_the_cluster_once(words: str, message: str) -> None:
    options = {"cluster_name": "aks-1"}
    assert outcome(ends(MigrationError(words)), options, False, False)["msg"] == message


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("azure", "azure-identity"),
        ("azure.identity", "azure-identity"),
        ("azure.mgmt.core.policies", "azure-mgmt-core"),
        ("kubernetes", "kubernetes"),
        ("jmespath", "jmespath"),
    ],
)
def test_a_missing_library_is_named_by_its_package(module: str, package: str) -> None:
    failed = outcome(ends(ModuleNotFoundError(f"No module named {module!r}", name=module)), {}, False, False)
    assert failed["failed"]
    assert f"({package})" in failed["msg"]


def test_a_fault_of_the_collection_is_a_failure_that_can_be_reported() -> None:
    failed = outcome(ends(KeyError("oops")), {}, False, False)
    assert failed["msg"].startswith("Unexpected KeyError: 'oops'.")
    assert "Traceback" in failed["exception"]


def test_a_missing_module_that_is_no_library_is_such_a_fault() -> None:
    failed = outcome(ends(ModuleNotFoundError("No module named 'x.y'", name="x.y")), {}, False, False)
    assert failed["msg"].startswith("Unexpected ModuleNotFoundError")


TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhIn0.c2lnbmF0dXJlLW9mLWl0"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("words", "secret"),
    [
        ("refused: a~secret~of~the~environment", "a~secret~of~the~environment"),
        ("POST grant_type=x&client_secret=of-an-option&scope=y", "of-an-option"),
        (f"header Authorization: Bearer opaque-token, {TOKEN}", "opaque-token"),
        (f"the token {TOKEN} was refused", TOKEN),
        (f"cannot load {KEY}", "MIIE"),
    ],
)
@pytest.mark.parametrize("kind", [RuntimeError, MigrationError])
def test_a_failure_holds_no_secret(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception], words: str, secret: str
) -> None:
    monkeypatch.setenv("AZURE_SECRET", "a~secret~of~the~environment")
    failed = outcome(ends(kind(words)), {}, False, False)
    assert secret not in str(failed)
    assert "********" in failed["msg"]


def test_data_of_a_failure_is_searched_for_secrets_too() -> None:
    data = {"exchanges": [{"explanation": f"got {TOKEN}"}], "count": 1}
    failed = outcome(ends(MigrationError("why", data=data)), {}, False, False)
    assert failed["exchanges"] == [{"explanation": "got ********"}]
    assert failed["count"] == 1


def test_an_environment_without_secrets_masks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SECRET", "")
    assert outcome(ends(MigrationError("nothing to hide")), {}, False, False)["msg"] == "nothing to hide"

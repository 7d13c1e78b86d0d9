# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts as a leak, and what does not."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from lab.secrets_search import leaks, leaks_in_files

VALUES = {"secret of operator": "Lab~0123.Q"}
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2EifQ.c2ln"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nothing to see", []),
        ("client_secret=Lab~0123.Q&scope=x", ["secret of operator"]),
        (f"Authorization: Bearer {TOKEN}", ["a JSON web token"]),
        (KEY, ["a private key"]),
        (f"client-key-data: {base64.b64encode(KEY.encode()).decode()}", ["a private key, encoded"]),
        ("-----BEGIN CERTIFICATE-----", []),
        ("eyJ is how many base64 texts begin", []),
    ],
)
def test_a_leak_is_named_but_not_repeated(text: str, found: list[str]) -> None:
    assert leaks(text, VALUES) == found


def test_files_at_any_depth_are_searched(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "module_args").write_text("Lab~0123.Q")
    assert leaks_in_files([tmp_path], VALUES) == [f"{tmp_path}/a/b/module_args: secret of operator"]

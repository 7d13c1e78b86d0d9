# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts and plans as files: private, whole, and with an error that helps."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._failure import MigrationError
from ansible_collections.aksops.workload_identity.plugins.module_utils._files import read_json, write_private


def test_only_the_owner_reads_the_file_and_its_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "run" / "facts.json"
    before = os.umask(0)
    try:
        write_private(str(path), {"a": ["ü"]})
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_json(str(path)) == {"a": ["ü"]}


def test_a_file_that_cannot_be_written_leaves_the_former_one(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    write_private(str(path), {"a": 1})
    with pytest.raises(TypeError):
        write_private(str(path), {"a": object()})
    assert read_json(str(path)) == {"a": 1}
    assert os.listdir(tmp_path) == ["facts.json"]


def test_a_missing_file_names_itself_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match=r"none\.json cannot be read: No such file"):
        read_json(str(tmp_path / "none.json"))


def test_a_file_that_is_no_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"a": ')
    with pytest.raises(MigrationError, match="is no JSON"):
        read_json(str(tmp_path / "half.json"))

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callbacks under a real ansible-playbook, with and without a terminal's colours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.aksops.workload_identity.plugins.plugin_utils import _fleet_account

COLLECTIONS = Path(_fleet_account.__file__).absolute().parents[5]
PLAYBOOK = """
- name: Say something
  hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Show lines
      ansible.builtin.debug:
        msg: ["first line", "second {{ '{{' }} line"]
    - name: Fail with a secret among the arguments
      ansible.builtin.command:
        argv: ["false", s3cr3t-value]
      when: inventory_hostname == 'aks-2'
    - name: Fail behind a curtain
      ansible.builtin.fail:
        msg: hidden-words
      no_log: true
      when: inventory_hostname == 'aks-1'
"""


def run(tmp_path: Path, **environment: str) -> str:
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    finished = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "aks-1,aks-2,", "play.yml"],
        cwd=tmp_path,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


@pytest.fixture(scope="module")
def compact(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run(tmp_path_factory.mktemp("compact"), ANSIBLE_STDOUT_CALLBACK="aksops.workload_identity.fleet")


def test_fleet_names_the_play_and_shows_messages_as_lines(compact: str) -> None:
    assert "== Say something" in compact
    assert "   first line\n   second {{ line\n" in compact


def test_fleet_ends_with_a_table_of_the_clusters(compact: str) -> None:
    assert "2 clusters, 2 failed" in compact
    assert [line.split()[:2] for line in compact.splitlines() if line.startswith("  aks-")] == [
        ["aks-1", "FAILED"],
        ["aks-2", "FAILED"],
    ]


def test_fleet_shows_neither_arguments_nor_what_no_log_hides(compact: str) -> None:
    assert "s3cr3t-value" not in compact
    assert "hidden-words" not in compact
    assert "its output is hidden" in compact


def test_fleet_lines_adds_to_the_default_output(tmp_path: Path) -> None:
    output = run(tmp_path, ANSIBLE_CALLBACKS_ENABLED="aksops.workload_identity.fleet_lines")
    assert "PLAY RECAP" in output
    assert "2 clusters, 2 failed" in output


def test_fleet_lines_is_silent_beside_fleet(tmp_path: Path) -> None:
    output = run(
        tmp_path,
        ANSIBLE_STDOUT_CALLBACK="aksops.workload_identity.fleet",
        ANSIBLE_CALLBACKS_ENABLED="aksops.workload_identity.fleet_lines",
    )
    assert output.count("2 clusters, 2 failed") == 1

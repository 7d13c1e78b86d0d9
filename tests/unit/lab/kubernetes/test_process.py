# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Background programs are found again by whoever looks, and not confused with a stranger of their pid."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

from lab.kubernetes.ports import FIRST, LAST, free_ports
from lab.kubernetes.process import BackgroundProgram


def test_it_runs_until_it_is_stopped_by_another_object(tmp_path: Path) -> None:
    BackgroundProgram("sleeper", tmp_path).start(["sleep", "60"])
    other = BackgroundProgram("sleeper", tmp_path)
    assert other.running()
    other.stop()
    assert not BackgroundProgram("sleeper", tmp_path).running()


def test_starting_what_runs_starts_no_second(tmp_path: Path) -> None:
    program = BackgroundProgram("once", tmp_path)
    command = ["sh", "-c", "echo started; sleep 60"]
    program.start(command)
    while not program.last_words():
        time.sleep(0.02)
    program.start(command)
    program.stop()
    assert program.last_words() == "started"


def test_one_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    program = BackgroundProgram("stubborn", tmp_path)
    program.start(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"])
    while not program.last_words():
        time.sleep(0.02)
    program.stop(patience_seconds=0.3)
    assert not program.running()


def test_a_stranger_with_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (tmp_path / "lost.pid").write_text(f"{stranger.pid} 1")
        program = BackgroundProgram("lost", tmp_path)
        assert not program.running()
        program.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_one_that_ended_by_itself_does_not_run(tmp_path: Path) -> None:
    program = BackgroundProgram("short", tmp_path)
    program.start(["true"])
    deadline = time.monotonic() + 5
    while program.running():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_its_environment_is_added_to_ours(tmp_path: Path) -> None:
    program = BackgroundProgram("env", tmp_path)
    program.start(["sh", "-c", 'echo "$ADDED $HOME"'], {"ADDED": "yes"})
    while not program.last_words():
        time.sleep(0.02)
    program.stop()
    assert program.last_words() == f"yes {os.environ['HOME']}"


def test_free_ports_are_distinct_unused_and_below_those_of_outgoing_connections() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(FIRST <= port <= LAST < 32768 for port in ports)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", ports[0]))
        listener.listen()
    assert not set(free_ports(50, frozenset(ports))) & set(ports)

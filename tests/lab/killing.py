# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that die at a chosen request: never at a point in time, so that a test does the same each time."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from lab.fleet.azure import Controls
from lab.fleet.handle import Fleet
from lab.playbook_run import Run, Running

PATIENCE_SECONDS = 180.0
WORKLOADS = ("/deployments/", "/statefulsets/", "/daemonsets/")


class NeverReached(Exception):
    """The run ended, or went on for too long, without the request that it was to die at."""


@dataclass(frozen=True)
class Moment:
    """A request to Azure at which a run dies.

    Attributes:
        skip: matching requests that pass before.
        acted: whether Azure still carries the request out.
        alone: only the controller dies; its workers write on, orphaned (from ansible-core 2.19 on they are in
            sessions of their own).
        arguments: what the playbook is given besides.
    """

    name: str
    method: str
    url: str
    body: str = ""
    skip: int = 0
    acted: bool = True
    alone: bool = False
    arguments: tuple[str, ...] = ()


def killed_at(fleet: Fleet, moment: Moment, playbook: str) -> Run:
    """Runs a playbook until that request arrives, and kills it then with SIGKILL.

    Raises:
        NeverReached
    """
    controls = fleet.controls
    arrived = fleet.work / f"arrived-{uuid.uuid4().hex[:8]}"
    rule = {"method": moment.method, "url": moment.url, "skip": moment.skip, "times": 1}
    if moment.body:
        rule["body"] = moment.body
    if not moment.acted:
        rule["drop"] = True
    rule_id = controls.add_rule(**rule, touch=str(arrived), block=True)
    running = fleet.runner.start(playbook, *moment.arguments)
    try:
        _await(arrived.exists, running, moment.name)
        kill(running, alone=moment.alone)
    finally:
        _release(controls, rule_id)
    return running.finish()


def killed_at_kubernetes_write(
    fleet: Fleet, playbook: str, verb: str = "patch", paths: tuple[str, ...] = WORKLOADS
) -> Run:
    """The same at the collection's first write of that kind to an API server, as the audit logs tell it.

    Raises:
        NeverReached
    """
    marks = {cluster.name: fleet.plane(cluster).audit_log.stat().st_size for cluster in fleet.clusters}
    running = fleet.runner.start(playbook)
    _await(lambda: _written(fleet, marks, verb, paths), running, f"{verb} of {', '.join(paths)}")
    kill(running)
    return running.finish()


def _written(fleet: Fleet, marks: dict[str, int], verb: str, paths: tuple[str, ...]) -> bool:
    wanted = f'"verb":"{verb}"'.encode()
    for cluster in fleet.clusters:
        with fleet.plane(cluster).audit_log.open("rb") as log:
            log.seek(marks[cluster.name])
            lines = log.read().splitlines()
        for line in lines:
            ours = wanted in line and b"ansible-aksops" in line and b"dryRun" not in line
            if ours and any(path.encode() in line for path in paths):
                return True
    return False


def kill(running: Running, *, alone: bool = False) -> None:
    """SIGKILL to the controller, and to all that it started unless ``alone``."""
    controller = psutil.Process(running.process.pid)
    # Children first in the list, then stopped together: nobody gets to see another die.
    family = [] if alone else controller.children(recursive=True)
    for process in [controller, *family]:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    psutil.wait_procs(family, timeout=10)


def _await(happened: Callable[[], bool], running: Running, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        if running.process.poll() is not None:
            raise NeverReached(f"{what}: the run ended before:\n{running.finish().output[-3000:]}")
        if time.monotonic() > deadline:
            kill(running)
            raise NeverReached(f"{what}: not within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.02)


def _release(controls: Controls, rule_id: str) -> None:
    controls.release(rule_id)
    controls.remove_rules()

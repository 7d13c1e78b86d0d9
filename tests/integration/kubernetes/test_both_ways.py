# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of the Kubernetes side give the same in the controller's worker and as ordinary modules."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
import yaml
from integration.both_ways.ways import CHECKOUT, Way, run
from integration.kubernetes.scenario import Cluster, cron_job, deployment

PLAYBOOK = CHECKOUT / "tests" / "integration" / "both_ways" / "kubernetes.yml"
TASKS = [task["name"] for task in yaml.safe_load(PLAYBOOK.read_text())[0]["tasks"]]
NAMESPACE = "both-ways"
_PATIENCE_SECONDS = 60.0

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def ways(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Way]:
    """Both runs of the playbook, by whether they went through the worker."""
    folder = tmp_path_factory.mktemp("ways")
    return {in_worker: one(cluster, folder / str(in_worker), in_worker) for in_worker in (True, False)}


def one(cluster: Cluster, folder: Path, in_worker: bool) -> Way:
    path = f"/api/v1/namespaces/{NAMESPACE}"
    cluster.api.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    try:
        cluster.api.apply([deployment(NAMESPACE, "web"), cron_job(NAMESPACE, "nightly")])
        output, records = run(
            PLAYBOOK,
            folder,
            ansible=Path(sys.executable).parent / "ansible-playbook",
            in_worker=in_worker,
            environment={},
            variables={
                "kubeconfig": str(cluster.control_plane.kubeconfig),
                "team_namespace": NAMESPACE,
                "folder": str(folder),
            },
            passing={str(folder): "<folder>"},
        )
    finally:
        cluster.api.delete(path)
        until = time.monotonic() + _PATIENCE_SECONDS
        while cluster.api.find(path) and time.monotonic() < until:
            time.sleep(0.2)
    return Way(output, records, ())


@pytest.mark.parametrize("task", TASKS)
def test_a_task_gives_the_same(ways: dict[bool, Way], task: str) -> None:
    assert ways[True].records[task] == ways[False].records[task]


def test_the_worker_starts_no_process_and_modules_do(ways: dict[bool, Way]) -> None:
    assert ways[True].module_processes == 0
    assert ways[False].module_processes >= len(TASKS)


def test_what_was_to_fail_failed_and_nothing_else(ways: dict[bool, Way]) -> None:
    failed = {task for task, (outcome, _result) in ways[True].records.items() if outcome == "failed"}
    assert failed == {"Plan without facts", "Name a kubeconfig that is not there"}


def test_what_was_planned_is_what_was_done(ways: dict[bool, Way]) -> None:
    for way in ways.values():
        for planned, done in (
            ("Plan the accounts", "Make the accounts"),
            ("Plan the switch", "Switch the workloads"),
            ("Plan the way back", "Put the workloads back"),
        ):
            assert way.records[planned][1]["changed"] is way.records[done][1]["changed"] is True, planned
        for again in (task for task in TASKS if task.endswith(" again")):
            assert way.records[again][1]["changed"] is False, again

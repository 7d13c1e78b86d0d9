# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that need a cluster and Azure together give the same in the worker and as ordinary modules."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.both_ways.ways import CHECKOUT, Way, made_alike, run
from integration.kubernetes.estate import (
    CLUSTER,
    IDENTITY,
    OPERATOR,
    SCALE_SET,
    SECRET,
    SUBSCRIPTION,
    Estate,
    running_estate,
    updated,
)
from integration.kubernetes.scenario import CLIENT_ID, TENANT_ID, deployment

from lab.kubernetes.nodes import scale_set_nodes
from lab.waiting import eventually

pytestmark = pytest.mark.lab

PLAYBOOK = CHECKOUT / "tests" / "integration" / "both_ways" / "through_azure.yml"
TASKS = [task["name"] for task in yaml.safe_load(PLAYBOOK.read_text())[0]["tasks"]]
ABSENT = "00000000-0000-0000-0000-000000000000"
PRINCIPAL = "cdcdcdcd-0000-0000-0000-000000000001"
KNOWN = {SUBSCRIPTION, OPERATOR, TENANT_ID, CLIENT_ID, PRINCIPAL, ABSENT}
_TOKEN = re.compile(r"eyJ[\w-]{20,}\.")


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Way]:
    """Both runs of the playbook, by whether they went through the worker."""
    folder = tmp_path_factory.mktemp("ways")
    return {in_worker: one(folder / str(in_worker), in_worker) for in_worker in (True, False)}


def one(folder: Path, in_worker: bool) -> Way:
    earlier = folder.with_suffix(".earlier.json")
    earlier.write_text(json.dumps(backup_of_a_binding()))
    with running_estate() as estate:
        enable_pod_identity(estate)
        bring_up(estate)
        output, records = run(
            PLAYBOOK,
            folder,
            ansible=Path(sys.executable).parent / "ansible-playbook",
            in_worker=in_worker,
            environment={
                "AZURE_CLOUD_ENVIRONMENT": estate.azure.url,
                "AZURE_TENANT": TENANT_ID,
                "AZURE_CLIENT_ID": OPERATOR,
                "AZURE_SECRET": SECRET,
                "REQUESTS_CA_BUNDLE": str(estate.azure.ca),
                "NO_PROXY": "localhost,127.0.0.1",
                "no_proxy": "localhost,127.0.0.1",
            },
            variables={
                "subscription": SUBSCRIPTION,
                "tenant": TENANT_ID,
                "client_id": CLIENT_ID,
                "identity": IDENTITY,
                "folder": str(folder),
                "earlier": str(earlier),
            },
            passing={
                str(earlier): "<earlier>",
                str(folder): "<folder>",
                estate.control_plane.server: "<cluster>",
            },
        )
    return Way(output, records, ())


def enable_pod_identity(estate: Estate) -> None:
    """The add-on, with an identity that pods of the namespace default are bound to."""
    identity = {"resourceId": IDENTITY, "clientId": CLIENT_ID, "objectId": PRINCIPAL}
    entry = {"name": "team", "namespace": "default", "bindingSelector": "team", "identity": identity}
    updated(estate, {"podIdentityProfile": {"enabled": True, "userAssignedIdentities": [entry]}})


def bring_up(estate: Estate) -> None:
    """A workload on Pod Identity, with a node that it runs on."""
    api = estate.control_plane.api()
    api.apply(scale_set_nodes(SCALE_SET, 1, kubernetes_version="1.36.3"))
    api.apply([deployment("default", "web")])
    path = "/apis/apps/v1/namespaces/default/deployments/web"
    eventually(lambda: api.get(path)["status"].get("availableReplicas") == 1, seconds=40)


def backup_of_a_binding() -> dict[str, Any]:
    """A backup of this cluster with a binding that it does not have any more."""
    kind = {"apiVersion": "aadpodidentity.k8s.io/v1", "metadata": {"namespace": "default", "name": "old"}}
    return {
        "schema": "aksops.workload_identity/backup/v1",
        "cluster_id": CLUSTER,
        "cluster_name": "aks-1",
        "objects": [
            {
                **kind,
                "kind": "AzureIdentityBinding",
                "spec": {"azureIdentity": "old", "selector": "old"},
            },
            {
                **kind,
                "kind": "AzureIdentity",
                "spec": {"type": 0, "resourceID": IDENTITY, "clientID": CLIENT_ID},
            },
        ],
        "pod_identity_profile": None,
        "scale_sets": [],
    }


@pytest.mark.parametrize("task", TASKS)
def test_a_task_gives_the_same(ways: dict[bool, Way], task: str) -> None:
    worker, module = (made_alike(ways[in_worker].records[task], KNOWN) for in_worker in (True, False))
    assert worker == module


def test_the_worker_starts_no_process_and_modules_do(ways: dict[bool, Way]) -> None:
    assert ways[True].module_processes == 0
    assert ways[False].module_processes >= len(TASKS)


def test_what_was_to_fail_failed_and_nothing_else(ways: dict[bool, Way]) -> None:
    failed = {task: result for task, (outcome, result) in ways[True].records.items() if outcome == "failed"}
    assert failed.keys() == {
        "See which rights are missing without a plan",
        "Prove an account that is not there",
        "Prove the account for an application that is not there",
        "Put bindings back without a backup",
        "Remove Pod Identity while it is used",
        "Put bindings back where Pod Identity is not",
    }, {task: result.get("msg") for task, result in failed.items()}


def test_what_was_planned_is_what_was_done(ways: dict[bool, Way]) -> None:
    for way in ways.values():
        for planned, done in (
            ("Plan to put bindings back", "Put bindings back"),
            ("Plan the switch", "Switch the workloads"),
            ("Plan the removal", "Remove Pod Identity"),
        ):
            assert way.records[planned][1]["changed"] is way.records[done][1]["changed"] is True, planned
        for again in (task for task in TASKS if task.endswith(" again")):
            assert way.records[again][1]["changed"] is False, again


def test_a_token_is_proved_and_in_check_mode_only_tried(ways: dict[bool, Way]) -> None:
    for way in ways.values():
        (proved,) = way.records["Prove the account"][1]["exchanges"]
        assert proved["outcome"] == "proved"
        planned = way.records["Prove by the plan in check mode"][1]["exchanges"]
        assert planned
        assert {item["outcome"] for item in planned} == {"would_prove"}


@pytest.mark.parametrize("in_worker", [True, False], ids=["worker", "module"])
def test_neither_secret_nor_token_shows_at_any_verbosity(ways: dict[bool, Way], in_worker: bool) -> None:
    assert SECRET not in ways[in_worker].output
    assert not _TOKEN.search(ways[in_worker].output)

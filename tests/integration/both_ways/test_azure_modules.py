# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of the Azure side give the same in both ways: results, failures, differences, requests, silence."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from integration.both_ways.ways import CHECKOUT, Way, made_alike, run

from lab.azure.seed import load_world
from lab.azure.server import serve

PLAYBOOK = Path(__file__).with_name("azure.yml")
TASKS = [task["name"] for task in yaml.safe_load(PLAYBOOK.read_text())[0]["tasks"]]
SETUPS = {
    "this ansible-core": Path(sys.executable).parent / "ansible-playbook",
    "the oldest ansible-core": CHECKOUT / ".cache" / "environments" / "oldest" / "bin" / "ansible-playbook",
    "the newest ansible-core": CHECKOUT / ".cache" / "environments" / "newest" / "bin" / "ansible-playbook",
}

TENANT = "3e5cbf2c-6b0f-4c6d-9d5e-1f6b8a0c7a11"
SUBSCRIPTION = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a1001"
OPERATOR = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a2001"
SECRET = "a~secret~for~both~ways"
WRONG_SECRET = "another~secret~for~both~ways"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a"
IDENTITIES = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
OLD_PRINCIPAL = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a3001"
SPEED = 5.0


def cluster(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/{name}",
        "location": "westeurope",
        "kubernetes_version": "1.33.4",
        "node_resource_group": f"MC_{name}",
        "control_plane": None,
        **more,
    }


WORLD: Mapping[str, Any] = {
    "tenant_id": TENANT,
    "dials": {"propagation": 1},
    "regions_without_federation": ["malaysiasouth"],
    "subscriptions": [
        {
            "id": SUBSCRIPTION,
            "features": "required",
            "providers": {"Microsoft.ContainerService": "Registered"},
        }
    ],
    "resource_groups": [{"id": GROUP, "location": "westeurope"}],
    "service_principals": [{"name": "ops", "client_id": OPERATOR, "object_id": OPERATOR, "secret": SECRET}],
    "role_assignments": [
        {"principal_id": OPERATOR, "role": "Owner", "scope": f"/subscriptions/{SUBSCRIPTION}"},
        {"principal_id": OLD_PRINCIPAL, "role": "Reader", "scope": GROUP},
    ],
    "identities": [
        {"id": f"{IDENTITIES}id-far", "location": "malaysiasouth", "principal_id": OLD_PRINCIPAL},
        {"id": f"{IDENTITIES}id-shop", "location": "westeurope"},
    ],
    "clusters": [cluster("aks-1"), cluster("aks-stopped", properties={"powerState": {"code": "Stopped"}})],
}
VARIABLES = {
    "subscription": SUBSCRIPTION,
    "tenant": TENANT,
    "identity_prefix": IDENTITIES,
    "identities": [
        {"id": f"{IDENTITIES}id-shop"},
        {"id": f"{IDENTITIES}id-new", "location": "westeurope", "tags": {"team": "shop"}},
    ],
    "mirrors": [{"source": f"{IDENTITIES}id-far", "target": f"{IDENTITIES}id-new"}],
    "credentials": [
        {"identity": f"{IDENTITIES}id-shop", "subject": f"system:serviceaccount:shop:{name}"}
        for name in ("web", "worker")
    ],
}


@pytest.fixture(scope="module", params=list(SETUPS))
def ways(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Way]:
    """Both runs of the playbook, by whether they went through the worker."""
    ansible = SETUPS[request.param]
    if not ansible.exists():
        pytest.skip(f"{ansible.parent.parent.name}: its environment is not there (make integration makes it)")
    return both(ansible, tmp_path_factory.mktemp("ways"))


@cache
def both(ansible: Path, folder: Path) -> dict[bool, Way]:
    return {in_worker: one(ansible, folder / str(in_worker), in_worker) for in_worker in (True, False)}


def one(ansible: Path, folder: Path, in_worker: bool) -> Way:
    with serve(load_world(WORLD), folder / "azure", speed=SPEED) as azure:
        output, records = run(
            PLAYBOOK,
            folder / "run",
            ansible=ansible,
            in_worker=in_worker,
            environment={
                "AZURE_CLOUD_ENVIRONMENT": azure.url,
                "AZURE_TENANT": TENANT,
                "AZURE_CLIENT_ID": OPERATOR,
                "AZURE_SECRET": SECRET,
                "WRONG_SECRET": WRONG_SECRET,
                "REQUESTS_CA_BUNDLE": str(azure.ca),
                "NO_PROXY": "localhost",
                "no_proxy": "localhost",
            },
            variables=VARIABLES,
            passing={},
        )
        runs = {item["request_headers"].get("x-ms-correlation-request-id") for item in azure.exchanges.read()}
        writes = [
            f"{item['method']} {urlsplit(item['url']).path}"
            for item in azure.exchanges.read()
            if item["method"] not in ("GET", "HEAD") and "/oauth2/" not in item["url"]
        ]
    return Way(output, records, tuple(writes), frozenset(runs - {None}))


KNOWN = {TENANT, SUBSCRIPTION, OPERATOR, OLD_PRINCIPAL}


@pytest.mark.parametrize("task", TASKS)
def test_a_task_gives_the_same(ways: dict[bool, Way], task: str) -> None:
    worker, module = (made_alike(ways[in_worker].records[task], KNOWN) for in_worker in (True, False))
    assert worker == module


def test_the_same_is_written_in_the_same_order(ways: dict[bool, Way]) -> None:
    worker, module = (made_alike(list(ways[in_worker].writes), KNOWN) for in_worker in (True, False))
    assert worker == module
    assert any("federatedIdentityCredentials" in item for item in worker)


def test_the_worker_starts_no_process_and_modules_do(ways: dict[bool, Way]) -> None:
    assert ways[True].module_processes == 0
    assert ways[False].module_processes >= len(TASKS)


def test_all_requests_of_a_run_carry_one_id(ways: dict[bool, Way]) -> None:
    assert [len(way.runs) for way in ways.values()] == [1, 1]


@pytest.mark.parametrize("in_worker", [True, False], ids=["worker", "module"])
def test_no_secret_shows_at_any_verbosity(ways: dict[bool, Way], in_worker: bool) -> None:
    assert SECRET not in ways[in_worker].output
    assert WRONG_SECRET not in ways[in_worker].output


def test_what_was_to_fail_failed_and_nothing_else(ways: dict[bool, Way]) -> None:
    failed = {task for task, (outcome, _result) in ways[True].records.items() if outcome == "failed"}
    assert failed == {
        "Misspell an option",
        "Give a text for a number",
        "Leave out what is needed",
        "Leave out what another option needs",
        "Sign in with a wrong secret",
        "Sign in as nobody",
        "Register a feature that nobody has",
        "Switch the issuer off",
        "Switch the issuer of a stopped cluster on",
        "Write a credential in a region without support",
    }


def test_what_was_planned_is_what_was_done(ways: dict[bool, Way]) -> None:
    for way in ways.values():
        for planned, done in (
            ("Plan the features", "Register the features"),
            ("Plan the issuer", "Switch the issuer on"),
            ("Plan an identity", "Make an identity"),
            ("Plan the roles", "Mirror the roles"),
            ("Plan credentials", "Write credentials"),
        ):
            assert way.records[planned][1]["changed"] is way.records[done][1]["changed"] is True, planned
        for again in (task for task in TASKS if task.endswith(" again")):
            assert way.records[again][1]["changed"] is False, again

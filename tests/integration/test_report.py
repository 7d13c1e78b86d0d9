# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a real fleet, before and after its canaries are switched, and with a cluster that is not there."""

from __future__ import annotations

import json
import stat
from typing import Any

import pytest
import yaml

from lab.secrets_search import leaks_in_files, secret_values

pytestmark = pytest.mark.lab

CLUSTERS = 2
FILES = ("report.html", "report.md", "report.json", "report.workloads.csv", "report.findings.csv")


@pytest.fixture(scope="module")
def fleet(start_fleet: Any) -> Any:
    return start_fleet(CLUSTERS)


def report_of(fleet: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((fleet.runner.run_folder / "report.json").read_text())
    return made


def steps(cluster: dict[str, Any]) -> dict[str, str]:
    return {step["key"]: step["state"] for step in cluster["steps"]}


def test_before_anything_is_changed_all_is_still_to_do_and_nothing_is_written(fleet: Any) -> None:
    with fleet.sent() as sent:
        run = fleet.runner.run("report").require_success()
    assert (sent.azure_writes(), sent.kubernetes_writes()) == ([], [])
    assert run.changed == {cluster.name: 0 for cluster in fleet.clusters}
    made = report_of(fleet)
    assert {item["cluster"] for item in made["clusters"]} == {cluster.name for cluster in fleet.clusters}
    for cluster in made["clusters"]:
        assert set(steps(cluster).values()) == {"open"}
    assert {item["state"] for item in made["workloads"]} == {"waiting"}
    for name in FILES:
        assert stat.S_IMODE((fleet.runner.run_folder / name).stat().st_mode) == 0o600


def test_after_the_canaries_each_of_them_is_verified(fleet: Any) -> None:
    fleet.runner.run("migrate", "-e", "workload_identity_until_wave=0").require_success()
    fleet.runner.run("report").require_success()
    made = report_of(fleet)
    states = {(item["cluster"], item["wave"] == 0, item["state"]) for item in made["workloads"]}
    assert states == {
        (cluster.name, first, state)
        for cluster in fleet.clusters
        for first, state in ((True, "verified"), (False, "waiting"))
    }
    for cluster in made["clusters"]:
        assert cluster["state"] == "under_way"
        assert steps(cluster) == {
            "issuer": "done",
            "webhook": "done",
            "credentials": "done",
            "accounts": "done",
            "switched": "partial",
            "verified": "partial",
            "removed": "open",
        }


def test_a_cluster_that_is_not_there_is_in_the_report_with_the_reason(fleet: Any) -> None:
    nowhere = {
        "ansible_connection": "local",
        "aks_subscription_id": fleet.clusters[0].subscription_id,
        "aks_resource_group": fleet.clusters[0].resource_group,
        "aks_cluster_name": "nowhere",
    }
    inventory = fleet.work / "nowhere.yml"
    inventory.write_text(yaml.safe_dump({"aks": {"hosts": {"zz-nowhere": nowhere}}}))
    run = fleet.runner.run("report", "-i", str(inventory))
    assert run.failed_hosts == {"zz-nowhere"}
    made = report_of(fleet)
    assert made["totals"]["clusters"] == CLUSTERS + 1
    first = made["clusters"][0]
    assert (first["cluster"], first["state"]) == ("zz-nowhere", "not_readable")
    assert "was not found" in first["reason"]


def test_no_secret_is_in_the_report(fleet: Any) -> None:
    assert all((fleet.runner.run_folder / name).exists() for name in FILES)
    assert leaks_in_files([fleet.runner.run_folder], secret_values(fleet.folder)) == []

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each cluster stands at the end of a run."""

from __future__ import annotations

from ansible_collections.aksops.workload_identity.plugins.plugin_utils._fleet_account import FleetAccount

PLAN = "aksops.workload_identity.migration_plan"
WORKLOADS = "aksops.workload_identity.workloads"
ISSUER = "aksops.workload_identity.aks_oidc_issuer"
POD_IDENTITY = "aksops.workload_identity.pod_identity"


def states(account: FleetAccount) -> dict[str, str]:
    header, *rows = account.table()
    at, until = header.index("state"), header.index("changed steps")
    return {row.split()[0]: row[at:until].strip() for row in rows}


def test_a_cluster_without_pod_identity_has_nothing_to_migrate() -> None:
    account = FleetAccount()
    account.record("aks-1", PLAN, None, {"state": "nothing_to_migrate", "changed": False})
    assert states(account) == {"aks-1": "nothing to migrate"}


def test_a_cluster_is_migrated_only_once_it_is_verified() -> None:
    account = FleetAccount()
    account.record("aks-1", PLAN, None, {"state": "ready"})
    account.record("aks-1", WORKLOADS, "workload_identity", {"counts": {"switched": 2}, "changed": True})
    assert states(account) == {"aks-1": "ready"}
    account.verified("aks-1")
    assert states(account) == {"aks-1": "migrated"}


def test_a_cluster_is_partly_migrated_while_workloads_wait_for_a_later_wave() -> None:
    account = FleetAccount()
    account.record("aks-1", WORKLOADS, "workload_identity", {"counts": {"switched": 1, "blocked": 7}})
    account.verified("aks-1")
    assert states(account) == {"aks-1": "partly migrated"}


def test_a_cluster_on_which_all_is_held_is_not_migrated() -> None:
    account = FleetAccount()
    account.record("aks-1", WORKLOADS, "workload_identity", {"counts": {"held": 3}})
    account.verified("aks-1")
    assert states(account) == {"aks-1": "not migrated"}


def test_check_mode_says_what_would_be() -> None:
    account = FleetAccount(check_mode=True)
    account.record("aks-1", WORKLOADS, "pod_identity", {"counts": {"restored": 2}})
    account.record("aks-2", POD_IDENTITY, "absent", {})
    account.record("aks-3", PLAN, None, {"state": "ready"})
    account.verified("aks-3")
    assert states(account) == {
        "aks-1": "would go back",
        "aks-2": "would be retired",
        "aks-3": "would be migrated",
    }
    assert account.headline() == "3 clusters, none failed (check mode, nothing was changed)"


def test_a_failure_outweighs_all_and_keeps_what_was_done() -> None:
    account = FleetAccount()
    account.record("aks-1", ISSUER, None, {"changed": True})
    account.failed("aks-1", "the canary\ndid not come up", {"counts": {"rolled_back": 1}, "changed": True})
    account.record("aks-2", PLAN, None, {"state": "ready"})
    assert states(account) == {"aks-1": "FAILED", "aks-2": "ready"}
    assert account.headline() == "2 clusters, 1 failed"
    row = next(row for row in account.table() if row.startswith("aks-1"))
    assert row.endswith("workloads: 1 rolled back; the canary did not come up")
    assert row.split()[2] == "2"


def test_tasks_of_other_collections_do_not_count() -> None:
    account = FleetAccount()
    account.record("web-1", "ansible.builtin.copy", None, {"changed": True})
    assert account.table() == []

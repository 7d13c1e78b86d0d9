# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result says about a cluster, in words."""

from __future__ import annotations

import pytest

from ansible_collections.aksops.workload_identity.plugins.plugin_utils._step_account import describe, troubled

COLLECTION = "aksops.workload_identity."

SAID = [
    (
        "aks_cluster_info",
        {
            "clusters": [
                {
                    "kubernetes_version": "1.31.2",
                    "power_state": "Running",
                    "provisioning_state": "Succeeded",
                    "oidc_issuer_enabled": False,
                }
            ]
        },
        ("cluster", "Kubernetes 1.31.2, running, succeeded, issuer off"),
    ),
    (
        "pod_identity_info",
        {
            "installations": [{"method": "helm", "version": "v1.8.17"}, {"method": "addon", "version": None}],
            "counts": {"workloads": 9, "bindings": 4, "exceptions": 0},
        },
        ("discovery", "Pod Identity: helm v1.8.17, addon; 9 workloads, 4 bindings"),
    ),
    (
        "pod_identity_info",
        {"installations": [], "counts": {}},
        ("discovery", "Pod Identity: not installed"),
    ),
    (
        "migration_plan",
        {
            "state": "partly_blocked",
            "counts": {"workloads": 9, "workloads_switched": 0, "federated_credentials": 7, "blockers": 1},
            "findings": [{"severity": "blocker"}],
        },
        ("plan", "partly blocked; 9 workloads, 1 blocker"),
    ),
    (
        "rights_info",
        {"granted": 4, "missing": [{"action": "x"}], "unknown": []},
        ("rights", "4 granted, 1 missing"),
    ),
    ("aks_oidc_issuer", {"operation": "submitted", "changed": True}, ("issuer", "update submitted")),
    (
        "aks_oidc_issuer",
        {"operation": "busy"},
        ("issuer", "the cluster is busy with another operation; submitted again later"),
    ),
    (
        "aks_oidc_issuer",
        {"operation": "none", "issuer_url": "https://issuer/1/", "workload_identity": True},
        ("issuer", "https://issuer/1/, managed webhook on"),
    ),
    (
        "feature_registration",
        {"features": [{"outcome": "registered"}], "provider": {"reregistered": True}},
        ("features", "1 registered; provider registered again"),
    ),
    (
        "role_assignments",
        {"assignments": [{"outcome": "created"}], "not_mirrored": [{"where": "x"}]},
        ("roles", "assignments: 1 created; 1 could not be mirrored"),
    ),
    (
        "federated_credentials",
        {"counts": {"created": 2, "present": 1}},
        ("credentials", "2 created, 1 present"),
    ),
    (
        "service_accounts",
        {"service_accounts": [{"outcome": "annotated"}, {"outcome": "annotated"}, {"outcome": "created"}]},
        ("accounts", "2 annotated, 1 created"),
    ),
    (
        "workloads",
        {"counts": {"switched": 4, "waiting_for_pod": 1}},
        ("workloads", "4 switched, 1 waiting for pod"),
    ),
    (
        "pod_identity",
        {"steps": [{"outcome": "done"}], "backup_path": "/run/aks.backup.json"},
        ("retirement", "steps: 1 done; backup in /run/aks.backup.json"),
    ),
]


@pytest.mark.parametrize(("module", "result", "expected"), SAID)
def test_each_module_has_its_words(module: str, result: dict[str, object], expected: tuple[str, str]) -> None:
    assert describe(COLLECTION + module, result) == expected


def test_actions_of_others_are_not_described() -> None:
    assert describe("ansible.builtin.command", {"stdout": "secret"}) is None


def test_a_hidden_result_is_not_described() -> None:
    assert describe(COLLECTION + "workloads", {"censored": "hidden", "counts": {"switched": 1}}) is None


def test_only_workloads_that_need_somebody_are_listed() -> None:
    lines = troubled(
        COLLECTION + "workloads",
        {
            "workloads": [
                {"ref": "Deployment a/web", "state": "switched", "detail": ""},
                {
                    "ref": {"kind": "Deployment", "namespace": "a", "name": "api"},
                    "state": "rolled_back",
                    "detail": "no token",
                },
                {"ref": "CronJob a/night", "state": "held", "detail": "held since Monday"},
            ]
        },
    )
    assert lines == ["Deployment a/api: rolled back, no token", "CronJob a/night: held since Monday"]


def test_what_went_back_on_request_is_no_trouble() -> None:
    result = {
        "workloads": [{"ref": "Deployment a/web", "state": "rolled_back"}, {"ref": "x", "state": "failed"}]
    }
    assert troubled(COLLECTION + "workloads", result, "pod_identity") == ["x: failed"]


def test_a_token_that_was_not_given_is_listed_with_its_explanation() -> None:
    lines = troubled(
        COLLECTION + "token_exchange_info",
        {
            "exchanges": [
                {"namespace": "a", "service_account": "web", "outcome": "proved"},
                {
                    "namespace": "a",
                    "service_account": "api",
                    "outcome": "failed",
                    "code": "AADSTS700213",
                    "explanation": "no credential has this subject",
                },
            ]
        },
    )
    assert lines == ["a/api: AADSTS700213, no credential has this subject"]

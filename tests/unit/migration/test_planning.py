# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the small clusters cannot say: fleets, what is unknown, texts, and options that cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from unit.migration import cluster_cases

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration import naming, summary
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import (
    discover,
    identity_ids,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import Facts
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.options import (
    OptionError,
    PlanOptions,
    Rule,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import Plan, is_unknown
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.planning import (
    plan,
    resolve,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.records import to_data

ONE: Mapping[str, Any] = {
    "identities": [{"name": "app"}],
    "workloads": [{"is": "Deployment default/web", "label": "app", "account": "web"}],
}


def facts_of(case: Mapping[str, Any]) -> Facts:
    return discover(cluster_cases.raw_cluster(case), cluster_cases.azure_side(case))


def plan_of(case: Mapping[str, Any], **options: Any) -> Plan:
    return plan(facts_of(case), PlanOptions(**options))


def other_cluster(number: int) -> Plan:
    made = plan_of(ONE)
    moved = tuple(replace(item, issuer=f"https://other/{number}/") for item in made.credentials)
    return replace(made, cluster_id=f"/other/{number}", credentials=moved)


def test_the_rest_of_the_fleet_counts_towards_the_limit() -> None:
    assert plan_of(ONE, fleet_plans=tuple(other_cluster(n) for n in range(19))).state == "ready"
    assert plan_of(ONE, fleet_plans=tuple(other_cluster(n) for n in range(20))).state == "blocked"


def test_an_older_plan_of_the_same_cluster_does_not_count() -> None:
    case = {**ONE, "identities": [{"name": "app", "credentials": 19}]}
    assert plan_of(case, fleet_plans=(plan_of(ONE),)).state == "ready"


def test_unknown_values_are_filled_in_wherever_they_stand() -> None:
    case: Mapping[str, Any] = {
        "issuer": False,
        "identities": [{"name": "app", "federation": "unsupported", "region": "malaysiasouth"}],
        "workloads": [
            {
                "is": "Deployment default/web",
                "label": "app",
                "account": "web",
                "env": {"AZURE_CLIENT_ID": "client-app"},
                "template": {
                    "spec": {
                        "volumes": [
                            {
                                "name": "k",
                                "csi": {
                                    "driver": "secrets-store.csi.k8s.io",
                                    "volumeAttributes": {"secretProviderClass": "keys"},
                                },
                            }
                        ]
                    }
                },
            }
        ],
        "objects": [
            {
                "kind": "SecretProviderClass",
                "metadata": {"namespace": "default", "name": "keys"},
                "spec": {"provider": "azure", "parameters": {"usePodIdentity": "true"}},
            }
        ],
    }
    made = plan_of(case, regions=("westeurope",))
    assert is_unknown(made.issuer_url)
    assert "known after apply" in str(to_data(made))
    told = [{"id": made.identities[0].id.upper(), "client_id": "client-new"}]
    filled = resolve(made, told, "https://issuer/")
    assert "known after apply" not in str(to_data(filled))
    assert filled.credentials[0].issuer == "https://issuer/"
    assert filled.workloads[0].client_ids == {"client-app": "client-new"}
    assert filled.dependants[0]["spec"]["parameters"]["clientID"] == "client-new"


def test_resolve_leaves_what_nobody_told() -> None:
    made = plan_of({**ONE, "issuer": False})
    assert resolve(made, [], None) == made


def test_identities_are_asked_of_azure_once_whatever_their_case() -> None:
    case = {"identities": [{"name": "app"}, {"name": "b", "resource_id": cluster_cases.resource_id("APP")}]}
    profile = [{"identity": {"resourceId": cluster_cases.resource_id("other")}}]
    found = identity_ids(cluster_cases.raw_cluster(case), profile)
    assert [item.rpartition("/")[2].lower() for item in found] == ["app", "other"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"waves": ("0",)}, "waves: '0'"),
        ({"waves": ("120%",)}, "waves: '120%'"),
        ({"service_account_mode": "both"}, "service_account_mode: 'both'"),
        ({"audience": ""}, "audience"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: Mapping[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        PlanOptions(**options)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"name": "x"}, "decides nothing"),
        ({"name": "x", "method": "sidecar"}, "method: 'sidecar'"),
        ({"name": "x", "wave": -1}, "wave is -1"),
        ({"name": "x", "service_account": "Not Legal"}, "cannot be the name"),
        ({"nmae": "x", "method": "proxy"}, "there is no 'nmae'"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rule: Mapping[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        Rule.of(rule)


def test_an_acknowledgement_that_cannot_be_is_an_option_error() -> None:
    with pytest.raises(OptionError, match="kube-system"):
        plan_of(ONE, acknowledge=("kube-system",))


def test_the_summary_of_a_ready_cluster_reads_in_a_terminal() -> None:
    facts = facts_of(ONE)
    made = plan(facts, PlanOptions())
    assert summary.lines(facts, made) == [
        "aks-1: ready",
        "  Pod Identity: Helm release aad-pod-identity (aad-pod-identity-4.1.18) in pod-identity,"
        " standard mode, v1.8.17",
        "  1 workload on 1 identity: 1 to change in place, 0 to export, 0 passed over; 0 switched already",
        "  1 federated credential, 1 service account (0 of their own), 0 identities to create",
        "  wave 0 (canary): Deployment default/web",
    ]


def test_the_summary_names_what_blocks_and_what_to_do() -> None:
    facts = facts_of({**ONE, "kubernetes": "v1.20.1"})
    text = "\n".join(summary.lines(facts, plan(facts, PlanOptions())))
    assert "aks-1: blocked" in text
    assert "blocker: aks-1 runs 1.20.1." in text
    assert "[kubernetes-too-old]" in text


def test_the_findings_of_five_hundred_workloads_fit_into_a_result() -> None:
    workloads = [
        {"is": f"Deployment n{n % 50}/w{n}", "label": "app", "account": "a", "spec": {"paused": True}}
        for n in range(500)
    ]
    facts = facts_of({**ONE, "workloads": workloads})
    made = plan(facts, PlanOptions())
    kept, left_out = summary.capped(made.findings)
    assert len(kept) + left_out == len(made.findings)
    assert left_out > 0
    assert len(str([to_data(item) for item in kept])) < 25_000
    assert len("\n".join(summary.lines(facts, made))) < 5_000


@pytest.mark.parametrize("cluster", ["aks", "x" * 63])
@pytest.mark.parametrize("account", ["web", "a.b.c", "y" * 253])
def test_names_of_credentials_are_legal(cluster: str, account: str) -> None:
    name = naming.credential("/subscriptions/x", cluster, "team-a", account)
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}", name)
    assert name == naming.credential("/SUBSCRIPTIONS/X", cluster, "team-a", account)


def test_names_that_would_fall_together_do_not() -> None:
    names = {naming.credential("/c", "aks", *pair) for pair in (("a", "b-c"), ("a-b", "c"), ("a", "b.c"))}
    assert len(names) == 3


def test_names_of_service_accounts_are_legal() -> None:
    name = naming.service_account("build.robot", [cluster_cases.resource_id("App_" + "z" * 100)])
    assert len(name) <= 63
    assert name.startswith("build-robot-wi-app-z")
    assert name[-1].isalnum()

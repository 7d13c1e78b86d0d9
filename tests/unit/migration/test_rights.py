# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rights a plan needs, and whether Azure's answer grants them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.kubernetes_rights import (
    kubernetes_rules,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.permissions import judge
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import (
    PLAN_SCHEMA,
    Plan,
    PlannedCredential,
    PlannedIdentity,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.rights import (
    Need,
    azure_rights,
    needs,
    scopes_above,
)

CLUSTER = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks-1"
GROUP = "/subscriptions/s/resourceGroups/ids"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"
WRITE = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"

JUDGED: list[tuple[list[dict[str, Any]], str]] = [
    ([{"actions": ["*"], "notActions": []}], "granted"),
    ([{"actions": ["Microsoft.ManagedIdentity/*/write"], "notActions": []}], "granted"),
    ([{"actions": [WRITE.upper()], "notActions": []}], "granted"),
    ([{"actions": ["*/read"], "notActions": []}], "missing"),
    ([], "missing"),
    ([{"actions": ["*"], "notActions": ["Microsoft.ManagedIdentity/*"]}], "missing"),
    (
        [
            {"actions": ["*"], "notActions": ["Microsoft.ManagedIdentity/*"]},
            {"actions": [WRITE], "notActions": []},
        ],
        "granted",
    ),
    ([{"actions": [WRITE], "notActions": [], "condition": "@Resource[…]"}], "unknown"),
]


@pytest.mark.parametrize(("permissions", "verdict"), JUDGED)
def test_an_action_is_granted_as_azure_grants_it(permissions: list[dict[str, Any]], verdict: str) -> None:
    assert judge(permissions, WRITE) == verdict


def plan(state: str, create: bool = False) -> Plan:
    return Plan(
        schema=PLAN_SCHEMA,
        cluster_id=CLUSTER,
        cluster_name="aks-1",
        state=state,
        issuer_url="https://issuer/",
        identities=(PlannedIdentity(id=IDENTITY, client_id="c", tenant_id="t", create=create),),
        credentials=(
            PlannedCredential(IDENTITY, "a", "https://issuer/", "system:serviceaccount:a:b", "aud"),
            PlannedCredential(IDENTITY, "b", "https://issuer/", "system:serviceaccount:a:c", "aud"),
        ),
        service_accounts=(),
        workloads=(),
        dependants=(),
        findings=(),
    )


def test_a_cluster_with_nothing_to_migrate_needs_no_right_to_write() -> None:
    assert needs(plan("nothing_to_migrate")) == ()


def test_each_identity_is_asked_for_once() -> None:
    assert [(need.scope, need.action) for need in needs(plan("ready"))] == [
        (CLUSTER, "Microsoft.ContainerService/managedClusters/write"),
        (IDENTITY, WRITE),
    ]


def test_an_identity_to_be_made_is_asked_for_at_its_resource_group() -> None:
    found: tuple[Need, ...] = needs(plan("ready", create=True))
    assert [(need.scope, need.action) for need in found[1:]] == [
        (GROUP, "Microsoft.ManagedIdentity/userAssignedIdentities/write"),
        (GROUP, WRITE),
    ]


def test_rights_are_looked_for_from_the_top() -> None:
    assert list(scopes_above(IDENTITY)) == ["/subscriptions/s", GROUP, IDENTITY]
    assert list(scopes_above(GROUP)) == ["/subscriptions/s", GROUP]


def test_assess_may_write_nothing() -> None:
    assert {right.action.rsplit("/", 1)[1] for right in azure_rights("assess")} == {"read", "action"}
    assert {right.action for right in azure_rights("assess") if right.action.endswith("/action")} == {
        "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"
    }
    assert {verb for rule in kubernetes_rules("assess") for verb in rule.verbs} == {"get", "list"}

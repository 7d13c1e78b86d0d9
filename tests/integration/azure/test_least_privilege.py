# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The custom roles of docs/rights are enough, and none of their actions is too much."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.rights import (
    LINKED,
    azure_rights,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.rights import (
    STEPS as PLAYBOOKS,
)

from .conftest import GROUP, OBJECT_ID, SUBSCRIPTION, Caller, Start, cluster_id, identity_id
from .migration_steps import NODES, STEPS, world
from .test_faults import told

ROLE = "3b1f3f4e-6f0a-4a39-9d7e-0000000000aa"
SUBSCRIPTION_SCOPE = f"/subscriptions/{SUBSCRIPTION}"
_CLUSTERS = "Microsoft.ContainerService/managedClusters"
_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
_CREDENTIALS = f"{_IDENTITIES}/federatedIdentityCredentials"
_FEATURES = "Microsoft.Features/providers/features"
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"

# Step, the playbook whose role it runs with, and the scope that a refusal names for each action it takes.
NEEDS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "side",
        "assess",
        {
            f"{_CLUSTERS}/read": cluster_id("aks-1"),
            f"{_IDENTITIES}/read": identity_id("app"),
            f"{_CREDENTIALS}/read": identity_id("app"),
            f"{_SCALE_SETS}/read": NODES,
        },
    ),
    ("access", "assess", {f"{_CLUSTERS}/listClusterUserCredential/action": cluster_id("aks-1")}),
    ("permissions", "assess", {"Microsoft.Authorization/permissions/read": "unknown"}),
    (
        "features",
        "migrate",
        {
            f"{_FEATURES}/read": SUBSCRIPTION_SCOPE,
            f"{_FEATURES}/register/action": SUBSCRIPTION_SCOPE,
            "Microsoft.Resources/subscriptions/providers/read": SUBSCRIPTION_SCOPE,
            "Microsoft.ContainerService/register/action": SUBSCRIPTION_SCOPE,
        },
    ),
    ("issuer", "migrate", {f"{_CLUSTERS}/write": cluster_id("aks-1")}),
    ("identities", "migrate", {f"{_IDENTITIES}/write": identity_id("app")}),
    ("roles", "migrate", {f"{_ASSIGNMENTS}/read": SUBSCRIPTION_SCOPE, f"{_ASSIGNMENTS}/write": GROUP}),
    ("credentials", "migrate", {f"{_CREDENTIALS}/write": identity_id("app")}),
    ("removal", "migrate", {f"{_CREDENTIALS}/delete": identity_id("app")}),
    ("scale set", "retire", {f"{_SCALE_SETS}/write": NODES}),
    ("add-on", "retire", {f"{_CLUSTERS}/write": cluster_id("aks-1")}),
    (
        "operator roles",
        "retire",
        {f"{_ASSIGNMENTS}/read": identity_id("app"), f"{_ASSIGNMENTS}/delete": identity_id("app")},
    ),
)
_ROWS = [
    pytest.param(step, playbook, action, scope, id=f"{step}-{action.partition('.')[2]}")
    for step, playbook, actions in NEEDS
    for action, scope in actions.items()
]


def _begin(start: Start, step: str, actions: Iterable[str]) -> Caller:
    """The caller has these actions in the subscription, by a custom role, and no other."""
    described: dict[str, Any] = world(step)
    others = [item for item in described["role_assignments"] if item["principal_id"] != OBJECT_ID]
    described["role_definitions"] = [{"id": ROLE, "name": "just enough", "actions": sorted(actions)}]
    described["role_assignments"] = [
        *others,
        {"principal_id": OBJECT_ID, "role": ROLE, "scope": SUBSCRIPTION_SCOPE},
    ]
    return start(**described)


def _granted(playbook: str) -> set[str]:
    return {right.action for right in azure_rights(playbook)} - LINKED


def _grant(caller: Caller, action: str) -> None:
    definition = caller.azure.world.role_definitions[ROLE]
    caller.azure.world.role_definitions[ROLE] = type(definition)(
        **{**vars(definition), "actions": (*definition.actions, action)}
    )


@pytest.mark.parametrize(("name", "playbook"), [need[:2] for need in NEEDS])
def test_a_step_works_with_exactly_the_role_of_its_playbook(start: Start, name: str, playbook: str) -> None:
    caller = _begin(start, name, _granted(playbook))
    result = STEPS[name].run(caller)
    assert told(result) == ""
    assert STEPS[name].state(caller) == STEPS[name].done


@pytest.mark.parametrize(("name", "playbook", "action", "scope"), _ROWS)
def test_without_a_right_the_action_and_the_scope_are_told_and_with_it_the_next_run_completes(
    start: Start, name: str, playbook: str, action: str, scope: str
) -> None:
    caller = _begin(start, name, _granted(playbook) - {action})
    words = told(STEPS[name].run(caller))
    assert scope.lower() in words.lower()
    assert action in words or scope == "unknown"
    _grant(caller, action)
    assert told(STEPS[name].run(caller)) == ""
    assert STEPS[name].state(caller) == STEPS[name].done


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_no_role_holds_an_action_that_no_step_takes(playbook: str) -> None:
    taken = {action for step, of, actions in NEEDS if of in ("assess", playbook) for action in actions}
    assert _granted(playbook) == taken

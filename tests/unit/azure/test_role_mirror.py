# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which role assignments a new identity lacks: pure."""

from __future__ import annotations

import uuid

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import role_mirror
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.role_mirror import Assignment
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import (
    is_unknown,
    unknown,
)

SCOPE = "/subscriptions/s-1/resourceGroups/data"
ROLES = "/subscriptions/s-1/providers/Microsoft.Authorization/roleDefinitions"
READER = Assignment(SCOPE, f"{ROLES}/r-1", "old", "the condition", "2.0", "why")


def test_scope_role_and_condition_go_over_and_the_principal_does_not() -> None:
    (step,), findings = role_mirror.steps([READER], [], "new")
    assert step.outcome == "created"
    assert findings == ()
    assert role_mirror.properties(step.assignment) == {
        "roleDefinitionId": f"{ROLES}/r-1",
        "principalId": "new",
        "principalType": "ServicePrincipal",
        "condition": "the condition",
        "conditionVersion": "2.0",
        "description": "why",
    }


def test_what_the_target_has_is_found_however_it_is_spelled_and_named() -> None:
    own = Assignment(
        SCOPE.upper() + "/", "/providers/Microsoft.Authorization/RoleDefinitions/R-1", "new", "the condition"
    )
    (step,), findings = role_mirror.steps([READER], [own], "new")
    assert step.outcome == "unchanged"
    assert findings == ()


def test_another_condition_of_the_target_stays_and_is_told() -> None:
    own = Assignment(SCOPE, f"{ROLES}/r-1", "new", "a narrower one")
    (step,), (found,) = role_mirror.steps([READER], [own], "new")
    assert step == role_mirror.Step(own, "unchanged")
    assert (found.code, found.where) == ("role-not-mirrored", SCOPE)


def test_names_are_the_same_each_time_and_differ_by_scope_role_and_principal() -> None:
    given = Assignment(SCOPE, f"{ROLES}/r-1", "new")
    name = role_mirror.name(given)
    assert str(uuid.UUID(name)) == name
    assert role_mirror.name(Assignment(SCOPE.lower(), "/x/R-1", "NEW", "condition")) == name
    others = [
        Assignment(f"{SCOPE}-2", f"{ROLES}/r-1", "new"),
        Assignment(SCOPE, f"{ROLES}/r-2", "new"),
        Assignment(SCOPE, f"{ROLES}/r-1", "other"),
    ]
    assert len({name, *map(role_mirror.name, others)}) == 4
    assert is_unknown(role_mirror.name(Assignment(SCOPE, f"{ROLES}/r-1", unknown("principal ID of x"))))


def test_roles_through_groups_are_told_with_the_group() -> None:
    (found,) = role_mirror.through_groups([READER, Assignment(SCOPE, f"{ROLES}/r-2", "group")], "OLD")
    assert "group group" in found.message
    assert "group" in found.remedy


def test_the_subscription_of_a_scope() -> None:
    assert role_mirror.subscription_of("/subscriptions/S-1/resourceGroups/data") == "s-1"
    assert role_mirror.subscription_of("/providers/Microsoft.Management/managementGroups/mg") == ""
    assert role_mirror.subscription_of("/") == ""

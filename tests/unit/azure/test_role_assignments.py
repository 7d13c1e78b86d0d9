# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles of one identity for another, against the emulated Azure."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from unit.azure.estate import (
    FAR,
    FAR_PRINCIPAL,
    GROUP,
    OPERATOR,
    OTHER_SUBSCRIPTION,
    SHOP,
    SUBSCRIPTION,
    Estate,
    identity,
    plan_file,
    recreated,
)

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import is_unknown
from ansible_collections.aksops.workload_identity.plugins.modules import managed_identities
from ansible_collections.aksops.workload_identity.plugins.modules import role_assignments as module
from lab.azure.seed import add_to

NEW = recreated()
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-shop"
ELSEWHERE = f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/rg-data"
TENANT_ROOT = "/"
CONDITION = "((!(ActionMatches{'Microsoft.Storage/x'})))"


def give(estate: Estate, *entries: tuple[str, str], principal: str = FAR_PRINCIPAL, **more: str) -> None:
    """Role assignments, as pairs of role and scope."""
    given = [{"principal_id": principal, "role": role, "scope": scope, **more} for role, scope in entries]
    add_to(estate.azure.world, {"role_assignments": given})


def roles(estate: Estate, identity_id: str) -> dict[str, dict[str, Any]]:
    """The properties of an identity's role assignments, by scope in lower case."""
    principal = estate.azure.world.identities[identity_id.lower()].principal_id
    return {
        item["properties"]["scope"].lower(): item["properties"]
        for item in estate.azure.world.role_assignments.values()
        if item["properties"]["principalId"] == principal
    }


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {item["scope"]: item["outcome"] for item in result["assignments"]}


def test_every_role_goes_over_with_its_condition_and_only_once(estate: Estate, tmp_path: Path) -> None:
    give(estate, ("Reader", VAULT), ("Contributor", f"/subscriptions/{SUBSCRIPTION}"))
    give(estate, ("Owner", GROUP), condition=CONDITION)
    path = plan_file(tmp_path, (NEW,))
    checked = estate.run(module, plan_path=path, check_mode=True)
    assert [item for item in estate.writes() if "roleAssignments" in item] == []
    estate.run(managed_identities, plan_path=path)
    result = estate.run(module, plan_path=path)
    assert set(outcomes(result).values()) == {"created"}
    assert outcomes(checked) == outcomes(result)
    assert checked["diff"] == result["diff"]
    assert all(is_unknown(item["principal_id"]) for item in checked["assignments"])
    mirrored, before = roles(estate, NEW.id), roles(estate, FAR)
    assert mirrored.keys() == before.keys()
    assert {scope: item["roleDefinitionId"] for scope, item in mirrored.items()} == {
        scope: item["roleDefinitionId"] for scope, item in before.items()
    }
    assert mirrored[GROUP.lower()]["condition"] == CONDITION
    assert result["not_mirrored"] == []
    again = estate.run(module, plan_path=path)
    assert not again["changed"]
    assert set(outcomes(again).values()) == {"unchanged"}


def test_a_plan_that_re_creates_nothing_asks_nobody(estate: Estate, tmp_path: Path) -> None:
    result = estate.run(module, plan_path=plan_file(tmp_path))
    assert not result["changed"]
    assert result["assignments"] == []
    assert estate.azure.exchanges.read() == []


@pytest.mark.parametrize("scope", [ELSEWHERE, TENANT_ROOT])
def test_what_others_have_to_give_is_listed(estate: Estate, scope: str) -> None:
    give(estate, ("Reader", scope), ("Reader", VAULT))
    pair = [{"source": FAR, "target": SHOP}]
    checked = estate.run(module, mirrors=pair, check_mode=True)
    result = estate.run(module, mirrors=pair)
    assert outcomes(result) == {VAULT: "created", scope: "not_mirrored"}
    (found,) = result["not_mirrored"]
    assert (found["code"], found["where"]) == ("role-not-mirrored", scope)
    assert "roleAssignments/write" in found["message"]
    assert outcomes(checked) == outcomes(result)
    assert checked["diff"] == result["diff"]


def test_a_right_that_is_missing_in_the_identities_own_subscription_is_a_failure(estate: Estate) -> None:
    give(estate, ("Reader", GROUP))
    estate.azure.world.role_assignments = {
        key: item
        for key, item in estate.azure.world.role_assignments.items()
        if item["properties"]["principalId"] != OPERATOR
    }
    give(estate, ("Reader", f"/subscriptions/{SUBSCRIPTION}"), principal=OPERATOR)
    for check_mode in (True, False):
        result = estate.run(module, mirrors=[{"source": FAR, "target": SHOP}], check_mode=check_mode)
        assert result["failed"]
        assert not result["changed"]
        assert "roleAssignments/write" in result["msg"]


def test_an_assignment_that_another_run_made_meanwhile_is_success(estate: Estate) -> None:
    give(estate, ("Reader", VAULT))
    message = "The role assignment already exists."
    answer = {"status": 409, "body": {"error": {"code": "RoleAssignmentExists", "message": message}}}
    estate.azure.faults.add({"method": "PUT", "url": "roleAssignments", "respond": answer})
    result = estate.run(module, mirrors=[{"source": FAR, "target": SHOP}])
    assert outcomes(result) == {VAULT: "unchanged"}
    assert not result["changed"]


def test_a_principal_that_entra_does_not_know_yet_is_waited_for(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    give(estate, ("Reader", VAULT))
    answer = {"status": 400, "body": {"error": {"code": "PrincipalNotFound", "message": "does not exist"}}}
    rule = {"method": "PUT", "url": "roleAssignments", "respond": answer}
    estate.azure.faults.add({**rule, "times": 2})
    assert outcomes(estate.run(module, mirrors=[{"source": FAR, "target": SHOP}])) == {VAULT: "created"}


def test_the_wait_for_a_principal_ends(estate: Estate) -> None:
    give(estate, ("Reader", VAULT))
    answer = {"status": 400, "body": {"error": {"code": "PrincipalNotFound", "message": "does not exist"}}}
    estate.azure.faults.add({"method": "PUT", "url": "roleAssignments", "respond": answer})
    result = estate.run(module, mirrors=[{"source": FAR, "target": SHOP}], wait_timeout=0)
    assert result["failed"]
    assert "PrincipalNotFound" in result["msg"]


def test_scopes_narrow_what_is_looked_at_to_what_lies_at_and_around_them(estate: Estate) -> None:
    give(estate, ("Reader", VAULT), ("Reader", ELSEWHERE))
    result = estate.run(
        module, mirrors=[{"source": FAR, "target": SHOP}], scopes=[f"/subscriptions/{SUBSCRIPTION}"]
    )
    assert outcomes(result) == {VAULT: "created"}


@pytest.mark.parametrize(("source", "target"), [(identity("gone"), SHOP), (FAR, identity("gone"))])
def test_an_identity_that_is_gone_is_a_failure_that_names_it(
    estate: Estate, source: str, target: str
) -> None:
    result = estate.run(module, mirrors=[{"source": source, "target": target}])
    assert result["failed"]
    assert identity("gone") in result["msg"]

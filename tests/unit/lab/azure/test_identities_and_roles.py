# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identities, role assignments and the identities on scale sets."""

from __future__ import annotations

import uuid
from typing import Any

from lab.azure.server import RunningServer

from .conftest import CLIENT_ID, GROUP, IDENTITY, SCALE_SET, SUBSCRIPTION, Caller, error_of, object_id_of

READER_ROLE = (
    f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    "/acdd72a7-3385-48ef-bd42-f606fba81ae7"
)


def assign(caller: Caller, principal_id: str, scope: str = GROUP, **more: Any) -> Any:
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    return caller.put(
        path, {"properties": {"roleDefinitionId": READER_ROLE, "principalId": principal_id, **more}}
    )


class TestIdentities:
    def test_one_is_created_once(self, owner: Caller) -> None:
        path = f"{IDENTITY}-new"
        created = owner.put(path, {"location": "westeurope", "tags": {"a": "b"}})
        assert created.status_code == 201
        assert created.headers["location"] == created.json()["id"]
        again = owner.put(path, {"location": "westeurope"})
        assert again.status_code == 200
        assert again.json() == created.json()

    def test_it_cannot_move(self, owner: Caller) -> None:
        assert error_of(owner.put(IDENTITY, {"location": "northeurope"})) == (409, "InvalidResourceLocation")
        assert error_of(owner.put(f"{IDENTITY}-x", {})) == (400, "LocationRequired")

    def test_it_goes_with_its_principal_but_not_its_role_assignments(
        self, azure: RunningServer, owner: Caller
    ) -> None:
        principal = owner.get(IDENTITY).json()["properties"]["principalId"]
        assign(owner, principal)
        before = len(azure.world.role_assignments)
        assert [owner.ask("DELETE", IDENTITY).status_code for attempt in range(2)] == [200, 204]
        assert azure.world.principal_of_client(CLIENT_ID) is None
        assert len(azure.world.role_assignments) == before


class TestRoleAssignments:
    def test_they_give_rights_and_are_found_by_principal(self, azure: RunningServer, owner: Caller) -> None:
        principal = owner.get(IDENTITY).json()["properties"]["principalId"]
        created = assign(owner, principal)
        assert created.status_code == 201
        listing = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments"
        for wanted in (f"principalId eq '{principal}'", f"assignedTo('{principal}')"):
            found = owner.get(listing, **{"$filter": wanted}).json()["value"]
            assert [one["name"] for one in found] == [created.json()["name"]]
        at_scope = owner.get(listing, **{"$filter": f"atScope() and principalId eq '{principal}'"}).json()[
            "value"
        ]
        assert at_scope == []

    def test_the_same_one_twice_is_a_conflict(self, owner: Caller) -> None:
        principal = owner.get(IDENTITY).json()["properties"]["principalId"]
        assign(owner, principal)
        assert error_of(assign(owner, principal)) == (409, "RoleAssignmentExists")

    def test_a_fresh_principal_is_found_only_by_its_type(self, azure: RunningServer, owner: Caller) -> None:
        azure.world.dials = azure.world.dials.turned({"propagation": 3600})
        fresh = owner.put(f"{IDENTITY}-new", {"location": "westeurope"}).json()["properties"]["principalId"]
        assert error_of(assign(owner, fresh)) == (400, "PrincipalNotFound")
        assert assign(owner, fresh, principalType="ServicePrincipal").status_code == 201

    def test_conditions_are_kept(self, owner: Caller) -> None:
        principal = owner.get(IDENTITY).json()["properties"]["principalId"]
        created = assign(
            owner, principal, condition="@Resource[x] StringEquals 'y'", conditionVersion="2.0"
        ).json()
        assert created["properties"]["condition"] == "@Resource[x] StringEquals 'y'"

    def test_whoever_may_not_assign_is_told(self, azure: RunningServer) -> None:
        assert error_of(assign(Caller(azure, "reader"), object_id_of("owner"))) == (
            403,
            "AuthorizationFailed",
        )

    def test_definitions_are_found_by_name(self, owner: Caller) -> None:
        listing = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions"
        found = owner.get(listing, **{"$filter": "roleName eq 'Reader'"}).json()["value"]
        assert [one["id"] for one in found] == [READER_ROLE]

    def test_the_caller_sees_its_own_permissions(self, azure: RunningServer) -> None:
        path = f"{GROUP}/providers/Microsoft.Authorization/permissions"
        assert Caller(azure, "reader").get(path).json()["value"] == [
            {"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}
        ]


class TestScaleSets:
    def put_on(self, caller: Caller, **identities: Any) -> Any:
        given = {
            f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}": value
            for name, value in identities.items()
        }
        return caller.ask(
            "PATCH", SCALE_SET, {"identity": {"type": "UserAssigned", "userAssignedIdentities": given}}
        )

    def test_what_is_named_is_added_and_null_takes_off(self, owner: Caller) -> None:
        owner.put(IDENTITY.replace("id-a", "idb"), {"location": "westeurope"})
        self.put_on(owner, **{"id-a": {}})
        both = self.put_on(owner, idb={}).json()["identity"]
        assert len(both["userAssignedIdentities"]) == 2
        one = self.put_on(owner, **{"id-a": None}).json()["identity"]
        assert [name.rsplit("/", 1)[1] for name in one["userAssignedIdentities"]] == ["idb"]
        assert "identity" not in self.put_on(owner, idb=None).json()

    def test_assigning_needs_a_right_on_the_identity(self, azure: RunningServer) -> None:
        answer = self.put_on(Caller(azure, "operator"), **{"id-a": {}})
        assert error_of(answer) == (403, "LinkedAuthorizationFailed")
        assert "userAssignedIdentities/assign/action" in answer.text

    def test_an_identity_that_is_not_there_is_refused(self, owner: Caller) -> None:
        assert error_of(self.put_on(owner, gone={})) == (400, "FailedIdentityOperation")

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identities of a list or a plan, against the emulated Azure."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.azure.estate import GROUP, SHOP, SUBSCRIPTION, TENANT, Estate, identity, plan_file, recreated

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import (
    PlannedIdentity,
    is_unknown,
    unknown,
)
from ansible_collections.aksops.workload_identity.plugins.modules import managed_identities as module

NEW = recreated()
FOUND = PlannedIdentity(SHOP.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), "", TENANT)


def test_a_plan_creates_what_it_re_creates_and_reads_the_rest(estate: Estate, tmp_path: Path) -> None:
    path = plan_file(tmp_path, (FOUND, NEW))
    result = estate.run(module, plan_path=path)
    assert result["changed"]
    assert [item["id"] for item in result["identities"]] == [FOUND.id, NEW.id]
    there = estate.azure.world.identities[NEW.id.lower()]
    made = result["identities"][1]
    assert made["client_id"] == there.client_id
    assert made["principal_id"] == there.principal_id
    assert made["tenant_id"] == TENANT
    assert there.body["location"] == "westeurope"
    assert there.body["tags"] == NEW.tags
    assert estate.writes() == [f"PUT {NEW.id}"]
    again = estate.run(module, plan_path=path)
    assert not again["changed"]
    assert again["identities"] == result["identities"]


def test_check_mode_marks_what_it_cannot_know_and_writes_nothing(estate: Estate, tmp_path: Path) -> None:
    path = plan_file(tmp_path, (FOUND, NEW))
    checked = estate.run(module, plan_path=path, check_mode=True)
    assert checked["changed"]
    assert estate.writes() == []
    made = checked["identities"][1]
    assert made["client_id"] == unknown(f"client ID of {NEW.id}")
    assert is_unknown(made["principal_id"])
    assert made["tenant_id"] == TENANT
    assert not is_unknown(checked["identities"][0]["client_id"])
    assert checked["diff"] == estate.run(module, plan_path=path)["diff"]


def test_one_that_is_gone_fails_before_anything_is_created(estate: Estate, tmp_path: Path) -> None:
    gone = PlannedIdentity(identity("id-gone"), "c", TENANT)
    result = estate.run(module, plan_path=plan_file(tmp_path, (NEW, gone)))
    assert result["failed"]
    assert gone.id in result["msg"]
    assert "rule" in result["msg"]
    assert estate.writes() == []


def test_a_list_takes_names_and_adds_tags_to_those_that_are_there(estate: Estate) -> None:
    listed = [{"resource_group": "rg-ids", "name": "id-shop", "tags": {"stage": "live"}}]
    result = estate.run(module, identities=listed)
    assert result["changed"]
    assert estate.azure.world.identities[SHOP.lower()].body["tags"] == {"team": "shop", "stage": "live"}
    assert not estate.run(module, identities=listed)["changed"]


def test_an_identity_in_another_region_is_not_taken_for_the_wanted_one(estate: Estate) -> None:
    result = estate.run(module, identities=[{"id": SHOP, "location": "northeurope"}])
    assert result["failed"]
    assert "westeurope" in result["msg"]
    assert "northeurope" in result["msg"]
    assert not estate.run(module, identities=[{"id": SHOP, "location": "West Europe"}])["changed"]


def test_absent_deletes_and_is_content_with_what_is_gone(estate: Estate) -> None:
    listed = [{"id": SHOP}, {"id": identity("id-gone")}]
    assert estate.run(module, identities=listed, state="absent", check_mode=True)["changed"]
    assert SHOP.lower() in estate.azure.world.identities
    assert estate.run(module, identities=listed, state="absent")["changed"]
    assert SHOP.lower() not in estate.azure.world.identities
    assert not estate.run(module, identities=listed, state="absent")["changed"]


def test_what_was_made_before_a_failure_is_told(estate: Estate) -> None:
    elsewhere = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ids"
    listed = [
        {"id": identity("id-first"), "location": "westeurope"},
        {
            "id": f"{elsewhere}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x",
            "location": "westeurope",
        },
    ]
    result = estate.run(module, identities=listed)
    assert result["failed"]
    assert result["changed"]
    assert [item["name"] for item in result["identities"]] == ["id-first"]
    assert "/x" in result["msg"]


@pytest.mark.parametrize(
    "text", [GROUP, f"{SHOP}/more", "id-shop", f"{GROUP}/providers/Microsoft.Compute/disks/d"]
)
def test_what_is_no_resource_id_of_an_identity_is_refused(estate: Estate, text: str) -> None:
    result = estate.run(module, identities=[{"id": text}])
    assert result["failed"]
    assert "no resource ID" in result["msg"]


def test_a_file_that_is_no_plan_is_refused(estate: Estate, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"schema": "aksops.workload_identity/facts/v1"}')
    result = estate.run(module, plan_path=str(path))
    assert result["failed"]
    assert "facts/v1" in result["msg"]

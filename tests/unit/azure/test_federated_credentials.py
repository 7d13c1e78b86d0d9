# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federated credentials of a list or a plan, against the emulated Azure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.azure.estate import (
    AUDIENCE,
    CLUSTER,
    FAR,
    FULL,
    ISSUER,
    SHOP,
    TENANT,
    Estate,
    identity,
    plan_file,
    recreated,
    standing,
    subject,
)

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration import naming
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import (
    PlannedIdentity,
    unknown,
)
from ansible_collections.aksops.workload_identity.plugins.modules import federated_credentials as module
from ansible_collections.aksops.workload_identity.plugins.modules import managed_identities

Rule = dict[str, Any]
_PUT = {"method": "PUT", "url": "federatedIdentityCredentials"}


def listed(*accounts: str, of: str = SHOP, **more: str) -> list[dict[str, str]]:
    return [{"identity": of, "subject": subject(account), **more} for account in accounts]


def ours(account: str) -> str:
    return naming.credential(CLUSTER, "aks-1", "shop", account)


@pytest.fixture
def fault(estate: Estate) -> Callable[[Rule], None]:
    """Makes the emulator misbehave as a rule says."""

    def add(rule: Rule) -> None:
        estate.azure.faults.add(rule)

    return add


def test_a_plan_is_written_with_the_issuer_that_it_did_not_know(estate: Estate, tmp_path: Path) -> None:
    path = plan_file(tmp_path, accounts=((SHOP, "web"), (SHOP, "api"), (FULL, "web")))
    result = estate.run(module, plan_path=path, issuer=ISSUER)
    assert result["counts"] == {"created": 3, "updated": 0, "removed": 0, "unchanged": 0, "absent": 0}
    assert estate.credentials(SHOP) == {
        ours(account): {"issuer": ISSUER, "subject": subject(account), "audiences": [AUDIENCE]}
        for account in ("web", "api")
    }
    assert len(estate.credentials(FULL)) == 20
    again = estate.run(module, plan_path=path, issuer=ISSUER)
    assert not again["changed"]
    assert again["counts"]["unchanged"] == 3
    assert len(estate.writes()) == 3


def test_check_mode_plans_with_what_is_not_known_and_reports_the_same(estate: Estate, tmp_path: Path) -> None:
    new = recreated()
    path = plan_file(tmp_path, (new,), ((new.id, "web"), (SHOP, "web")))
    made = [{"id": new.id, "client_id": new.client_id}]
    blind = estate.run(
        module, plan_path=path, issuer=unknown("issuer URL of aks-1"), identities=made, check_mode=True
    )
    known = estate.run(module, plan_path=path, issuer=ISSUER, check_mode=True)
    assert estate.writes() == []
    identities = estate.run(managed_identities, plan_path=path)["identities"]
    real = estate.run(module, plan_path=path, issuer=ISSUER, identities=identities)
    for checked in (blind, known):
        assert checked["changed"]
        assert checked["counts"] == real["counts"]
        assert [item["name"] for item in checked["credentials"]] == [
            item["name"] for item in real["credentials"]
        ]
    assert blind["credentials"][0]["issuer"] == unknown("issuer URL of aks-1")
    assert known["diff"] == real["diff"]


@pytest.mark.parametrize("issuer", ["", unknown("issuer URL of aks-1")])
def test_a_real_run_does_not_write_an_unknown_issuer(estate: Estate, tmp_path: Path, issuer: str) -> None:
    result = estate.run(module, plan_path=plan_file(tmp_path, accounts=((SHOP, "web"),)), issuer=issuer)
    assert result["failed"]
    assert "aks_oidc_issuer" in result["msg"]
    assert estate.writes() == []


def test_an_empty_plan_asks_nobody(estate: Estate, tmp_path: Path) -> None:
    result = estate.run(module, plan_path=plan_file(tmp_path), issuer="")
    assert not result["changed"]
    assert result["credentials"] == []
    assert estate.azure.exchanges.read() == []


def test_one_that_somebody_made_under_another_name_serves(estate: Estate) -> None:
    estate.run(module, issuer=ISSUER, credentials=listed("web", name="by-terraform"))
    result = estate.run(module, issuer=ISSUER, credentials=listed("web"))
    assert not result["changed"]
    assert result["credentials"][0]["name"] == "by-terraform"


def test_the_slash_at_the_end_of_the_issuer_is_kept(estate: Estate) -> None:
    result = estate.run(module, issuer=ISSUER.rstrip("/"), credentials=listed("web"))
    assert result["credentials"][0]["issuer"] == ISSUER.rstrip("/")
    second = estate.run(module, issuer=ISSUER, credentials=listed("web"))
    assert second["changed"]
    assert "trailing slash" in second["warnings"][0]
    assert {item["issuer"] for item in estate.credentials(SHOP).values()} == {ISSUER, ISSUER.rstrip("/")}


def test_a_wrong_audience_is_put_right(estate: Estate) -> None:
    estate.run(module, issuer=ISSUER, credentials=listed("web", name="one", audience="api://old"))
    result = estate.run(module, issuer=ISSUER, credentials=listed("web"))
    assert result["counts"]["updated"] == 1
    assert estate.credentials(SHOP) == {
        "one": {"issuer": ISSUER, "subject": subject("web"), "audiences": [AUDIENCE]}
    }


def test_no_room_on_one_identity_stops_before_the_first_write_on_any(estate: Estate) -> None:
    wanted = listed("web") + listed("web", "api", of=FULL)
    for check_mode in (True, False):
        result = estate.run(module, issuer=ISSUER, credentials=wanted, check_mode=check_mode)
        assert result["failed"]
        assert FULL in result["msg"]
        assert "has 19 and needs 2 more" in result["msg"]
        assert "second identity" in result["msg"]
    assert estate.writes() == []


def test_a_region_without_support_is_named_with_the_way_out(estate: Estate) -> None:
    result = estate.run(module, issuer=ISSUER, credentials=listed("web", of=FAR) + listed("web"))
    assert result["failed"]
    assert f"{FAR} in malaysiasouth" in result["msg"]
    assert "regions" in result["msg"]
    assert estate.writes() == []


def test_an_identity_that_is_missing_is_a_failure(estate: Estate) -> None:
    result = estate.run(
        module, issuer=ISSUER, credentials=listed("web", of=identity("id-gone")), check_mode=True
    )
    assert result["failed"]
    assert "id-gone" in result["msg"]


def test_writers_of_many_clusters_do_not_get_in_each_others_way(estate: Estate) -> None:
    estate.azure.world.dials = estate.azure.world.dials.turned({"federated_write": 1.0})
    results: list[dict[str, Any]] = []

    def cluster(number: int) -> None:
        issuer = f"https://cluster-{number}/"
        results.append(estate.run(module, issuer=issuer, credentials=listed("web", "api")))

    threads = [threading.Thread(target=cluster, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.get("msg") for result in results] == [None] * 4
    assert len(estate.credentials(SHOP)) == 8
    assert any(item["status"] == 409 for item in estate.azure.exchanges.read())


def test_a_spurious_already_exists_is_read_again(estate: Estate, fault: Callable[[Rule], None]) -> None:
    message = "Issuer and subject combination already exists for this Managed Identity."
    answer = {"status": 400, "body": {"error": {"code": "BadRequest", "message": message}}}
    fault({**_PUT, "times": 1, "when": "after", "respond": answer})
    result = estate.run(module, issuer=ISSUER, credentials=listed("web"))
    assert result["credentials"][0]["outcome"] == "unchanged"
    assert len(estate.credentials(SHOP)) == 1


def test_an_already_exists_of_which_nothing_is_listed_is_tried_again(
    estate: Estate, fault: Callable[[Rule], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    message = "Issuer and subject combination already exists for this Managed Identity."
    answer = {"status": 400, "body": {"error": {"code": "BadRequest", "message": message}}}
    fault({**_PUT, "times": 1, "respond": answer})
    result = estate.run(module, issuer=ISSUER, credentials=listed("web"))
    assert result["credentials"][0]["outcome"] == "created"


def test_a_place_that_somebody_took_meanwhile_is_told_with_the_ways_out(
    estate: Estate, fault: Callable[[Rule], None]
) -> None:
    message = "Too many Federated Identity Credentials. At most 20 are allowed."
    answer = {"status": 400, "body": {"error": {"code": "BadRequest", "message": message}}}
    fault({**_PUT, "respond": answer})
    result = estate.run(module, issuer=ISSUER, credentials=listed("web"))
    assert result["failed"]
    assert "service_account_mode" in result["msg"]


def test_one_identity_that_fails_holds_up_no_other_and_what_was_done_is_told(
    estate: Estate, fault: Callable[[Rule], None]
) -> None:
    answer = {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "no"}}}
    fault({**_PUT, "url": "id-full/federatedIdentityCredentials", "respond": answer})
    wanted = listed("web", of=FULL) + listed("web", "api")
    result = estate.run(module, issuer=ISSUER, credentials=wanted)
    assert result["failed"]
    assert "AuthorizationFailed" in result["msg"]
    assert result["changed"]
    assert result["counts"]["created"] == 2
    assert len(estate.credentials(SHOP)) == 2


def test_purge_removes_only_what_this_collection_made_for_this_issuer(estate: Estate, tmp_path: Path) -> None:
    existing = [
        standing(ours("old"), "old"),  # ours, no longer wanted
        standing("by-hand", "hand"),
        standing("elsewhere", "old", "https://other/"),
        standing(ours("foreign"), "foreign", "https://other/"),
    ]
    for item in existing:
        estate.run(
            module,
            issuer=item["issuer"],
            credentials=[{"identity": SHOP, "subject": item["subject"], "name": item["name"]}],
        )
    planned = PlannedIdentity(SHOP, "c", TENANT)
    path = plan_file(tmp_path, (planned,), ((SHOP, "web"),))
    assert estate.run(module, plan_path=path, issuer=ISSUER)["counts"]["removed"] == 0
    checked = estate.run(module, plan_path=path, issuer=ISSUER, purge=True, check_mode=True)
    result = estate.run(module, plan_path=path, issuer=ISSUER, purge=True)
    assert checked["counts"] == result["counts"]
    assert checked["diff"] == result["diff"]
    assert result["counts"]["removed"] == 1
    assert set(estate.credentials(SHOP)) == {ours("web"), "by-hand", "elsewhere", ours("foreign")}


def test_purge_looks_at_identities_that_the_plan_has_no_credential_for(
    estate: Estate, tmp_path: Path
) -> None:
    path = plan_file(tmp_path, (PlannedIdentity(SHOP, "c", TENANT),), ((SHOP, "web"),))
    estate.run(module, plan_path=path, issuer=ISSUER)
    empty = plan_file(tmp_path, (PlannedIdentity(SHOP, "c", TENANT),))
    assert estate.run(module, plan_path=empty, issuer=ISSUER, purge=True)["counts"]["removed"] == 1
    assert estate.credentials(SHOP) == {}


def test_absent_removes_by_issuer_and_subject_and_of_a_plan_only_our_own(
    estate: Estate, tmp_path: Path
) -> None:
    estate.run(module, issuer=ISSUER, credentials=listed("web", name="by-hand"))
    path = plan_file(tmp_path, accounts=((SHOP, "web"), (SHOP, "api")))
    estate.run(module, plan_path=path, issuer=ISSUER)
    result = estate.run(module, plan_path=path, issuer=ISSUER, state="absent")
    assert {item["name"]: item["outcome"] for item in result["credentials"]} == {
        ours("api"): "removed",
        "by-hand": "unchanged",
    }
    assert set(estate.credentials(SHOP)) == {"by-hand"}
    assert estate.run(module, issuer=ISSUER, credentials=listed("web"), state="absent")["changed"]
    assert estate.credentials(SHOP) == {}
    assert not estate.run(module, issuer=ISSUER, credentials=listed("web"), state="absent")["changed"]

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change in an identity's federated credentials: pure."""

from __future__ import annotations

import re

import pytest
from unit.azure.estate import AUDIENCE, ISSUER, SHOP, subject

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import (
    credential_changes as changes,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.errors import AzureError
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import (
    FederatedCredential,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import unknown


def wanted(name: str, account: str, issuer: str = ISSUER, audience: str = AUDIENCE) -> changes.Wanted:
    return changes.Wanted(SHOP, name, issuer, subject(account), audience)


def there(name: str, account: str, issuer: str = ISSUER, audience: str = AUDIENCE) -> FederatedCredential:
    return FederatedCredential(name, issuer, subject(account), (audience,))


def never(item: FederatedCredential) -> bool:
    return False


def always(item: FederatedCredential) -> bool:
    return True


def outcomes(steps: tuple[changes.Step, ...]) -> list[tuple[str, str]]:
    return [(step.outcome, step.credential.name) for step in steps]


def test_issuer_and_subject_say_which_credential_it_is_and_its_name_stays() -> None:
    steps = changes.present(SHOP, [wanted("ours", "web")], [there("theirs", "web")], always)
    assert outcomes(steps) == [("unchanged", "theirs")]


def test_another_audience_is_put_right_under_the_name_it_has() -> None:
    steps = changes.present(
        SHOP, [wanted("ours", "web")], [there("theirs", "web", audience="api://old")], never
    )
    assert outcomes(steps) == [("updated", "theirs")]
    assert steps[0].credential.audiences == (AUDIENCE,)
    assert steps[0].before == there("theirs", "web", audience="api://old")


@pytest.mark.parametrize(
    ("issuer", "account"),
    [(ISSUER.rstrip("/"), "web"), (ISSUER.upper().replace("HTTPS", "https"), "web"), (ISSUER, "Web")],
)
def test_a_slash_or_a_capital_makes_another_credential_and_is_told(issuer: str, account: str) -> None:
    existing = [there("near", account, issuer)]
    steps = changes.present(SHOP, [wanted("ours", "web")], existing, never)
    assert outcomes(steps) == [("created", "ours")]
    (warning,) = changes.near_misses(SHOP, steps, existing)
    assert "near" in warning


def test_the_name_of_a_cluster_that_was_made_anew_is_taken_over() -> None:
    steps = changes.present(SHOP, [wanted("ours", "web")], [there("Ours", "web", "https://old/")], never)
    assert outcomes(steps) == [("updated", "Ours")]
    assert steps[0].credential.issuer == ISSUER


def test_a_name_that_another_wanted_credential_has_is_left_to_it() -> None:
    steps = changes.present(SHOP, [wanted("b", "api"), wanted("a", "web")], [there("a", "api")], never)
    assert outcomes(steps)[0] == ("unchanged", "a")
    outcome, name = outcomes(steps)[1]
    assert outcome == "created"
    assert name not in ("a", "b")


def test_nothing_that_exists_is_meant_by_an_unknown_issuer() -> None:
    steps = changes.present(
        SHOP, [wanted("ours", "web", unknown("issuer URL of aks-1"))], [there("x", "web")], never
    )
    assert outcomes(steps) == [("created", "ours")]


def test_what_is_not_wanted_goes_last_and_only_where_it_may() -> None:
    existing = [there("old", "old"), there("kept", "kept")]
    steps = changes.present(SHOP, [wanted("ours", "web")], existing, lambda item: item.name == "old")
    assert outcomes(steps) == [("created", "ours"), ("removed", "old")]


def test_it_goes_first_where_its_place_is_needed() -> None:
    existing = [there(f"n-{n}", f"app-{n}") for n in range(20)]
    steps = changes.present(SHOP, [wanted("ours", "web")], existing, lambda item: item.name == "n-3")
    assert outcomes(steps) == [("removed", "n-3"), ("created", "ours")]


def test_twenty_have_room_and_twenty_one_have_not() -> None:
    existing = [there(f"n-{n}", f"app-{n}") for n in range(19)]
    two = [wanted("a-1", "web"), wanted("a-2", "api")]
    assert len(changes.present(SHOP, two[:1], existing, never)) == 1
    with pytest.raises(AzureError, match="has 19 and needs 2 more, and 20 is the most") as refusal:
        changes.present(SHOP, two, existing, never)
    assert "service_account_mode" in str(refusal.value)
    assert "second identity" in str(refusal.value)


def test_a_full_identity_with_nothing_to_add_is_no_failure() -> None:
    existing = [there(f"n-{n}", f"app-{n}") for n in range(20)]
    steps = changes.present(SHOP, [wanted("n", "app-7")], existing, never)
    assert outcomes(steps) == [("unchanged", "n-7")]


def test_absent_takes_what_is_there_by_issuer_and_subject() -> None:
    listed = [wanted("ours", "web"), wanted("gone", "gone"), wanted("kept", "kept")]
    existing = [there("theirs", "web"), there("kept", "kept"), there("other", "other")]
    steps = changes.absent(SHOP, listed, existing, lambda item: item.name != "kept")
    assert outcomes(steps) == [("removed", "theirs"), ("absent", "gone"), ("unchanged", "kept")]


def test_names_of_credentials_without_one_are_legal_stable_and_differ_by_issuer() -> None:
    long = "system:serviceaccount:" + "n" * 63 + ":" + "a.b" * 80
    names = {
        changes.own_name(issuer, who) for issuer in (ISSUER, "https://x/") for who in (long, subject("web"))
    }
    assert len(names) == 4
    assert all(re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}", name) for name in names)
    assert changes.own_name(ISSUER, long) == changes.own_name(ISSUER, long)


@pytest.mark.parametrize(
    "bad",
    [
        wanted("ours", "web", issuer="http://plain/"),
        wanted("ours", "web", issuer=""),
        wanted("ours", "web", audience=""),
        wanted("ours", "w" * 600),
        wanted("-x", "web"),
        wanted("ab", "web"),
        wanted("a" * 121, "web"),
        wanted("with space", "web"),
    ],
)
def test_what_azure_would_refuse_is_refused_before(bad: changes.Wanted) -> None:
    with pytest.raises(AzureError, match=re.escape(SHOP)):
        changes.checked([bad])


def test_one_name_for_two_credentials_is_refused_and_a_repetition_is_not() -> None:
    with pytest.raises(AzureError, match="two federated credentials"):
        changes.checked([wanted("ours", "web"), wanted("Ours", "api")])
    assert len(changes.checked([wanted("ours", "web"), wanted("ours", "web")])) == 1


def test_counts_name_every_outcome() -> None:
    steps = changes.present(SHOP, [wanted("ours", "web"), wanted("b-b", "api")], [there("x-x", "api")], never)
    assert changes.counts(steps) == {"created": 1, "updated": 0, "removed": 0, "unchanged": 1, "absent": 0}

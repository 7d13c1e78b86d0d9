# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether rights are there, with as few questions as possible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.errors import AzureError
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.permissions import Judge
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.rights import Need

SUBSCRIPTION = "/subscriptions/s"
GROUP = f"{SUBSCRIPTION}/resourceGroups/ids"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"
WRITE = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"
NEED = Need(IDENTITY, WRITE, "let identities trust the cluster")
ALL = [{"actions": ["*"], "notActions": []}]
NOTHING: list[dict[str, Any]] = []


class Recorded:
    """Answers by scope; an int is the status of a refusal."""

    def __init__(self, answers: dict[str, list[dict[str, Any]] | int]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def list(self, path: str, api_version: str) -> Iterator[dict[str, Any]]:
        scope = path.removesuffix("/providers/Microsoft.Authorization/permissions")
        self.asked.append(scope)
        answer = self.answers[scope]
        if isinstance(answer, int):
            raise AzureError("refused", status=answer)
        return iter(answer)


def test_what_is_granted_above_is_not_asked_for_below() -> None:
    azure = Recorded({SUBSCRIPTION: ALL})
    assert Judge(azure).judge(NEED) == "granted"
    assert azure.asked == [SUBSCRIPTION]


def test_a_right_on_the_identity_alone_is_found() -> None:
    assert Judge(Recorded({SUBSCRIPTION: NOTHING, GROUP: NOTHING, IDENTITY: ALL})).judge(NEED) == "granted"


def test_a_right_that_is_nowhere_is_missing() -> None:
    assert (
        Judge(Recorded({SUBSCRIPTION: NOTHING, GROUP: NOTHING, IDENTITY: NOTHING})).judge(NEED) == "missing"
    )


@pytest.mark.parametrize("status", [403, 404])
def test_where_azure_does_not_tell_it_is_unknown(status: int) -> None:
    assert Judge(Recorded({SUBSCRIPTION: status, GROUP: status, IDENTITY: status})).judge(NEED) == "unknown"


def test_a_subscription_that_may_not_be_asked_does_not_spoil_the_answer_below() -> None:
    assert Judge(Recorded({SUBSCRIPTION: 403, GROUP: NOTHING, IDENTITY: NOTHING})).judge(NEED) == "missing"


def test_each_scope_is_asked_once_whatever_its_case() -> None:
    azure = Recorded({SUBSCRIPTION: NOTHING, GROUP: NOTHING, IDENTITY: NOTHING})
    judge = Judge(azure)
    judge.judge(NEED)
    judge.judge(Need(IDENTITY.upper().replace("/SUBSCRIPTIONS/S", SUBSCRIPTION), WRITE, ""))
    assert azure.asked == [SUBSCRIPTION, GROUP, IDENTITY]


def test_any_other_failure_is_a_failure() -> None:
    with pytest.raises(AzureError):
        Judge(Recorded({SUBSCRIPTION: 500})).judge(NEED)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer of Entra's token endpoint means."""

from __future__ import annotations

import base64
import json

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.token_exchange import (
    PROPAGATING,
    judge,
)

CLIENT_ID = "11111111-2222-3333-4444-555555555555"


def token(**claims: str) -> dict[str, str]:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return {"access_token": f"e30.{body}.sig", "token_type": "Bearer"}


def test_a_token_of_the_right_identity_is_a_proof() -> None:
    answer = judge(200, token(appid=CLIENT_ID.upper(), oid="o"), CLIENT_ID)
    assert answer.proved
    assert answer.object_id == "o"


def test_a_token_of_another_identity_is_none() -> None:
    answer = judge(200, token(appid="66666666-2222-3333-4444-555555555555"), CLIENT_ID)
    assert answer.code == "wrong-identity"


def test_a_token_that_cannot_be_read_is_none() -> None:
    assert judge(200, {"access_token": "opaque"}, CLIENT_ID).code == "unreadable"


@pytest.mark.parametrize("code", sorted(PROPAGATING))
def test_codes_of_propagation_may_pass_and_are_explained(code: str) -> None:
    words = f"AADSTS{code}: No matching federated identity record found. Trace ID: t"
    answer = judge(
        401, {"error": "invalid_client", "error_description": words, "error_codes": [int(code)]}, CLIENT_ID
    )
    assert answer.propagating
    assert "Trace ID" not in answer.explanation
    assert answer.explanation.partition(". Entra: ")[0]


def test_a_code_is_found_in_the_text_where_the_list_is_missing() -> None:
    answer = judge(
        400,
        {"error_description": "AADSTS700024: Client assertion is not within its valid time range."},
        CLIENT_ID,
    )
    assert answer.code == "700024"
    assert not answer.propagating
    assert "clock" in answer.explanation


def test_throttling_is_passing_and_keeps_the_services_own_wait() -> None:
    answer = judge(429, {}, CLIENT_ID, "7")
    assert answer.passing
    assert answer.retry_after == 7


def test_no_token_shows_in_what_is_kept() -> None:
    given = token(appid=CLIENT_ID)
    assert given["access_token"] not in repr(judge(200, given, CLIENT_ID))

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer of Azure becomes: attempted, on what, the service's words, and what to do."""

from __future__ import annotations

import json

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.errors import refusal, words_of


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"code": "A", "message": "m"}}, ("A", "m")),
        ({"code": "EtagMismatch", "message": "m", "details": None, "subcode": ""}, ("EtagMismatch", "m")),
        (
            {"error": {"code": "A", "message": "m", "details": [{"code": "B", "message": "why"}]}},
            ("A", "m; B: why"),
        ),
        ({"error": {"code": "A", "message": "m", "details": [{"code": "B", "message": "m"}]}}, ("A", "m")),
        ({}, ("", "")),
        ([1], ("", "[1]")),
    ],
)
def test_code_and_message_are_found_with_and_without_an_envelope(
    body: object, words: tuple[str, str]
) -> None:
    assert words_of(json.dumps(body)) == words


def test_a_page_of_a_proxy_is_quoted_in_part() -> None:
    assert words_of("<html>" + "x" * 1000) == ("", ("<html>" + "x" * 1000)[:300])


def test_an_error_says_all_that_is_needed_to_act() -> None:
    body = json.dumps({"error": {"code": "ScopeLocked", "message": "The scope is locked."}})
    error = refusal("PUT", "/subscriptions/1/x", 409, body)
    assert (error.status, error.code, error.resource_id) == (409, "ScopeLocked", "/subscriptions/1/x")
    assert str(error) == (
        "PUT /subscriptions/1/x: Azure answered 409 ScopeLocked: The scope is locked. Remove the lock that is named,"
        " or ask who set it, and run again."
    )


def test_an_error_without_words_is_still_a_sentence() -> None:
    assert str(refusal("GET", "/x", 418, "")) == "GET /x: Azure answered 418 : no explanation."

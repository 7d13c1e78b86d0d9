# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which answers are tried again, and after how long."""

from __future__ import annotations

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.retries import (
    Attempt,
    pause,
    retry_after,
)

CONCURRENT = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"


@pytest.mark.parametrize("status", [0, 408, 429, 500, 502, 503, 504])
def test_faults_and_throttling_are_tried_again(status: int) -> None:
    assert pause(Attempt(1, status), 0.5) == pytest.approx(1.0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 412])
def test_refusals_are_final(status: int) -> None:
    assert pause(Attempt(1, status), 0.5) is None


@pytest.mark.parametrize(
    ("code", "asked", "again"),
    [
        (CONCURRENT, None, True),
        ("Conflict", 3.0, True),
        ("Conflict", None, False),
        ("OperationNotAllowed", 3.0, False),
        ("EtagMismatch", 3.0, False),
        ("RoleAssignmentExists", None, False),
    ],
)
def test_a_conflict_is_tried_again_where_waiting_helps(code: str, asked: float, again: bool) -> None:
    assert (pause(Attempt(1, 409, code, asked), 0.5) is not None) is again


def test_the_service_says_when_to_come_back_and_nobody_comes_earlier() -> None:
    for chance in (0.0, 0.5, 1.0):
        delay = pause(Attempt(1, 429, retry_after=20.0), chance)
        assert delay is not None
        assert 20.0 <= delay <= 25.0


def test_pauses_grow_and_end() -> None:
    delays = [pause(Attempt(number, 503), 0.5) for number in range(1, 7)]
    assert delays == [1.0, 2.0, 4.0, 8.0, 16.0, None]


def test_throttling_is_waited_out_for_minutes_and_not_for_ever() -> None:
    assert pause(Attempt(30, 429, retry_after=5.0, elapsed=500.0), 0.5) is not None
    assert pause(Attempt(30, 429, retry_after=5.0, elapsed=599.0), 0.5) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"x-ms-retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:10 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
    ],
)
def test_all_ways_in_which_azure_asks_to_wait_are_understood(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers, now=40.0) == seconds

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done about a preview feature in each of its states; the service's spelling of them varies."""

from __future__ import annotations

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.features import (
    Feature,
    is_settled,
    planned,
)


@pytest.mark.parametrize(
    ("state", "present", "absent"),
    [
        ("Registered", "unchanged", "unregistered"),
        ("registered", "unchanged", "unregistered"),
        ("NotRegistered", "registered", "unchanged"),
        ("NotSpecified", "registered", "unchanged"),
        ("Unregistered", "registered", "unchanged"),
        ("Unregistering", "registered", "unregistered"),
        ("Registering", "registered", "unregistered"),
        ("Pending", "pending", "unregistered"),
        ("Unknown", "retired", "unchanged"),
    ],
)
def test_outcome_by_state(state: str, present: str, absent: str) -> None:
    feature = Feature("EnableX", state, state)
    assert planned(feature, present=True).outcome == present
    assert planned(feature, present=False).outcome == absent


@pytest.mark.parametrize(
    ("state", "present", "absent"),
    [
        ("Registered", True, False),
        ("Registering", False, False),
        ("Pending", True, False),
        ("NotRegistered", False, True),
        ("Unregistering", False, False),
        ("Unregistered", False, True),
    ],
)
def test_states_that_need_no_more_waiting(state: str, present: bool, absent: bool) -> None:
    feature = Feature("EnableX", state, state)
    assert is_settled(feature, present=True) is present
    assert is_settled(feature, present=False) is absent

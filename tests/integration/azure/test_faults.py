# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each call of a migration with each fault: the run ends in the right state, or tells the resource and the service's
words, and the next run completes. Pauses are short here; their length is the policy's own test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import (
    federated_credentials,
    retries,
    role_assignments,
    waiting,
)

from .conftest import Caller, Start, cluster_id
from .injected_faults import FAULTS, Fault
from .migration_calls import CALLS, Call
from .migration_steps import STEPS, Step, world

# What every run of the tests takes; the other rows of a call differ from these in a status only.
_READS_WITH = frozenset({"server error", "cut after", "policy"})
_WRITES_WITH = frozenset({"server error", "cut after", "expired token", "locked"})
_WITH_ALL = frozenset({"cluster PUT", "add-on PUT", "credential PUT"})


def _is_slow(call: Call, fault: Fault) -> bool:
    if fault.slow or call.name in _WITH_ALL:
        return fault.slow
    return fault.name not in (_READS_WITH if call.method == "GET" else _WRITES_WITH)


def _rows() -> Iterator[Any]:
    for call in CALLS:
        for fault in FAULTS:
            if not fault.only_for or call.name in fault.only_for:
                marks = [pytest.mark.slow] if _is_slow(call, fault) else []
                yield pytest.param(call, fault, id=f"{call.name}-{fault.name}", marks=marks)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST_DELAY", 0.01)
    monkeypatch.setattr(waiting, "_FIRST", 0.02)
    monkeypatch.setattr(federated_credentials, "_NEW_IDENTITY", 1.0)
    monkeypatch.setattr(role_assignments, "_FIRST_DELAY", 0.05)


@pytest.mark.parametrize(("call", "fault"), tuple(_rows()))
def test_a_fault_is_absorbed_ortold_and_the_next_run_completes(
    start: Start, call: Call, fault: Fault
) -> None:
    step = STEPS[call.step]
    caller = start(**world(step.name))
    caller.azure.faults.add({"method": call.method, "url": call.url, "skip": call.skip, **fault.rule})
    first = step.run(caller)
    (rule,) = caller.azure.faults.state()
    assert rule["hits"] > 0, "the call was never made"
    written = _accepted_writes(caller)
    caller.azure.faults.remove()
    if fault.is_absorbed_by(call.name):
        assert told(first) == "", first
        assert first["changed"] is step.changes
    else:
        words = told(first, fault.words)
        assert call.resource.lower() in words.lower()
        assert [word for word in fault.words if word not in words] == []
        assert first["changed"] is bool(written), f"{written} and changed is {first['changed']}"
        if "fail_operation" in fault.rule:
            _repair(caller)
        _completes(caller, step)
    assert step.state(caller) == step.done
    again = step.run(caller)
    assert (told(again), again["changed"]) == ("", False)


def _completes(caller: Caller, step: Step) -> None:
    assert told(step.run(caller)) == ""


def told(result: Mapping[str, Any], words: Iterable[str] = ()) -> str:
    """The words of a failure, or of what a read that goes on regardless lists as unread."""
    if result.get("failed"):
        return str(result["msg"])
    if result.get("verdict") == "unknown":
        return f"unknown permissions: {' '.join(words)}"  # a right that Azure does not tell has no reason
    return "; ".join(
        f"{item['what']}: {item['reason']}" for item in (result.get("side") or {}).get("unreadable", ())
    )


def _accepted_writes(caller: Caller) -> list[str]:
    """What the service took; asking for a kubeconfig is a POST that changes nothing."""
    return [
        f"{item['method']} {item['url']}"
        for item in caller.exchanges("PUT", "PATCH", "POST", "DELETE")
        if item["status"] is not None and item["status"] < 300 and "/listCluster" not in item["url"]
    ]


def _repair(caller: Caller) -> None:
    """What the failure asks for: an update without changes by somebody else."""
    session = caller.session()
    body = caller.body("aks-1")
    session.put(
        cluster_id("aks-1"), {"location": body["location"], "properties": body["properties"]}, "2024-09-01"
    )
    while caller.body("aks-1")["properties"]["provisioningState"] != "Succeeded":
        pass

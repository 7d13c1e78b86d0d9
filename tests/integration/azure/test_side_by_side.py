# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Four processes at once write two hundred federated credentials, as four slices of a job would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Start, identity_id

PROCESSES, IDENTITIES, CREDENTIALS = 4, 20, 10  # the last: of each identity
ISSUER = "https://westeurope.oic.prod-aks.azure.com/3e5cbf2c/{}/"
# A writer of each process runs the module as it is run in a worker; its result goes to standard output.
WRITER = """
import json, sys
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.aksops.workload_identity.plugins.modules import federated_credentials as module
from ansible_collections.aksops.workload_identity.plugins.module_utils._outcome import outcome
given = json.load(sys.stdin)
validation = ArgumentSpecValidator(module.SPEC.argument_spec(), **module.SPEC.rules()).validate(given)
assert not validation.error_messages, validation.error_messages
json.dump(outcome(module.reconcile, validation.validated_parameters, False, False), sys.stdout)
"""


def _wanted(process: int) -> list[dict[str, str]]:
    """Every process writes to all identities, and its share overlaps with the next one's by half."""
    mine = range(CREDENTIALS * process // PROCESSES, CREDENTIALS * (process + 2) // PROCESSES)
    return [
        {"identity": identity_id(f"id-{number}"), "subject": _subject(account % CREDENTIALS)}
        for number in range(IDENTITIES)
        for account in mine
    ]


def _subject(account: int) -> str:
    return f"system:serviceaccount:shop:app-{account}"


@pytest.mark.slow
def test_all_are_there_none_twice_and_nobody_fails(start: Start) -> None:
    caller = start(
        identities=[
            {"id": identity_id(f"id-{number}"), "location": "westeurope"} for number in range(IDENTITIES)
        ],
        # The emulated clock is 20 times as fast: a write takes 50 ms, and an identity takes 10 in a second.
        dials={"federated_write": 1.0, "write_rate": 0.5, "write_burst": 10},
    )
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    begun = time.monotonic()
    running = []
    for process in range(PROCESSES):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env=environment,
        )
        assert writer.stdin is not None
        json.dump(caller.options(issuer=ISSUER.format("aks"), credentials=_wanted(process)), writer.stdin)
        writer.stdin.close()
        running.append(writer)
    results = [json.loads(writer.stdout.read()) for writer in running if writer.stdout is not None]
    assert [writer.wait() for writer in running] == [0] * PROCESSES
    took = time.monotonic() - begun
    assert [result.get("msg") for result in results] == [None] * PROCESSES
    assert sum(result["counts"]["created"] for result in results) >= IDENTITIES * CREDENTIALS
    for identity in caller.azure.world.identities.values():
        subjects = sorted(item.body["properties"]["subject"] for item in identity.credentials.values())
        assert subjects == sorted(_subject(account) for account in range(CREDENTIALS))
    refused = [item for item in caller.exchanges("PUT") if item["status"] in (409, 429)]
    assert refused, "they never met: the limits were not felt"
    assert took < 120, f"{took:.0f} s"

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule of discovery and planning on a small cluster, with what is to come out beside it (cases/*.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from unit.migration import cluster_cases

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import discover
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import Facts
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.objects import place
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import Plan
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.planning import plan
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.records import (
    from_data,
    to_data,
)

CASES = dict(cluster_cases.cases())


def outcome(facts: Facts, planned: Plan) -> Mapping[str, Any]:
    """A plan in the short form of the cases; a case compares the parts that it names."""
    ids = {item.id: item.id.rpartition("/")[2] for item in planned.identities}
    short = {item: item.rpartition("/")[2] for one in planned.workloads for item in one.identity_ids}
    return {
        "state": planned.state,
        "installations": [f"{i.method} {i.mode} {i.namespace}" for i in facts.installations],
        "findings": sorted(f"{i.severity} {i.code}: {i.where}" for i in planned.findings),
        "workloads": {
            place(item.ref): {
                "account": item.service_account,
                "identities": [short[i] for i in item.identity_ids],
                "method": item.method,
                "wave": item.wave,
                "apply": item.apply,
                "masked": item.keep_label,
                "client_ids": item.client_ids,
                "client_id_env": item.client_id_env,
                "classes": item.dependants,
            }
            for item in planned.workloads
        },
        "accounts": {
            f"{item.namespace}/{item.name}": {
                "client_id": item.client_id,
                "create": item.create,
                "copy_from": item.copy_from,
                "role_bindings": [place(ref) for ref in item.role_bindings],
            }
            for item in planned.service_accounts
        },
        "credentials": [
            f"{ids[i.identity_id]} {i.subject.removeprefix('system:serviceaccount:')}"
            for i in planned.credentials
        ],
        "identities": {
            ids[item.id]: {"create": item.create, "location": item.location, "mirror_from": item.mirror_from}
            for item in planned.identities
        },
        "dependants": [
            f"{i['kind']} {i['metadata'].get('namespace', '')}/{i['metadata']['name']}"
            for i in planned.dependants
        ],
    }


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case(case: Mapping[str, Any]) -> None:
    facts = discover(cluster_cases.raw_cluster(case), cluster_cases.azure_side(case))
    got = outcome(facts, plan(facts, cluster_cases.plan_options(case)))
    assert _named(got, case["expect"]) == case["expect"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_facts_and_plan_survive_their_files(case: Mapping[str, Any]) -> None:
    facts = discover(cluster_cases.raw_cluster(case), cluster_cases.azure_side(case))
    planned = plan(facts, cluster_cases.plan_options(case))
    assert from_data(Facts, to_data(facts)) == facts
    assert from_data(Plan, to_data(planned)) == planned


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_order_of_the_lists_does_not_matter(case: Mapping[str, Any]) -> None:
    raw, azure = cluster_cases.raw_cluster(case), cluster_cases.azure_side(case)
    turned = type(raw)(
        {k: tuple(reversed(v)) for k, v in raw.objects.items()}, raw.unreadable, raw.server_version
    )
    options = cluster_cases.plan_options(case)
    assert plan(discover(turned, azure), options) == plan(discover(raw, azure), options)


def _named(got: Any, wanted: Any, names: bool = False) -> Any:
    """Of what came out, the parts that the case speaks of: whole lists, all names, but of each name some values."""
    if isinstance(got, Mapping) and isinstance(wanted, Mapping):
        return {key: _named(got[key], wanted.get(key), not names) for key in got if key in wanted or names}
    return got

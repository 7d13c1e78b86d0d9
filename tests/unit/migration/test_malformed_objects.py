# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No object, however malformed, keeps discovery from its answer about the others."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from unit.migration import cluster_cases

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import discover
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import RawCluster
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.planning import plan

CASES = dict(cluster_cases.cases())
WRONG: tuple[Any, ...] = (None, 7, "text", ["text", None, 7], {"text": None}, True)
DAMAGES = 12  # of each case; which ones is fixed by its name


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place below the metadata that the API server itself vouches for (name and namespace)."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if path == ("metadata",) and key in ("name", "namespace"):
                continue
            yield (*path, key)
            yield from places(value, (*path, key))
    elif isinstance(node, (list, tuple)):
        for index, value in enumerate(node):
            yield (*path, index)
            yield from places(value, (*path, index))


def damaged(node: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    if not path:
        return wrong
    if isinstance(node, Mapping):
        return {**node, path[0]: damaged(node[path[0]], path[1:], wrong)}
    return [
        damaged(value, path[1:], wrong) if index == path[0] else value for index, value in enumerate(node)
    ]


@pytest.mark.parametrize("name", CASES)
def test_discovery_and_plan_bear_it(name: str) -> None:
    case, dice = CASES[name], random.Random(name)
    raw, azure = cluster_cases.raw_cluster(case), cluster_cases.azure_side(case)
    options = cluster_cases.plan_options(case)
    spots = [
        (plural, index, path)
        for plural, objects in raw.objects.items()
        for index, obj in enumerate(objects)
        for path in places(obj)
        if path != ("metadata",)
    ]
    for plural, index, path in dice.sample(spots, min(DAMAGES, len(spots))):
        wrong = dice.choice(WRONG)
        objects = list(raw.objects[plural])
        objects[index] = damaged(objects[index], path, wrong)
        hurt = RawCluster({**raw.objects, plural: tuple(objects)}, raw.unreadable, raw.server_version)
        try:
            plan(discover(hurt, azure), options)
        except Exception as error:
            raise AssertionError(f"{plural}[{index}] at {path} is {wrong!r}: {error!r}") from error

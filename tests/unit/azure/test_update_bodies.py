# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster's update sends differs from what was read in the intended fields only.

``cluster_corpus``: answers of Resource Manager (``get``) and by path what is to be new in the update (``differs``).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import pod_identity_profile
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.issuer_plan import Wanted, body

CORPUS = sorted((Path(__file__).parent / "cluster_corpus").glob("*.json"))
# Fields that Azure alone writes: an update leaves them out.
READ_ONLY = [
    "id",
    "name",
    "type",
    "eTag",
    "systemData",
    "identity.principalId",
    "identity.tenantId",
    "properties.provisioningState",
    "properties.powerState",
    "properties.currentKubernetesVersion",
    "properties.fqdn",
    "properties.azurePortalFQDN",
    "properties.privateFQDN",
    "properties.maxAgentPools",
    "properties.resourceUID",
    "properties.oidcIssuerProfile.issuerURL",
]
READ_ONLY_ENDINGS = {
    "properties.agentPoolProfiles.": ("provisioningState", "eTag"),
    "properties.podIdentityProfile.userAssignedIdentities.": ("provisioningState", "provisioningInfo"),
}
PROFILE = "properties.podIdentityProfile"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that holds no other, empty and null ones included, by its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inside = [leaf for key, item in items for leaf in leaves(item, f"{path}.{key}" if path else str(key))]
    yield from inside or [(path, value)]


def is_read_only(path: str) -> bool:
    if any(path == one or path.startswith(f"{one}.") for one in READ_ONLY):
        return True
    for start, endings in READ_ONLY_ENDINGS.items():
        if path.startswith(start) and path.removeprefix(start).split(".")[1] in endings:
            return True
    return False


def difference(read: dict[str, Any], sent: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """What is new or other in the update, and the paths of what is left out."""
    before, after = dict(leaves(read)), dict(leaves(sent))
    new = {path: value for path, value in after.items() if path not in before or before[path] != value}
    return new, before.keys() - after.keys()


def case(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    found = json.loads(path.read_text())
    return found["get"], found["differs"]


def is_replaced(path: str, new: dict[str, Any]) -> bool:
    """Whether a value gave way to a fuller or an emptier one: null to a setting, members to none."""
    return any(one.startswith(f"{path}.") or path.startswith(f"{one}.") for one in new)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_issuer_and_webhook_change_nothing_else(path: Path) -> None:
    read, differs = case(path)
    kept = copy.deepcopy(read)
    sent = body(read, Wanted(oidc_issuer=True, workload_identity=True))
    new, gone = difference(read, sent)
    assert new == differs
    assert {one for one in gone if not is_read_only(one) and not is_replaced(one, new)} == set()
    assert [one for one in dict(leaves(sent)) if is_read_only(one)] == []
    assert read == kept, "what was read has to stay as it is"


@pytest.mark.parametrize("change", [pod_identity_profile.emptied, pod_identity_profile.disabled])
def test_the_end_of_the_add_on_changes_its_profile_only(change: Any) -> None:
    read = case(next(path for path in CORPUS if path.stem == "pod_identity"))[0]
    sent = change(read)
    new, gone = difference(read, sent)
    assert {one for one in new if not one.startswith(PROFILE)} == set()
    assert {one for one in gone if not is_read_only(one) and not one.startswith(PROFILE)} == set()
    assert not sent["properties"]["podIdentityProfile"].get("userAssignedIdentities")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_cluster_without_the_add_on_is_left_alone_when_it_ends(path: Path) -> None:
    read = case(path)[0]
    if path.stem == "pod_identity":
        read["properties"]["podIdentityProfile"] = {"enabled": False}
    assert pod_identity_profile.emptied(read) is None
    assert pod_identity_profile.disabled(read) is None

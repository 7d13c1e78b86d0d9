# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pod has to show so that it gets the planned identity's tokens."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.injection import (
    Expected,
    faults,
)

EXPECTED = Expected(service_account="app", client_ids=("AAAA-1",), audience="api://AzureADTokenExchange")


def injected() -> dict[str, Any]:
    """A pod as webhook v1.6.0 leaves it."""
    env = [
        {"name": "AZURE_CLIENT_ID", "value": "aaaa-1"},
        {
            "name": "AZURE_FEDERATED_TOKEN_FILE",
            "value": "/var/run/secrets/azure/wi/token/azure-identity-token",
        },
    ]
    token = {
        "serviceAccountToken": {"audience": "api://AzureADTokenExchange", "path": "azure-identity-token"}
    }
    stock = {"serviceAccountToken": {"path": "token"}}
    return {
        "metadata": {"name": "web-1", "labels": {"azure.workload.identity/use": "true"}},
        "spec": {
            "serviceAccountName": "app",
            "containers": [{"name": "app", "env": env}],
            "volumes": [
                {"name": "kube-api-access", "projected": {"sources": [stock]}},
                {"name": "azure-identity-token", "projected": {"sources": [token]}},
            ],
        },
    }


def test_a_pod_as_the_webhook_leaves_it_is_without_fault() -> None:
    assert faults(injected(), EXPECTED) == ()


def without(change: str) -> dict[str, Any]:
    pod = injected()
    spec = pod["spec"]
    if change == "label":
        pod["metadata"]["labels"] = {}
    elif change == "token file":
        spec["containers"][0]["env"].pop()
    elif change == "client id":
        spec["containers"][0]["env"].pop(0)
    elif change == "volume":
        spec["volumes"].pop()
    elif change == "audience":
        spec["volumes"][1]["projected"]["sources"][0]["serviceAccountToken"]["audience"] = "api://Other"
    elif change == "account":
        spec["serviceAccountName"] = "default"
    elif change == "second container":
        spec["containers"].append({"name": "side", "env": [{"name": "AZURE_CLIENT_ID", "value": "aaaa-1"}]})
    elif change == "pinned":
        spec["containers"][0]["env"][0]["value"] = "bbbb-2"
    return pod


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("label", "lacks the label azure.workload.identity/use"),
        ("token file", "gave no token file to app"),
        ("client id", "has no AZURE_CLIENT_ID"),
        ("volume", "no projected service account token volume"),
        ("audience", "with the planned audience"),
        ("account", "runs as service account default and not app"),
        ("second container", "gave no token file to side"),
        ("pinned", "AZURE_CLIENT_ID of app is bbbb-2, planned is AAAA-1"),
    ],
)
def test_each_missing_part_is_named(change: str, words: str) -> None:
    found = faults(without(change), EXPECTED)
    assert len(found) == 1
    assert words in found[0]


def test_containers_that_the_webhook_is_told_to_skip_need_nothing() -> None:
    pod = without("second container")
    pod["metadata"]["annotations"] = {"azure.workload.identity/skip-containers": "other; side"}
    assert faults(pod, EXPECTED) == ()


@pytest.mark.parametrize("group", ["containers", "initContainers"])
def test_the_proxy_may_be_a_plain_container_or_a_native_sidecar(group: str) -> None:
    wanted = Expected("app", ("aaaa-1",), proxy=True)
    assert faults(injected(), wanted) == ("the proxy container azwi-proxy was not added",)
    pod = copy.deepcopy(injected())
    pod["spec"].setdefault(group, []).append({"name": "azwi-proxy"})
    assert faults(pod, wanted) == ()


def test_a_client_id_from_a_config_map_cannot_be_judged_here() -> None:
    pod = injected()
    pod["spec"]["containers"][0]["env"][0] = {
        "name": "AZURE_CLIENT_ID",
        "valueFrom": {"configMapKeyRef": {"name": "x"}},
    }
    assert faults(pod, EXPECTED) == ()

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requests count as writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.folder import LabFolder
from lab.requests_sent import OURS, Sent, sent_meanwhile


@pytest.mark.parametrize(
    ("method", "url", "writes"),
    [
        ("GET", "https://azure/subscriptions", False),
        ("POST", "https://azure/tenant/oauth2/v2.0/token", False),
        ("POST", "https://azure/x/managedClusters/a/listClusterUserCredential?api-version=1", False),
        ("POST", "https://azure/providers/Microsoft.Features/features/A/register?api-version=1", True),
        ("PUT", "https://azure/x/managedClusters/a?api-version=1", True),
        ("DELETE", "https://azure/x/roleAssignments/a?api-version=1", True),
    ],
)
def test_azure_writes(method: str, url: str, writes: bool) -> None:
    assert bool(Sent(azure=[{"method": method, "url": url}]).azure_writes()) is writes


@pytest.mark.parametrize(
    ("verb", "uri", "writes"),
    [
        ("list", "/api/v1/pods?limit=500", False),
        ("create", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", False),
        ("create", "/api/v1/namespaces/a/serviceaccounts/b/token", False),
        ("create", "/api/v1/namespaces/a/serviceaccounts", True),
        ("patch", "/apis/apps/v1/namespaces/a/deployments/b?dryRun=All", False),
        ("patch", "/apis/apps/v1/namespaces/a/deployments/b", True),
    ],
)
def test_kubernetes_writes(verb: str, uri: str, writes: bool) -> None:
    sent = Sent(kubernetes={"a": [{"verb": verb, "requestURI": uri}]})
    assert bool(sent.kubernetes_writes()) is writes


def test_only_what_the_collection_sends_within_the_span_counts(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path)

    def log(agent: str) -> None:
        entry = {"method": "PUT", "url": f"https://azure/{agent}", "request_headers": {"User-Agent": agent}}
        with folder.exchanges.open("a") as sink:
            sink.write(json.dumps(entry) + "\n")

    log(f"{OURS}/0.1.0 before")
    with sent_meanwhile(folder, {}) as sent:
        log("mic/1.8.17")
        log(f"azsdk-python {OURS}/0.1.0")
    assert sent.azure_writes() == [f"PUT https://azure/azsdk-python {OURS}/0.1.0"]

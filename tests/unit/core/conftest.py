# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated Azure with one subscription and a way into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import session as session_module
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.session import (
    AzureSession,
    open_session,
)
from lab.azure.seed import load_world
from lab.azure.server import RunningServer, serve

TENANT = "3e5cbf2c-6b0f-4c6d-9d5e-1f6b8a0c7a11"
SUBSCRIPTION = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a1001"
OPERATOR = "57b226e4-ff09-4a1f-a7cf-000000000001"
SECRET = "hush-not-a-real-secret"

WORLD = {
    "tenant_id": TENANT,
    "subscriptions": [{"id": SUBSCRIPTION}],
    "resource_groups": [
        {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-{number}", "location": "westeurope"}
        for number in range(3)
    ],
    "service_principals": [
        {"name": "operator", "client_id": OPERATOR, "object_id": OPERATOR, "secret": SECRET}
    ],
    "role_assignments": [
        {"principal_id": OPERATOR, "role": "Owner", "scope": f"/subscriptions/{SUBSCRIPTION}"}
    ],
}

OpenSession = Callable[..., AzureSession]


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT", "AZURE_SECRET", "AZURE_SUBSCRIPTION_ID"):
        monkeypatch.delenv(name, raising=False)
    with serve(load_world(WORLD), tmp_path / "azure", speed=20) as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.ca))
        yield running


@pytest.fixture
def sign_in(azure: RunningServer, monkeypatch: pytest.MonkeyPatch) -> OpenSession:
    """Opens a session whose tokens are not those of an earlier test; keywords are options of modules."""
    monkeypatch.setattr(session_module, "_tokens", {})

    def opened(**options: Any) -> AzureSession:
        given = {
            "tenant": TENANT,
            "client_id": OPERATOR,
            "secret": SECRET,
            "subscription_id": SUBSCRIPTION,
            "cloud_environment": azure.url,
        }
        return open_session({**given, **options})

    return opened

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A control plane with the real webhook, three nodes, and a namespace of its own for each test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.kubernetes.scenario import SCALE_SET, TENANT_ID, Cluster

from lab.kubernetes.azure_environment import write_environment
from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.nodes import scale_set_nodes
from lab.kubernetes.webhook import WebhookServer
from lab.kubernetes.workload_identity_addon import install_workload_identity_addon
from lab.toolchain import build

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    home = Path(tempfile.mkdtemp(prefix="aksops-kubernetes-"))
    tools = build()
    control_plane = ControlPlane("units", home, tools)
    webhook = WebhookServer(home, tools)
    try:
        control_plane.create()
        environment = write_environment(home / "env.json", "https://127.0.0.1:1", "https://127.0.0.1:1")
        install_workload_identity_addon(control_plane, webhook, tenant_id=TENANT_ID, environment=environment)
        api = control_plane.api()
        api.apply(scale_set_nodes(SCALE_SET, 3, kubernetes_version="1.36.3"))
        yield Cluster(control_plane, api)
    finally:
        webhook.stop()
        control_plane.delete()
        shutil.rmtree(home)


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    name = f"test-{next(_NUMBERS)}"
    cluster.api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    return name

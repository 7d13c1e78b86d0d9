# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two control planes for the tests of the lab itself: one of each version that the lab offers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.kubernetes.azure_environment import write_environment
from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.nodes import scale_set_nodes
from lab.kubernetes.webhook import WebhookServer
from lab.toolchain import build

SCALE_SET = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/MC_lab_aks_westeurope"
    "/providers/Microsoft.Compute/virtualMachineScaleSets/aks-nodepool1-12345678-vmss"
)


@pytest.fixture(scope="session")
def tools() -> Path:
    return build()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kubernetes")


@pytest.fixture(scope="session")
def environment(home: Path) -> Path:
    """The cloud that pods are told of. Nothing listens there: these tests need no Azure."""
    return write_environment(home / "env.json", "https://127.0.0.1:9", "https://127.0.0.1:9")


def _control_plane(name: str, home: Path, tools: Path, version: str) -> Iterator[ControlPlane]:
    control_plane = ControlPlane(name, home, tools, version)
    try:
        control_plane.create()
        control_plane.api().apply(scale_set_nodes(SCALE_SET, 2, kubernetes_version=version))
        yield control_plane
    finally:
        control_plane.delete()


@pytest.fixture(scope="session")
def newest(home: Path, tools: Path) -> Iterator[ControlPlane]:
    yield from _control_plane("newest", home, tools, "1.36.3")


@pytest.fixture(scope="session")
def older(home: Path, tools: Path) -> Iterator[ControlPlane]:
    yield from _control_plane("older", home, tools, "1.31.13")


@pytest.fixture(scope="session")
def webhook(home: Path, tools: Path) -> Iterator[WebhookServer]:
    server = WebhookServer(home, tools)
    try:
        yield server
    finally:
        server.stop()

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""MIC runs exactly while the cluster has a Deployment of it that wants pods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.mic import MicSettings, MicSupervisor
from lab.toolchain import pod_identity_sources
from lab.waiting import eventually

pytestmark = pytest.mark.lab

MIC = "/apis/apps/v1/namespaces/default/deployments/mic"


@pytest.fixture
def supervisor(newest: ControlPlane, environment: Path) -> Iterator[MicSupervisor]:
    settings = MicSettings(
        subscription_id="00000000-0000-0000-0000-000000000001",
        tenant_id="72f988bf-86f1-41af-91ab-2d7cd011db47",
        client_id="mic",
        client_secret="secret",
        resource_group="MC_lab_aks_westeurope",
        location="westeurope",
        environment=environment,
        ca_file=newest.ca_file,
    )
    supervisor = MicSupervisor(newest, settings, interval=0.1)
    supervisor.start()
    yield supervisor
    supervisor.stop()


def test_mic_follows_its_deployment(newest: ControlPlane, supervisor: MicSupervisor) -> None:
    api = newest.api()
    manifest = (pod_identity_sources() / "deploy" / "infra" / "deployment-rbac.yaml").read_text()
    documents = [document for document in yaml.safe_load_all(manifest) if document]
    try:
        assert not supervisor.running()
        api.apply(documents)
        eventually(supervisor.running)
        api.patch(MIC, {"spec": {"replicas": 0}})
        eventually(lambda: not supervisor.running())
        api.patch(MIC, {"spec": {"replicas": 1}})
        eventually(supervisor.running)
        log = newest.directory / "logs" / "mic.log"
        eventually(lambda: "successfully acquired lease" in log.read_text())
        api.delete(MIC)
        eventually(lambda: not supervisor.running())
    finally:
        api.remove(documents)


def test_it_ends_with_its_supervisor(newest: ControlPlane, supervisor: MicSupervisor) -> None:
    container = {"name": "mic", "image": "mic:v1.8.17", "args": ["--cloudconfig=/x", "--forceNamespaced"]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "aad-pod-identity-mic", "namespace": "kube-public"},
        "spec": {
            "selector": {"matchLabels": {"app": "mic"}},
            "template": {"metadata": {"labels": {"app": "mic"}}, "spec": {"containers": [container]}},
        },
    }
    try:
        newest.api().apply([deployment])
        eventually(supervisor.running)
        log = newest.directory / "logs" / "mic.log"
        eventually(lambda: "running MIC in namespaced mode: true" in log.read_text())
        supervisor.stop()
        assert not supervisor.running()
    finally:
        newest.api().remove([deployment])

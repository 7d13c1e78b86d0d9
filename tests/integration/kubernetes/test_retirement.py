# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pod Identity is taken out of a real control plane, however it was installed, and nothing of it stays."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from integration.kubernetes.scenario import Cluster, TestAccess, deployment
from integration.kubernetes.test_workloads import entry, settled
from integration.kubernetes.test_workloads import options as workload_options

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes import moving, retiring
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.errors import (
    KubernetesError,
)
from lab.toolchain import pod_identity_sources

pytestmark = pytest.mark.lab

GROUP = "aadpodidentity.k8s.io"
IDENTITY = (
    "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/team"
)
FINALIZER = f"azureassignedidentity.finalizers.{GROUP}"


def options(backup: Path, **changes: Any) -> dict[str, Any]:
    return {
        "state": "absent",
        "azure": False,  # the Kubernetes side alone
        "backup_path": str(backup),
        "soak": 0,
        "remove_crds": True,
        "remove_role_assignments": False,
        "force": False,
        "wait_timeout": 20,
        "poll_interval": 1,
        **changes,
    }


def retire(cluster: Cluster, backup: Path, *, check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    access = TestAccess(cluster.client(dry_run=check_mode))
    return retiring.retire(options(backup, **changes), access, check_mode)


def bound(cluster: Cluster, namespace: str) -> None:
    """An identity and its binding, as upstream's demo has them."""
    meta = {"namespace": namespace, "name": "team"}
    spec = {"type": 0, "resourceID": IDENTITY, "clientID": "11111111-2222-3333-4444-555555555555"}
    cluster.api.apply(
        [
            {"apiVersion": f"{GROUP}/v1", "kind": "AzureIdentity", "metadata": meta, "spec": spec},
            {
                "apiVersion": f"{GROUP}/v1",
                "kind": "AzureIdentityBinding",
                "metadata": meta,
                "spec": {"azureIdentity": "team", "selector": "team"},
            },
        ]
    )


def assigned(cluster: Cluster, namespace: str) -> None:
    """What MIC makes for a pod, with its finalizer."""
    meta = {"namespace": "default", "name": f"pod-{namespace}-team", "finalizers": [FINALIZER]}
    spec = {"pod": "pod", "podNamespace": namespace, "nodename": "node"}
    kind = {"apiVersion": f"{GROUP}/v1", "kind": "AzureAssignedIdentity"}
    cluster.api.apply([{**kind, "metadata": meta, "spec": spec}])


@pytest.fixture(params=["helm", "manifests"])
def installed(request: pytest.FixtureRequest, cluster: Cluster) -> str:
    sources = pod_identity_sources()
    if request.param == "helm":
        chart = sources / "charts" / "aad-pod-identity-4.1.18.tgz"
        helm(cluster, "install", "pod-identity", str(chart), "--namespace", "kube-system")
    else:
        cluster.api.apply_yaml(sources / "deploy" / "infra" / "deployment-rbac.yaml")
    return str(request.param)


def helm(cluster: Cluster, *arguments: str) -> str:
    program = cluster.control_plane.tools / "helm"
    command = [str(program), *arguments, "--kubeconfig", str(cluster.control_plane.kubeconfig)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def remains(cluster: Cluster) -> list[str]:
    """Names of all objects that have to do with Pod Identity."""
    kinds = [
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        "/apis/apps/v1/deployments",
        "/apis/apps/v1/daemonsets",
        "/api/v1/serviceaccounts",
        "/api/v1/configmaps",
        "/api/v1/secrets",
        "/api/v1/endpoints",
        "/apis/coordination.k8s.io/v1/leases",
        "/apis/policy/v1/poddisruptionbudgets",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        "/apis/rbac.authorization.k8s.io/v1/rolebindings",
        "/apis/rbac.authorization.k8s.io/v1/roles",
    ]
    marks = ("aad-pod-id", GROUP, "mic", "nmi", "pod-identity")
    found = [f"{kind} {item['metadata']['name']}" for kind in kinds for item in cluster.api.list(kind)]
    return [
        name for name in found if any(name.split(" ")[1].startswith(mark) or GROUP in name for mark in marks)
    ]


def test_nothing_stays_and_a_second_run_has_nothing_to_do(
    cluster: Cluster, namespace: str, installed: str, tmp_path: Path
) -> None:
    bound(cluster, namespace)
    settled(cluster, namespace, deployment(namespace, "web"))
    backup = tmp_path / "backup.json"

    with pytest.raises(KubernetesError, match=f"still used, nothing was removed.*{namespace}/web"):
        retire(cluster, backup)
    assert not backup.exists()

    access = TestAccess(cluster.client())
    moving.move(workload_options(workloads=[entry(namespace, "web")]), access, False)
    rehearsed = retire(cluster, backup, check_mode=True)
    assert rehearsed["changed"]
    assert not backup.exists()
    assert remains(cluster), "check mode has removed something"

    result = retire(cluster, backup)
    assert result["changed"]
    assert remains(cluster) == []
    kept = json.loads(backup.read_text())
    assert {(item["kind"], item["metadata"]["name"]) for item in kept["objects"]} >= {
        ("AzureIdentity", "team"),
        ("AzureIdentityBinding", "team"),
    }
    assert backup.stat().st_mode & 0o777 == 0o600
    assert helm(cluster, "list", "-A", "-q").strip() == ""
    workload = cluster.api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/web")
    assert not [key for key in workload["metadata"]["annotations"] if "workload-identity.aksops.io" in key]
    assert workload["metadata"]["generation"] == workload["status"]["observedGeneration"]

    assert not retire(cluster, backup)["changed"]


def test_assigned_identities_are_let_go_where_no_mic_runs(
    cluster: Cluster, namespace: str, installed: str, tmp_path: Path
) -> None:
    bound(cluster, namespace)
    assigned(cluster, namespace)
    mic = {"helm": "kube-system/aad-pod-identity-mic", "manifests": "default/mic"}[installed].split("/")
    where = f"/apis/apps/v1/namespaces/{mic[0]}/deployments/{mic[1]}"
    settled_mic(cluster, where)
    with pytest.raises(KubernetesError, match="MIC has not let go of 1 azureassignedidentities"):
        retire(cluster, tmp_path / "backup.json", wait_timeout=2)
    cluster.api.patch(where, {"spec": {"replicas": 0}})
    settled_mic(cluster, where, replicas=0)
    assert retire(cluster, tmp_path / "backup.json")["changed"]
    assert remains(cluster) == []
    kept = json.loads((tmp_path / "backup.json").read_text())
    assert "AzureIdentityBinding" in {item["kind"] for item in kept["objects"]}, "lost by the second run"


def settled_mic(cluster: Cluster, where: str, replicas: int = 1) -> None:
    deadline = time.monotonic() + 20
    while (cluster.api.get(where).get("status", {}).get("availableReplicas") or 0) < replicas or (
        replicas == 0 and cluster.api.get(where)["status"].get("availableReplicas")
    ):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_bindings_come_back_from_the_backup_once_pod_identity_is_there_again(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    manifests = pod_identity_sources() / "deploy" / "infra" / "deployment-rbac.yaml"
    cluster.api.apply_yaml(manifests)
    bound(cluster, namespace)
    backup = tmp_path / "backup.json"
    retire(cluster, backup)
    access = TestAccess(cluster.client())
    with pytest.raises(KubernetesError, match="Install Pod Identity again"):
        retiring.restore(options(backup), access)
    cluster.api.apply_yaml(manifests)
    assert retiring.restore(options(backup), access)["changed"]
    path = f"/apis/{GROUP}/v1/namespaces/{namespace}/azureidentities/team"
    assert cluster.api.get(path)["spec"]["resourceID"] == IDENTITY
    assert not retiring.restore(options(backup), access)["changed"]
    retire(cluster, backup)

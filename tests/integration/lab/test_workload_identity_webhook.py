# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real webhook as AKS installs it: what it puts into pods, and which pods it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.kubernetes.api_server import ApiError
from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.webhook import WebhookServer
from lab.kubernetes.workload_identity_addon import (
    install_open_source_webhook,
    install_workload_identity_addon,
    remove_workload_identity_addon,
)
from lab.waiting import eventually

pytestmark = pytest.mark.lab

TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
CLIENT = "00000000-0000-0000-0000-00000000c11e"
ACCOUNT = {
    "apiVersion": "v1",
    "kind": "ServiceAccount",
    "metadata": {"name": "uses-azure", "annotations": {"azure.workload.identity/client-id": CLIENT}},
}


@pytest.fixture(params=["newest", "older"])
def with_addon(
    request: pytest.FixtureRequest, webhook: WebhookServer, environment: Path
) -> Iterator[ControlPlane]:
    control_plane: ControlPlane = request.getfixturevalue(request.param)
    install_workload_identity_addon(control_plane, webhook, tenant_id=TENANT, environment=environment)
    control_plane.api().apply([ACCOUNT])
    yield control_plane
    remove_workload_identity_addon(control_plane, webhook)


def created(control_plane: ControlPlane, namespace: str = "default", **metadata: Any) -> dict[str, Any]:
    """The pod as it comes out of admission, without creating it."""
    pod = {
        "metadata": {"generateName": "app-", **metadata},
        "spec": {"serviceAccountName": "uses-azure", "containers": [{"name": "main", "image": "app"}]},
    }
    return control_plane.api().create(f"/api/v1/namespaces/{namespace}/pods", pod, dryRun="All")


USE = {"azure.workload.identity/use": "true"}
PROXY = {"azure.workload.identity/inject-proxy-sidecar": "true"}


def test_a_labelled_pod_gets_environment_and_token(with_addon: ControlPlane) -> None:
    spec = created(with_addon, labels=USE)["spec"]
    environment = {entry["name"]: entry["value"] for entry in spec["containers"][0]["env"]}
    assert environment == {
        "AZURE_AUTHORITY_HOST": "https://127.0.0.1:9/",
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_FEDERATED_TOKEN_FILE": "/var/run/secrets/azure/wi/token/azure-identity-token",
        "AZURE_TENANT_ID": TENANT,
    }
    sources = [source for volume in spec["volumes"] for source in volume["projected"]["sources"]]
    audiences = [
        source["serviceAccountToken"].get("audience") for source in sources if "serviceAccountToken" in source
    ]
    assert "api://AzureADTokenExchange" in audiences


def test_the_proxy_is_a_native_sidecar_only_where_the_version_has_them(with_addon: ControlPlane) -> None:
    spec = created(with_addon, labels=USE, annotations=PROXY)["spec"]
    native = {one["name"] for one in spec["initContainers"] if one.get("restartPolicy") == "Always"}
    plain = {one["name"] for one in spec["containers"]} - {"main"}
    expected = {"newest": ({"azwi-proxy"}, set()), "older": (set(), {"azwi-proxy"})}
    assert (native, plain) == expected[with_addon.name]
    assert "azwi-proxy-init" in {one["name"] for one in spec["initContainers"]}


def test_pods_without_the_label_are_left_alone(with_addon: ControlPlane) -> None:
    assert "env" not in created(with_addon)["spec"]["containers"][0]


def test_kube_system_is_out_of_reach_as_on_aks(with_addon: ControlPlane) -> None:
    with_addon.api().apply([ACCOUNT], namespace="kube-system")
    assert "env" not in created(with_addon, "kube-system", labels=USE)["spec"]["containers"][0]


def test_host_network_and_proxy_are_refused(with_addon: ControlPlane) -> None:
    pod = {
        "metadata": {"name": "host", "labels": USE, "annotations": PROXY},
        "spec": {
            "hostNetwork": True,
            "serviceAccountName": "uses-azure",
            "containers": [{"name": "main", "image": "app"}],
        },
    }
    with pytest.raises(ApiError, match="hostNetwork is set to true, cannot inject proxy sidecar"):
        with_addon.api().create("/api/v1/namespaces/default/pods", pod)


def test_its_own_pods_run_in_kube_system(with_addon: ControlPlane) -> None:
    def pods() -> list[dict[str, Any]]:
        selector = "azure-workload-identity.io/system=true"
        found = with_addon.api().list("/api/v1/namespaces/kube-system/pods", labelSelector=selector)
        return [pod for pod in found if pod["status"]["phase"] == "Running"]

    assert len(eventually(pods, lambda running: len(running) == 2)) == 2


def test_without_the_process_labelled_pods_are_refused(
    newest: ControlPlane, webhook: WebhookServer, environment: Path
) -> None:
    install_workload_identity_addon(newest, webhook, tenant_id=TENANT, environment=environment)
    newest.api().apply([ACCOUNT])
    try:
        webhook.stop()
        with pytest.raises(ApiError, match="failed calling webhook"):
            created(newest, labels=USE)
        assert created(newest)["spec"]["containers"][0]["name"] == "main"
        webhook.start()
        assert "env" in created(newest, labels=USE)["spec"]["containers"][0]
    finally:
        remove_workload_identity_addon(newest, webhook)


def test_removal_leaves_nothing_and_pods_pass_as_they_are(
    newest: ControlPlane, webhook: WebhookServer, environment: Path
) -> None:
    install_workload_identity_addon(newest, webhook, tenant_id=TENANT, environment=environment)
    remove_workload_identity_addon(newest, webhook)
    newest.api().apply([ACCOUNT])
    assert "env" not in created(newest, labels=USE)["spec"]["containers"][0]
    api = newest.api()
    assert api.list("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations") == []
    left = api.list("/apis/apps/v1/namespaces/kube-system/deployments")
    assert [one["metadata"]["name"] for one in left] == []


def test_the_open_source_webhook_lives_in_a_namespace_of_its_own(
    older: ControlPlane, webhook: WebhookServer, environment: Path
) -> None:
    install_open_source_webhook(older, webhook, tenant_id=TENANT, environment=environment)
    api = older.api()
    try:
        api.apply([ACCOUNT])
        assert "env" in created(older, labels=USE)["spec"]["containers"][0]
        deployments = "/apis/apps/v1/namespaces/azure-workload-identity-system/deployments"
        assert [one["metadata"]["name"] for one in api.list(deployments)] == [
            "azure-wi-webhook-controller-manager"
        ]
    finally:
        api.delete(
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
            "/azure-wi-webhook-mutating-webhook-configuration"
        )
        api.delete("/api/v1/namespaces/azure-workload-identity-system")

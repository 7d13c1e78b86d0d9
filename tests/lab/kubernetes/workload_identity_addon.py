# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AKS (or a user, with the open-source chart) puts into a cluster for the workload identity webhook.

The objects are upstream's own manifest. The API server calls the lab's webhook process by URL, where in
production it calls a Service in the cluster; pods of the Deployment are simulated like all others.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml

from lab.kubernetes.azure_environment import CLOUD_NAME
from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.webhook import WebhookServer
from lab.toolchain import workload_identity_sources

OPEN_SOURCE_NAMESPACE = "azure-workload-identity-system"
# AKS's admissions enforcer keeps webhooks off its own namespaces, by labels that kube-system carries on AKS.
ENFORCED_NAMESPACE_SELECTOR = {
    "matchExpressions": [
        {"key": "control-plane", "operator": "NotIn", "values": ["true"]},
        {"key": "kubernetes.azure.com/managedby", "operator": "NotIn", "values": ["aks"]},
    ]
}


def install_workload_identity_addon(
    control_plane: ControlPlane, webhook: WebhookServer, *, tenant_id: str, environment: Path
) -> None:
    """The add-on as AKS installs it into kube-system; starts the webhook process when it does not run yet."""
    _serve(control_plane, webhook, tenant_id, environment)
    control_plane.api().apply(_documents(control_plane, webhook, tenant_id, "kube-system", by_aks=True))


def remove_workload_identity_addon(control_plane: ControlPlane, webhook: WebhookServer) -> None:
    """Takes the add-on out, the webhook configuration first, so that no pod is refused meanwhile."""
    documents = _documents(control_plane, webhook, "", "kube-system", by_aks=True)
    # Removal goes from the end, and the configuration is the manifest's last document.
    control_plane.api().remove(documents)
    webhook.unregister(control_plane.name)


def install_open_source_webhook(
    control_plane: ControlPlane, webhook: WebhookServer, *, tenant_id: str, environment: Path
) -> None:
    """The webhook as the upstream manifest installs it, in a namespace of its own."""
    _serve(control_plane, webhook, tenant_id, environment)
    control_plane.api().apply(
        _documents(control_plane, webhook, tenant_id, OPEN_SOURCE_NAMESPACE, by_aks=False)
    )


def _serve(control_plane: ControlPlane, webhook: WebhookServer, tenant_id: str, environment: Path) -> None:
    webhook.register(control_plane.name, control_plane.kubeconfig, tenant_id, environment)
    webhook.start()


def _documents(
    control_plane: ControlPlane, webhook: WebhookServer, tenant_id: str, namespace: str, *, by_aks: bool
) -> list[dict[str, Any]]:
    manifest = workload_identity_sources() / "deploy" / "azure-wi-webhook.yaml"
    documents = []
    for document in yaml.safe_load_all(manifest.read_text()):
        if document["kind"] == "Namespace" and by_aks:
            continue
        if document["kind"] in ("Secret", "ServiceAccount", "ConfigMap", "Role", "RoleBinding", "Service"):
            document["metadata"]["namespace"] = namespace
        if document["kind"] in ("Deployment", "PodDisruptionBudget"):
            document["metadata"]["namespace"] = namespace
        for subject in document.get("subjects", []):
            subject["namespace"] = namespace
        if document["kind"] == "ConfigMap":
            document["data"] = {"AZURE_ENVIRONMENT": CLOUD_NAME, "AZURE_TENANT_ID": tenant_id}
        if document["kind"] == "MutatingWebhookConfiguration":
            _point_at(document["webhooks"][0], control_plane, webhook, by_aks=by_aks)
        if by_aks:
            document["metadata"]["labels"].update(
                {"addonmanager.kubernetes.io/mode": "Reconcile", "kubernetes.azure.com/managedby": "aks"}
            )
        documents.append(document)
    return documents


def _point_at(
    entry: dict[str, Any], control_plane: ControlPlane, webhook: WebhookServer, *, by_aks: bool
) -> None:
    entry["clientConfig"] = {
        "url": webhook.url(control_plane.name),
        "caBundle": base64.b64encode(webhook.ca_bundle()).decode(),
    }
    if by_aks:
        entry["namespaceSelector"] = ENFORCED_NAMESPACE_SELECTOR

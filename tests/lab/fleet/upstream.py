# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo and example manifests that AAD Pod Identity itself ships, with the placeholders filled in.

Source: github.com/Azure/aad-pod-identity v1.8.17, folders ``deploy/demo`` and ``examples``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from lab.fleet.scenario import Identity

Manifest = dict[str, Any]


def demo(sources: Path, identity: Identity) -> tuple[Manifest, Manifest, Manifest]:
    """``deploy/demo``: identity, binding and a Deployment on the default service account."""
    folder = sources / "deploy" / "demo"
    text = {
        "RESOURCE_ID": identity.id,
        "CLIENT_ID": identity.client_id,
        "SUBSCRIPTION_ID": identity.subscription_id,
        "RESOURCE_GROUP": identity.resource_group,
    }
    files = ("aadpodidentity.yaml", "aadpodidentitybinding.yaml", "deployment.yaml")
    azure_identity, binding, deployment = (_filled(folder / file, text)[0] for file in files)
    return azure_identity, binding, deployment


def java_blob(sources: Path, identity: Identity) -> tuple[Manifest, Manifest, Manifest, Manifest]:
    """``examples/java-blob``: identity, binding, a Deployment that pins AZURE_CLIENT_ID, and its Service."""
    folder = sources / "examples" / "java-blob" / "deployment"
    text = {
        "<SUBSCRIPTION_ID>": identity.subscription_id,
        "<RESOURCE_GROUP>": identity.resource_group,
        "<IDENTITY_NAME>": identity.name,
        "<IDENTITY_CLIENT_ID>": identity.client_id,
        "<IMG>": "registry.example.com/blob/demo-blob:1.0",
        "<STORAGE_ACCOUNT_NAME>": "labblobs",
        "<CONTAINER_NAME>": "samples",
    }
    azure_identity = _filled(folder / "azureidentity.yaml", text)[0]
    binding = _filled(folder / "azurebinding.yaml", text)[0]
    deployment, service = _filled(folder / "deployment.yaml", text)
    return azure_identity, binding, deployment, service


def rest_api(sources: Path, identity: Identity) -> tuple[Manifest, Manifest, list[Manifest], Manifest]:
    """``examples/rest-api``: identity, binding, the service, and the client.

    The example runs its client as a bare pod, which nobody does for anything that must stay up: the lab
    runs the same pod as a Deployment.
    """
    folder = sources / "examples" / "rest-api"
    text = {
        "<resource-id of client-principal>": identity.id,
        "<client-id of client-principal>": identity.client_id,
        "<ID of TENANT owning the identities>": "common",
        "<Application Id>": "https://management.azure.com/",
    }
    azure_identity = _filled(folder / "identity.yaml", text)[0]
    binding = _filled(folder / "binding.yaml", text)[0]
    pod = _filled(folder / "client-pod.yaml", text)[0]
    labels = pod["metadata"]["labels"]
    client = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "aad-id-client", "labels": {"app": labels["app"]}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": labels["app"]}},
            "template": {"metadata": {"labels": labels}, "spec": pod["spec"]},
        },
    }
    return azure_identity, binding, _filled(folder / "service.yaml", text), client


def _filled(file: Path, placeholders: dict[str, str]) -> list[Manifest]:
    text = file.read_text()
    # Longest first: <IDENTITY_CLIENT_ID> holds CLIENT_ID.
    for placeholder in sorted(placeholders, key=len, reverse=True):
        text = text.replace(placeholder, placeholders[placeholder])
    return [document for document in yaml.safe_load_all(text) if document]


def placed(manifest: Manifest, namespace: str) -> Manifest:
    """The manifest in a namespace."""
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}

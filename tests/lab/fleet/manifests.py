# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubernetes objects of the fleet's own applications, written the way teams write them."""

from __future__ import annotations

from typing import Any

from lab.fleet.scenario import Identity

Manifest = dict[str, Any]

BINDING_LABEL = "aadpodidbinding"
POD_IDENTITY_API = "aadpodidentity.k8s.io/v1"
_API_VERSIONS = {"CronJob": "batch/v1"}


def namespace(name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def service_account(namespace: str, name: str, **extra: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace, "labels": {"team": namespace}},
        **extra,
    }


def azure_identity(namespace: str, name: str, identity: Identity) -> Manifest:
    return {
        "apiVersion": POD_IDENTITY_API,
        "kind": "AzureIdentity",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": 0, "resourceID": identity.id, "clientID": identity.client_id},
    }


def azure_identity_binding(namespace: str, name: str, azure_identity: str, selector: str) -> Manifest:
    return {
        "apiVersion": POD_IDENTITY_API,
        "kind": "AzureIdentityBinding",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"azureIdentity": azure_identity, "selector": selector},
    }


def profile_entry(namespace: str, name: str, identity: Identity, selector: str) -> Manifest:
    """An entry of ``podIdentityProfile.userAssignedIdentities``."""
    return {
        "name": name,
        "namespace": namespace,
        "bindingSelector": selector,
        "identity": {
            "resourceId": identity.id,
            "clientId": identity.client_id,
            "objectId": identity.principal_id,
        },
    }


def workload(
    kind: str,
    namespace: str,
    name: str,
    *,
    selector: str | None,
    service_account: str | None = None,
    replicas: int = 1,
    env: dict[str, str] | None = None,
) -> Manifest:
    """A workload whose pods carry the binding label ``selector`` (None: they do not use Pod Identity)."""
    labels = {"app": name} | ({BINDING_LABEL: selector} if selector else {})
    container: Manifest = {
        "name": "app",
        "image": f"registry.example.com/{namespace}/{name}:2.4.1",
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}},
    }
    if env:
        container["env"] = [{"name": key, "value": value} for key, value in env.items()]
    pod: Manifest = {"containers": [container], "nodeSelector": {"kubernetes.io/os": "linux"}}
    if service_account:
        pod["serviceAccountName"] = service_account
    template: Manifest = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": _API_VERSIONS.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": _spec(kind, name, template, replicas),
    }


def _spec(kind: str, name: str, template: Manifest, replicas: int) -> Manifest:
    matching = {"selector": {"matchLabels": {"app": name}}}
    if kind == "CronJob":
        template["spec"]["restartPolicy"] = "Never"
        # Once a year: jobs run when a test starts one.
        return {
            "schedule": "0 3 29 2 *",
            "concurrencyPolicy": "Forbid",
            "jobTemplate": {"spec": {"template": template}},
        }
    if kind == "StatefulSet":
        return {"replicas": replicas, "serviceName": name, **matching, "template": template}
    if kind == "DaemonSet":
        return {**matching, "template": template}
    return {"replicas": replicas, **matching, "template": template}

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AKS add-on for Pod Identity, as AKS puts it into a cluster when ``podIdentityProfile`` says so.

Managed mode: NMI as a DaemonSet in kube-system, no MIC, no AzureAssignedIdentity (AKS itself puts the
identities on the scale sets). One AzureIdentity and one AzureIdentityBinding for each entry of the profile,
one AzurePodIdentityException for each exception, and the exception for AKS's own pods. The objects are those
of upstream's ``managed-mode-deployment.yaml`` with AKS's marks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from lab.kubernetes.api_server import ApiServer, Document
from lab.kubernetes.control_plane import ControlPlane
from lab.toolchain import pod_identity_sources
from lab.waiting import eventually

GROUP = "aadpodidentity.k8s.io"
VERSION = f"{GROUP}/v1"
NMI_IMAGE = "mcr.microsoft.com/oss/azure/aad-pod-identity/nmi:v1.8.18"
MARKS = {"addonmanager.kubernetes.io/mode": "Reconcile", "kubernetes.azure.com/managedby": "aks"}
_PLURALS = ("azureidentitybindings", "azureidentities", "azurepodidentityexceptions")


def install_pod_identity_addon(control_plane: ControlPlane, profile: Mapping[str, Any]) -> None:
    """Makes the cluster as the profile (ARM ``properties.podIdentityProfile``) says; also for updates.

    Custom resources that the add-on made for entries which are no longer in the profile are deleted.
    Namespaces that entries name and that do not exist are created, as AKS does.
    """
    api = control_plane.api()
    api.apply(addon_documents(profile), field_manager="aks-addon")
    wanted = {_identity_of(document) for document in addon_documents(profile)}
    for found in _own_custom_resources(api):
        if _identity_of(found) not in wanted:
            api.delete(api.path_of(found))


def remove_pod_identity_addon(control_plane: ControlPlane) -> None:
    """Takes all of it out: custom resources, DaemonSet, RBAC, and the definitions with all that is left."""
    api = control_plane.api()
    for found in _own_custom_resources(api):
        api.delete(api.path_of(found))
    api.remove(_infrastructure())
    # Definitions go after the last of their objects; installing again must not meet those that are going.
    definitions = [one for one in _infrastructure() if one["kind"] == "CustomResourceDefinition"]
    eventually(lambda: all(api.find(api.path_of(one)) is None for one in definitions), seconds=60)


def addon_documents(profile: Mapping[str, Any]) -> list[Document]:
    """All objects of the add-on for a profile, in the order in which they can be created."""
    documents = _infrastructure()
    identities = profile.get("userAssignedIdentities") or []
    exceptions = profile.get("userAssignedIdentityExceptions") or []
    for namespace in sorted({str(entry["namespace"]) for entry in [*identities, *exceptions]}):
        documents.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    for entry in identities:
        documents.extend(_identity_and_binding(entry))
    for entry in exceptions:
        documents.append(
            _custom(
                "AzurePodIdentityException",
                entry["namespace"],
                entry["name"],
                {"podLabels": entry["podLabels"]},
            )
        )
    return documents


def _identity_and_binding(entry: Mapping[str, Any]) -> list[Document]:
    name, namespace = str(entry["name"]), str(entry["namespace"])
    identity = entry["identity"]
    spec = {"type": 0, "resourceID": identity["resourceId"], "clientID": identity["clientId"]}
    selector = entry.get("bindingSelector") or name
    return [
        _custom("AzureIdentity", namespace, name, spec),
        _custom(
            "AzureIdentityBinding",
            namespace,
            f"{name}-binding",
            {"azureIdentity": name, "selector": selector},
        ),
    ]


def _custom(kind: str, namespace: str, name: str, spec: Mapping[str, Any]) -> Document:
    metadata = {"name": name, "namespace": namespace, "labels": dict(MARKS)}
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def _infrastructure() -> list[Document]:
    manifest = pod_identity_sources() / "deploy" / "infra" / "managed-mode-deployment.yaml"
    documents: list[Document] = [
        document for document in yaml.safe_load_all(manifest.read_text()) if document
    ]
    for document in documents:
        document.pop("status", None)  # the manifest's empty one of the definitions
        document["metadata"].setdefault("labels", {}).update(MARKS)
        if document["kind"] == "DaemonSet":
            template = document["spec"]["template"]
            template["metadata"]["labels"].update({"kubernetes.azure.com/managedby": "aks"})
            template["spec"]["containers"][0]["image"] = NMI_IMAGE
    own_pods = {"podLabels": {"kubernetes.azure.com/managedby": "aks"}}
    documents.append(_custom("AzurePodIdentityException", "kube-system", "aks-addon-exception", own_pods))
    return documents


def _own_custom_resources(api: ApiServer) -> list[Document]:
    """Custom resources with the add-on's marks; none when the definitions are gone."""
    selector = ",".join(f"{key}={value}" for key, value in MARKS.items())
    found: list[Document] = []
    for plural in _PLURALS:
        path = f"/apis/{VERSION}/{plural}"
        if api.find(path, limit="1") is not None:
            found.extend(api.list(path, labelSelector=selector))
    return found


def _identity_of(document: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = document["metadata"]
    return (str(document["kind"]), str(metadata.get("namespace", "")), str(metadata["name"]))

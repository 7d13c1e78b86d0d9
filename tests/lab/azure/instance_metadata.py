# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instance metadata as NMI answers it to a pod (upstream: ``pkg/nmi/server``, ``standard.go``, ``managed.go``).

Which pod asks is told by the path ``/_imds/<cluster>/<namespace>/<pod>/...`` or the header ``X-Lab-Pod:
<cluster>/<namespace>/<pod>``. What the answer rests on is read from the cluster: NMI's DaemonSet, the pod, and

- standard mode: AzureAssignedIdentities of the pod in state Assigned;
- managed mode: AzureIdentities of the pod's namespace with a binding whose selector is the pod's label;

and the identity has to be on the scale set of the pod's node. NMI itself retries for minutes while an identity is on
its way; here the answer comes at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.azure.access_tokens import issue
from lab.azure.azure import Azure
from lab.azure.effects import ControlPlaneName, Unreachable
from lab.azure.errors import ServiceError
from lab.azure.ids import key
from lab.azure.messages import Json, Request, Response
from lab.azure.routing import Routes
from lab.azure.scale_set_identities import has_identity
from lab.azure.token_endpoint import metadata_token
from lab.azure.world import Cluster

routes = Routes()
BINDING_LABEL = "aadpodidbinding"
_CUSTOM = "/apis/aadpodidentity.k8s.io/v1"
_PROVIDER_PREFIX = "azure://"


@dataclass(frozen=True)
class _Pod:
    """A pod that asks, and the cluster it is in."""

    cluster: Cluster
    plane: ControlPlaneName
    namespace: str
    name: str
    labels: dict[str, str]
    node: str


@dataclass(frozen=True)
class _Identity:
    """An AzureIdentity, of which case and field names are what users wrote."""

    client_id: str
    resource_id: str
    type: int
    namespace: str
    namespaced: bool

    @staticmethod
    def of(document: Json) -> _Identity:
        spec = document.get("spec") or {}
        annotations = document["metadata"].get("annotations") or {}
        return _Identity(
            str(spec.get("clientID", "")),
            str(spec.get("resourceID", "")),
            int(spec.get("type", 0)),
            str(document["metadata"].get("namespace", "")),
            annotations.get("aadpodidentity.k8s.io/Behavior") == "namespaced",
        )


@routes.on("GET", "/_imds/{cluster}/{namespace}/{pod}/metadata/identity/oauth2/token", locked=False)
def token_by_path(azure: Azure, request: Request, cluster: str, namespace: str, pod: str) -> Response:
    return _token(azure, request, cluster, namespace, pod)


@routes.on("GET", "/metadata/identity/oauth2/token", locked=False)
def token_by_header(azure: Azure, request: Request) -> Response:
    parts = request.headers.get("x-lab-pod", "").split("/")
    if len(parts) != 3:
        raise ServiceError(400, "X-Lab-Pod: <cluster>/<namespace>/<pod> is missing\n")
    return _token(azure, request, *parts)


def _token(azure: Azure, request: Request, cluster: str, namespace: str, pod: str) -> Response:
    if request.headers.get("metadata", "").lower() != "true":
        raise ServiceError(
            400, {"error": "invalid_request", "error_description": "Required metadata header not specified"}
        )
    resource = request.query.get("resource", "")
    if not resource:
        raise ServiceError(400, "parameter resource cannot be empty\n")
    try:
        asking = _pod(azure, cluster, namespace, pod)
        client_id = request.query.get("client_id", "")
        resource_id = request.query.get("msi_res_id") or request.query.get("mi_res_id") or ""
        if _excepted(azure, asking):
            # The pod asks the node's own metadata service: whatever is on the scale set will do.
            chosen = _Identity(client_id, resource_id, 0, namespace, False)
        else:
            chosen = _chosen(azure, asking, client_id, resource_id)
        return _answer(azure, asking, chosen, resource)
    except Unreachable as error:
        raise ServiceError(500, f"{error}\n") from error


def _pod(azure: Azure, cluster_name: str, namespace: str, name: str) -> _Pod:
    with azure.world.lock:
        found = [
            one for one in azure.world.clusters.values() if one.body["name"].lower() == cluster_name.lower()
        ]
    if not found or found[0].control_plane is None:
        raise ServiceError(404, f"no cluster {cluster_name}\n")
    plane = found[0].control_plane
    pod = azure.effects.find(plane, f"/api/v1/namespaces/{namespace}/pods/{name}")
    if pod is None:
        raise ServiceError(404, f"no pod {namespace}/{name}\n")
    return _Pod(
        found[0],
        plane,
        namespace,
        name,
        pod["metadata"].get("labels") or {},
        str((pod.get("spec") or {}).get("nodeName", "")),
    )


def _nmi(azure: Azure, pod: _Pod) -> Json:
    """The DaemonSet of NMI; without it nothing redirects the pod's request."""
    for daemon_set in azure.effects.list(pod.plane, "/apis/apps/v1/daemonsets"):
        containers = daemon_set["spec"]["template"]["spec"]["containers"]
        if any(str(one["image"]).partition(":")[0].endswith("/nmi") for one in containers):
            return daemon_set
    raise ServiceError(
        400,
        {"error": "invalid_request", "error_description": "Identity not found"},
    )


def _excepted(azure: Azure, pod: _Pod) -> bool:
    """Any label of an exception in the pod's namespace excepts it."""
    path = f"{_CUSTOM}/namespaces/{pod.namespace}/azurepodidentityexceptions"
    return any(
        pod.labels.get(name) == value
        for exception in azure.effects.list(pod.plane, path)
        for name, value in ((exception.get("spec") or {}).get("podLabels") or {}).items()
    )


def _chosen(azure: Azure, pod: _Pod, client_id: str, resource_id: str) -> _Identity:
    nmi = _nmi(azure, pod)
    arguments = [str(one) for one in nmi["spec"]["template"]["spec"]["containers"][0].get("args") or []]
    managed = any("operation-mode" in one and one.endswith("managed") for one in arguments)
    found = list(_bound(azure, pod) if managed else _assigned(azure, pod))
    for identity in found:
        if not client_id and not resource_id:
            return identity
        if client_id and identity.client_id == client_id:
            return identity
        if resource_id and identity.resource_id == resource_id:
            return identity
    raise ServiceError(404, f"no azure identity found for request clientID {_redacted(client_id)}\n")


def _assigned(azure: Azure, pod: _Pod) -> Iterator[_Identity]:
    for document in azure.effects.list(pod.plane, f"{_CUSTOM}/azureassignedidentities"):
        spec = document["spec"]
        if (spec.get("pod"), spec.get("podNamespace")) != (pod.name, pod.namespace):
            continue
        if (document.get("status") or {}).get("status", "") not in ("", "Assigned"):
            continue
        identity = _Identity.of(spec["azureIdentityRef"])
        if not identity.namespaced or identity.namespace == pod.namespace:
            yield identity


def _bound(azure: Azure, pod: _Pod) -> Iterator[_Identity]:
    label = pod.labels.get(BINDING_LABEL)
    within = f"{_CUSTOM}/namespaces/{pod.namespace}"
    names = {
        binding["spec"].get("azureIdentity")
        for binding in azure.effects.list(pod.plane, f"{within}/azureidentitybindings")
        if label and binding["spec"].get("selector") == label
    }
    for document in azure.effects.list(pod.plane, f"{within}/azureidentities"):
        if document["metadata"]["name"] in names:
            yield _Identity.of(document)


def _answer(azure: Azure, pod: _Pod, chosen: _Identity, resource: str) -> Response:
    if chosen.type != 0:
        raise ServiceError(403, f"unsupported identity type {chosen.type}\n")
    with azure.world.lock:
        identity = (
            azure.world.identity_of_client(chosen.client_id)
            if chosen.client_id
            else azure.world.identities.get(key(chosen.resource_id))
        )
    if identity is None or not _on_node(azure, pod, identity.id):
        raise ServiceError(
            403,
            "failed to acquire token using the MSI, error: adal: Refresh request failed. Status Code = '400'. Response "
            'body: {"error":"invalid_request","error_description":"Identity not found"}\n',
        )
    with azure.world.lock:
        principal = azure.world.principals[identity.principal_id.lower()]
    token = issue(azure, principal, resource, by_assertion=True)
    return Response(body=metadata_token(azure, token, resource, azure.world.dials.token_lifetime))


def _on_node(azure: Azure, pod: _Pod, identity_id: str) -> bool:
    """Whether the identity is on the scale set that the pod's node belongs to."""
    node: dict[str, Any] | None = (
        azure.effects.find(pod.plane, f"/api/v1/nodes/{pod.node}") if pod.node else None
    )
    provider = str(((node or {}).get("spec") or {}).get("providerID", ""))
    scale_set_id = provider.removeprefix(_PROVIDER_PREFIX).split("/virtualMachines/")[0]
    with azure.world.lock:
        scale_set = azure.world.scale_sets.get(key(scale_set_id))
        return scale_set is not None and has_identity(scale_set, identity_id)


def _redacted(client_id: str) -> str:
    """As NMI's ``utils.RedactClientID`` does."""
    return f"{client_id[:4]}##### REDACTED #####{client_id[-4:]}" if client_id else ""

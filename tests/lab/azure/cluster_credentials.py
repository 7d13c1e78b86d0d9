# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kubeconfigs that AKS hands out."""

from __future__ import annotations

import base64

from lab.azure.azure import Azure
from lab.azure.cluster_updates import bad_request
from lab.azure.clusters import ACTION, ONE, find
from lab.azure.effects import Unreachable
from lab.azure.errors import arm_error
from lab.azure.messages import Request, Response
from lab.azure.routing import Routes
from lab.azure.world import Principal

routes = Routes()


@routes.on(
    "POST", ONE + "/listClusterUserCredential", f"{ACTION}/listClusterUserCredential/action", locked=False
)
def user_credential(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    return _credential(azure, subscription, group, name, "clusterUser")


@routes.on(
    "POST", ONE + "/listClusterAdminCredential", f"{ACTION}/listClusterAdminCredential/action", locked=False
)
def admin_credential(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    return _credential(azure, subscription, group, name, "clusterAdmin")


def _credential(azure: Azure, subscription: str, group: str, name: str, kind: str) -> Response:
    with azure.world.lock:
        cluster = find(azure, subscription, group, name)
        plane = cluster.control_plane
        if kind == "clusterAdmin" and cluster.properties.get("disableLocalAccounts"):
            raise bad_request(
                "Getting static credential is not allowed because this cluster is set to disable local accounts."
            )
    if plane is None:
        raise arm_error(500, "InternalServerError", f"The cluster '{name}' has no control plane.")
    try:
        text = (
            azure.effects.admin_kubeconfig(plane)
            if kind == "clusterAdmin"
            else azure.effects.user_kubeconfig(plane)
        )
    except Unreachable as error:
        raise arm_error(500, "InternalServerError", str(error)) from error
    return Response(body={"kubeconfigs": [{"name": kind, "value": base64.b64encode(text.encode()).decode()}]})

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes as AKS makes them from a virtual machine scale set."""

from __future__ import annotations

import re
from typing import Any

_SCALE_SET_ID = re.compile(
    r"^/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.Compute/virtualMachineScaleSets/(?P<name>[^/]+)$",
    re.IGNORECASE,
)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def scale_set_nodes(
    scale_set_id: str,
    count: int,
    *,
    pool: str = "nodepool1",
    mode: str = "System",
    location: str = "westeurope",
    kubernetes_version: str = "1.36.3",
) -> list[dict[str, Any]]:
    """Node objects for the first ``count`` instances of a scale set, to be applied to a control plane.

    Node names and provider IDs are those of AKS: ``<scale set>`` and six digits in base 36 for the instance;
    ``azure:///subscriptions/.../virtualMachineScaleSets/<name>/virtualMachines/<instance>``.

    Raises:
        ValueError: not the resource ID of a scale set.
    """
    match = _SCALE_SET_ID.match(scale_set_id)
    if match is None:
        raise ValueError(f"not the resource ID of a virtual machine scale set: {scale_set_id}")
    return [
        _node(scale_set_id, match["name"], match["group"], instance, pool, mode, location, kubernetes_version)
        for instance in range(count)
    ]


def _node(
    scale_set_id: str,
    scale_set: str,
    node_group: str,
    instance: int,
    pool: str,
    mode: str,
    location: str,
    kubernetes_version: str,
) -> dict[str, Any]:
    name = f"{scale_set}{_base36(instance):0>6}"
    labels = {
        "agentpool": pool,
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.azure.com/agentpool": pool,
        "kubernetes.azure.com/cluster": node_group,
        "kubernetes.azure.com/mode": mode.lower(),
        "kubernetes.azure.com/os-sku": "Ubuntu",
        "kubernetes.azure.com/role": "agent",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/role": "agent",
        "node-role.kubernetes.io/agent": "",
        "node.kubernetes.io/instance-type": "Standard_D16s_v5",
        "topology.kubernetes.io/region": location,
        "topology.kubernetes.io/zone": "0",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {
                "kwok.x-k8s.io/node": "fake",
                "lab.aksops.io/kubelet-version": f"v{kubernetes_version}",
            },
        },
        "spec": {"providerID": f"azure://{scale_set_id}/virtualMachines/{instance}"},
    }


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if number == 0:
            return digits

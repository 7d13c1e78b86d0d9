# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Node objects are those that AKS makes from a scale set."""

from __future__ import annotations

import pytest

from lab.kubernetes.nodes import scale_set_nodes

ID = (
    "/subscriptions/s/resourceGroups/MC_g/providers/Microsoft.Compute/virtualMachineScaleSets/aks-pool-1-vmss"
)


def test_names_and_provider_ids_count_instances() -> None:
    nodes = scale_set_nodes(ID, 37, pool="pool")
    assert nodes[0]["metadata"]["name"] == "aks-pool-1-vmss000000"
    assert nodes[36]["metadata"]["name"] == "aks-pool-1-vmss000010"  # base 36
    assert nodes[36]["spec"]["providerID"] == f"azure://{ID}/virtualMachines/36"


def test_labels_name_pool_and_node_group() -> None:
    labels = scale_set_nodes(ID, 1, pool="pool", mode="User")[0]["metadata"]["labels"]
    assert labels["agentpool"] == "pool"
    assert labels["kubernetes.azure.com/mode"] == "user"
    assert labels["kubernetes.azure.com/cluster"] == "MC_g"
    assert labels["kubernetes.io/os"] == "linux"


def test_other_resources_are_refused() -> None:
    with pytest.raises(
        ValueError, match="not the resource ID of a virtual machine scale set: /subscriptions/s"
    ):
        scale_set_nodes("/subscriptions/s", 1)

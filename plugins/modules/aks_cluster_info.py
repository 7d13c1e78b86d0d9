# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AKS clusters as Azure describes them."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aks_cluster_info
short_description: Read what a migration depends on of AKS clusters
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Reads one AKS cluster, or all of a resource group or subscription, from Azure Resource Manager.
  - It asks for no credentials of the cluster and does not talk to its API server.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing.
  diff_mode:
    support: none
options:
  resource_group:
    description:
      - Resource group of the clusters. Without it, all clusters of the subscription are read.
    type: str
  cluster_name:
    description:
      - Name of the cluster. Without it, all clusters of O(resource_group) are read.
    type: str
  wait:
    description:
      - Whether to wait while one of the clusters is busy, that is, while an operation is running on it.
      - Running out of O(wait_timeout) is no failure; the clusters are returned as they were seen last.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait at most.
    type: int
    default: 1800
  poll_interval:
    description:
      - Longest pause in seconds between two looks.
    type: int
    default: 10
seealso:
  - module: aksops.workload_identity.aks_oidc_issuer
  - module: aksops.workload_identity.pod_identity_info
"""

EXAMPLES = r"""
- name: Read one cluster
  aksops.workload_identity.aks_cluster_info:
    resource_group: rg-aks
    cluster_name: aks-1
  register: found

- name: List the clusters of a subscription that have no OIDC issuer yet
  aksops.workload_identity.aks_cluster_info:
    subscription_id: 00000000-0000-0000-0000-000000000001
  register: all_clusters
"""

RETURN = r"""
clusters:
  description: One entry for each cluster, in the order of their names.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Resource ID.
      type: str
      returned: success
      sample: /subscriptions/…/resourcegroups/rg-aks/providers/Microsoft.ContainerService/managedClusters/aks-1
    name:
      description: Name.
      type: str
      returned: success
      sample: aks-1
    resource_group:
      description: Resource group.
      type: str
      returned: success
      sample: rg-aks
    subscription_id:
      description: Subscription ID.
      type: str
      returned: success
      sample: 00000000-0000-0000-0000-000000000001
    location:
      description: Region.
      type: str
      returned: success
      sample: westeurope
    kubernetes_version:
      description: Version that runs.
      type: str
      returned: success
      sample: 1.34.4
    provisioning_state:
      description: State of the last operation; V(Succeeded), V(Failed), V(Canceled), or what is running.
      type: str
      returned: success
      sample: Succeeded
    power_state:
      description: V(Running) or V(Stopped).
      type: str
      returned: success
      sample: Running
    node_resource_group:
      description: Resource group of the nodes.
      type: str
      returned: success
      sample: MC_rg-aks_aks-1_westeurope
    oidc_issuer_enabled:
      description: Whether the OIDC issuer is on.
      type: bool
      returned: success
      sample: true
    issuer_url:
      description: URL of the issuer with its trailing slash, if it is on.
      type: str
      returned: success
      sample: https://westeurope.oic.prod-aks.azure.com/00000000-0000-0000-0000-000000000000/0000/
    workload_identity_enabled:
      description: Whether the workload identity webhook of AKS is on.
      type: bool
      returned: success
      sample: true
    pod_identity_addon:
      description: Whether the Pod Identity add-on of AKS is on.
      type: bool
      returned: success
      sample: false
    entra_integrated:
      description: Whether users sign in with Entra.
      type: bool
      returned: success
      sample: true
    local_accounts_disabled:
      description: Whether the cluster has no accounts of its own.
      type: bool
      returned: success
      sample: false
    tenant_id:
      description: Entra tenant.
      type: str
      returned: success
      sample: 00000000-0000-0000-0000-000000000000
    etag:
      description: ETag of the cluster resource.
      type: str
      returned: success
      sample: 6d4a5b1c
    tags:
      description: Tags.
      type: dict
      returned: success
      sample:
        env: prod
    fqdn:
      description: Host name of the API server.
      type: str
      returned: success
      sample: aks-1-dns-1a2b3c4d.hcp.westeurope.azmk8s.io
    network_plugin:
      description: Network plugin.
      type: str
      returned: success
      sample: azure
    private:
      description: Whether the API server has a private address only.
      type: bool
      returned: success
      sample: false
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import cluster_summary
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)

SPEC = ModuleSpec(
    options={
        "resource_group": {"type": "str"},
        "cluster_name": {"type": "str"},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 1800},
        "poll_interval": {"type": "int", "default": 10},
    },
    required_by={"cluster_name": ["resource_group"]},
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    return Result(data={"clusters": cluster_summary.summaries(options, access.azure, access.say)})


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

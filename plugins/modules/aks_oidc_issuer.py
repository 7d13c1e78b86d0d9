# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OIDC issuer and the workload identity webhook of an AKS cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aks_oidc_issuer
short_description: Switch on OIDC issuer and workload identity webhook of an AKS cluster
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Switches on the OIDC issuer of an AKS cluster and its workload identity webhook, and changes nothing else of it.
  - The cluster is sent back as it was read, with these two settings and with its ETag as a precondition, so that nobody
    else's change is lost. Where somebody else was faster, it is read again and sent again.
  - AKS cannot switch an issuer off again, and its API server restarts when the issuer is switched on.
  - Clusters that are stopped, failed, or older than Kubernetes 1.24 are refused before anything is sent.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
attributes:
  check_mode:
    support: full
    details:
      - The URL of an issuer that is not on yet is a text that says so; other modules of this collection take it for
        what it is in check mode.
  diff_mode:
    support: full
options:
  resource_group:
    description:
      - Resource group of the cluster.
    type: str
    required: true
  cluster_name:
    description:
      - Name of the cluster.
    type: str
    required: true
  oidc_issuer:
    description:
      - Whether the OIDC issuer is on. V(false) is accepted for clusters only that never had one.
    type: bool
    default: true
  workload_identity:
    description:
      - Whether to switch the workload identity webhook of AKS on. V(false) leaves it as it is, for clusters with the
        webhook of the open-source project. It is never switched off, since pods that start afterwards would get no
        token.
    type: bool
    default: true
  wait:
    description:
      - Whether to wait until the operation has ended. A cluster that is busy with another operation is waited for
        first.
      - With V(false) the change is sent and not waited for, and to a busy cluster it is not sent; a later call with
        V(true) does what is left. So the operations of many clusters go on side by side.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most. The operation goes on in Azure afterwards.
    type: int
    default: 3600
  poll_interval:
    description:
      - Longest pause in seconds between two looks.
    type: int
    default: 10
seealso:
  - module: aksops.workload_identity.aks_cluster_info
  - module: aksops.workload_identity.federated_credentials
"""

EXAMPLES = r"""
- name: Switch on issuer and webhook
  aksops.workload_identity.aks_oidc_issuer:
    resource_group: rg-aks
    cluster_name: aks-1
  register: enabled

- name: Start it on all clusters of the play without waiting
  aksops.workload_identity.aks_oidc_issuer:
    resource_group: "{{ aks_resource_group }}"
    cluster_name: "{{ aks_cluster_name }}"
    wait: false

- name: Leave the webhook of the open-source project in charge
  aksops.workload_identity.aks_oidc_issuer:
    resource_group: rg-aks
    cluster_name: aks-1
    workload_identity: false
"""

RETURN = r"""
cluster_id:
  description: Resource ID of the cluster.
  returned: success
  type: str
  sample: /subscriptions/…/resourcegroups/rg-aks/providers/Microsoft.ContainerService/managedClusters/aks-1
issuer_url:
  description:
    - URL of the issuer, with its trailing slash, exactly as federated credentials need it.
    - Empty where the cluster was busy and has no issuer yet; in check mode a text that marks it as not known yet.
  returned: success
  type: str
  sample: https://westeurope.oic.prod-aks.azure.com/00000000-0000-0000-0000-000000000000/0000/
oidc_issuer:
  description: Whether the issuer is on, or will be once the operation has ended.
  returned: success
  type: bool
  sample: true
workload_identity:
  description: Whether the webhook is on, or will be once the operation has ended.
  returned: success
  type: bool
  sample: true
operation:
  description:
    - V(none) where no operation is running any more, V(submitted) where this call sent the change without waiting (or
      would, in check mode), V(running) where all is set and an operation is still running, V(busy) where the change
      could not be sent yet, since another operation is running or a feature has not reached the provider.
  returned: success
  type: str
  sample: submitted
provisioning_state:
  description: Provisioning state of the cluster as it was seen last.
  returned: success
  type: str
  sample: Succeeded
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import clusters
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.issuer import Issuer
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.issuer_plan import Wanted
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.waiting import Waiter
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import unknown
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)

SPEC = ModuleSpec(
    options={
        "resource_group": {"type": "str", "required": True},
        "cluster_name": {"type": "str", "required": True},
        "oidc_issuer": {"type": "bool", "default": True},
        "workload_identity": {"type": "bool", "default": True},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 3600},
        "poll_interval": {"type": "int", "default": 10},
    },
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    name = options["cluster_name"]
    # False leaves the webhook as it is: switching it off would take the tokens from pods that rely on it.
    wanted = Wanted(options["oidc_issuer"], options["workload_identity"] or None)
    waiter = Waiter(float(options["wait_timeout"]), float(options["poll_interval"]), access.say)
    issuer = Issuer(access.azure, options["resource_group"], name, wanted, waiter)
    ended = issuer.plan() if check_mode else issuer.ensure(options["wait"])
    issuer_url = clusters.facts_of(ended.cluster).issuer_url
    if check_mode and not issuer_url and ended.after.oidc_issuer:
        issuer_url = unknown(f"issuer URL of {name}")
    return Result(
        changed=ended.changed,
        data={
            "cluster_id": str(ended.cluster.get("id") or ""),
            "issuer_url": issuer_url,
            "oidc_issuer": ended.after.oidc_issuer,
            "workload_identity": ended.after.workload_identity,
            "operation": "none" if options["wait"] and not check_mode else ended.operation,
            "provisioning_state": clusters.provisioning_state(ended.cluster),
        },
        before={name: ended.before.as_data()} if ended.changed else None,
        after={name: ended.after.as_data()} if ended.changed else None,
    )


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything on one cluster that touches AAD Pod Identity."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pod_identity_info
short_description: Find everything on one AKS cluster that touches AAD Pod Identity
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Reads how AAD Pod Identity is installed, its custom resources, every workload whose pod template uses it
    (running or not), service accounts, dependants such as SecretProviderClasses, and what Azure knows of the
    identities.
  - It only reads. All that it finds goes to the file O(facts_path), which
    M(aksops.workload_identity.migration_plan) makes a plan of; the result itself holds counts and findings.
  - What cannot be read (no permission, no such kind) narrows the answer and is listed under RV(unreadable).
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
  - aksops.workload_identity.kubernetes
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing. The file O(facts_path) is written in check mode, too, since later tasks
        read it.
  diff_mode:
    support: none
options:
  facts_path:
    description:
      - File that takes all facts as JSON. It is written with mode V(0600), its folder is made with mode
        V(0700).
      - The file is on the machine that the module runs on.
    type: path
    required: true
  regions:
    description:
      - Regions in which identities are created anew whose own region does not support federated credentials, as for
        M(aksops.workload_identity.migration_plan). Identities that were created there before are read, too.
    type: list
    elements: str
    default: []
  identity_resource_group:
    description:
      - Resource group of the identities that are created anew, as for M(aksops.workload_identity.migration_plan).
    type: str
  azure:
    description:
      - Whether Resource Manager is asked for the cluster, for the identities that the cluster names, their
        federated credentials, and the scale sets of the node resource group.
      - With V(false) only the cluster is read, by O(kubeconfig), and a plan made of such facts is incomplete.
    type: bool
    default: true
seealso:
  - module: aksops.workload_identity.migration_plan
  - module: aksops.workload_identity.pod_identity
"""

EXAMPLES = r"""
- name: Find everything that uses Pod Identity
  aksops.workload_identity.pod_identity_info:
    resource_group: rg-aks
    cluster_name: aks-1
    facts_path: ./workload-identity/aks-1.facts.json
  register: found

- name: Show what the operator has to know
  ansible.builtin.debug:
    msg: "{{ found.findings | map(attribute='message') }}"
"""

RETURN = r"""
cluster:
  description: What Azure says of the cluster, as far as a migration depends on it.
  returned: success
  type: dict
  sample:
    name: aks-1
    resource_group: rg-aks
    kubernetes_version: 1.31.13
    oidc_issuer_enabled: false
    workload_identity_enabled: false
installations:
  description: The ways in which Pod Identity is installed; several may stand side by side.
  returned: success
  type: list
  elements: dict
  sample:
    - method: helm
      mode: standard
      namespace: kube-system
      version: v1.8.17
      release: aad-pod-identity
counts:
  description: How many of each there are.
  returned: success
  type: dict
  sample:
    identities: 3
    bindings: 3
    workloads: 9
    switched: 0
    assigned: 9
findings:
  description: What the operator has to know, blockers first; at most 50, all are in O(facts_path).
  returned: success
  type: list
  elements: dict
  sample:
    - code: identity-type-service-principal
      severity: blocker
      where: AzureIdentity default/legacy
      message: The identity is a service principal with a secret.
      remedy: Name a managed identity for it.
unreadable:
  description: What could not be read, and why; kinds that the cluster simply does not have are left out.
  returned: success
  type: list
  elements: dict
  sample: []
facts_path:
  description: The file with all facts.
  returned: success
  type: str
  sample: ./workload-identity/aks-1.facts.json
webhook:
  description: The workload identity webhook that the cluster has, V(none), V(addon) or V(open-source).
  returned: success
  type: str
  sample: none
requests:
  description: Requests sent to the API server.
  returned: success
  type: int
  sample: 24
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes import discovering
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)

SPEC = ModuleSpec(
    kubernetes=True,
    options={
        "facts_path": {"type": "path", "required": True},
        "azure": {"type": "bool", "default": True},
        "regions": {"type": "list", "elements": "str", "default": []},
        "identity_resource_group": {"type": "str"},
    },
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    return Result(data=discovering.discover_to_file(options, access))


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

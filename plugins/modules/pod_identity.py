# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AAD Pod Identity taken out of a cluster, or its bindings put back."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pod_identity
short_description: Remove AAD Pod Identity from a cluster where nothing uses it any more
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - With O(state=absent) everything of Pod Identity is taken away in an order that leaves nothing behind,
    whatever way it was installed - Helm chart, raw manifests, AKS add-on, several of them, or the remains of
    one.
  - It refuses, and changes nothing, while a workload or pod still relies on Pod Identity.
  - Before the first change all custom resources, the profile of the add-on and the identities of the scale
    sets are written to O(backup_path).
  - On clusters with the AKS add-on this is final, since the add-on can no longer be installed.
  - A run that was killed is taken up by the next one.
  - With O(state=present) identities, exceptions and bindings are put back from O(backup_path), once Pod
    Identity itself is installed again.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
  - aksops.workload_identity.kubernetes
attributes:
  check_mode:
    support: full
    details:
      - Deletions go to the API server as server-side dry runs; nothing is written to Azure, and no backup is
        made.
  diff_mode:
    support: none
options:
  state:
    description:
      - V(absent) removes Pod Identity, V(present) restores its bindings.
    type: str
    choices: [absent, present]
    default: absent
  backup_path:
    description:
      - File that takes the backup (mode V(0600)), or that it is restored from. A backup of an earlier run for
        the same cluster is added to, never lost.
    type: path
    required: true
  azure:
    description:
      - Whether Resource Manager is asked and written to, for the add-on and for the identities of the scale sets.
      - With V(false) only the cluster is cleaned, by O(kubeconfig); identities stay on the scale sets unless MIC takes
        them off.
    type: bool
    default: true
  soak:
    description:
      - Seconds that must have passed since the last workload was switched and the last identity was assigned.
    type: int
    default: 0
  remove_crds:
    description: Whether the custom resource definitions go, too.
    type: bool
    default: true
  remove_role_assignments:
    description:
      - Whether the role Managed Identity Operator that the cluster's own identities have on the identities of
        Pod Identity is removed. Only assignments on exactly these identities go.
    type: bool
    default: false
  force:
    description: Removes Pod Identity although something still uses it. Whatever does loses its tokens.
    type: bool
    default: false
  wait_timeout:
    description: Seconds for each thing that is waited for.
    type: int
    default: 1800
  poll_interval:
    description: Seconds between two looks at a long operation of Azure.
    type: int
    default: 10
seealso:
  - module: aksops.workload_identity.pod_identity_info
  - module: aksops.workload_identity.workloads
"""

EXAMPLES = r"""
- name: Remove Pod Identity, a week after the last change
  aksops.workload_identity.pod_identity:
    resource_group: rg-aks
    cluster_name: aks-1
    backup_path: ./workload-identity/aks-1.backup.json
    soak: 604800

- name: Put the bindings back
  aksops.workload_identity.pod_identity:
    state: present
    resource_group: rg-aks
    cluster_name: aks-1
    backup_path: ./workload-identity/aks-1.backup.json
"""

RETURN = r"""
steps:
  description: The steps in their order; on failure those that were done before it.
  returned: always
  type: list
  elements: dict
  contains:
    step:
      description: Identifier of the step.
      type: str
      returned: always
      sample: delete-bindings
    text:
      description: What it does.
      type: str
      returned: always
      sample: delete bindings
    outcome:
      description: V(done), V(would_do) in check mode, or V(nothing_to_do).
      type: str
      returned: always
      sample: done
    objects:
      description: What it took away or changed, at most 40.
      type: list
      elements: str
      returned: always
      sample: [AzureIdentityBinding default/web]
    count:
      description: How many there were.
      type: int
      returned: always
      sample: 1
backup_path:
  description: The backup file.
  returned: always
  type: str
  sample: ./workload-identity/aks-1.backup.json
findings:
  description: What still uses Pod Identity.
  returned: when it refuses
  type: list
  elements: dict
  sample: []
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes import retiring
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)

SPEC = ModuleSpec(
    kubernetes=True,
    options={
        "state": {"type": "str", "choices": ["absent", "present"], "default": "absent"},
        "backup_path": {"type": "path", "required": True},
        "azure": {"type": "bool", "default": True},
        "soak": {"type": "int", "default": 0},
        "remove_crds": {"type": "bool", "default": True},
        "remove_role_assignments": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 1800},
        "poll_interval": {"type": "int", "default": 10},
    },
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    if options["state"] == "present":
        return Result(**retiring.restore(options, access))
    return Result(**retiring.retire(options, access, check_mode))


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

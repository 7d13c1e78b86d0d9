# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the rights that a plan needs are missing, before anything is changed."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: rights_info
short_description: Tell which rights in Azure a planned migration lacks
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Compares what a plan will write in Azure with what the identity that signs in may do at each scope.
  - Asks from the subscription downwards, and not again for what is granted above.
  - Conditions and deny assignments cannot be judged from outside; such rights are V(unknown).
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
  plan_path:
    description:
      - Plan that M(aksops.workload_identity.migration_plan) wrote.
    type: path
    required: true
seealso:
  - module: aksops.workload_identity.migration_plan
"""

EXAMPLES = r"""
- name: See which rights are missing
  aksops.workload_identity.rights_info:
    plan_path: ./workload-identity/aks-1.plan.json
  register: rights

- name: Refuse without them
  ansible.builtin.assert:
    that: rights.missing | length == 0
"""

RETURN = r"""
missing:
  description: What may not be done, and what it is needed for.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description: The action, as in role definitions.
      type: str
      returned: always
      sample: Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write
    scope:
      description: Resource ID at which it is needed.
      type: str
      returned: always
      sample: /subscriptions/0/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app
    why:
      description: What it is needed for.
      type: str
      returned: always
      sample: let identities trust the cluster
unknown:
  description: What could not be judged; the same shape as RV(missing).
  returned: success
  type: list
  elements: dict
  sample: []
granted:
  description: How many of the needed rights are there.
  returned: success
  type: int
  sample: 4
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.permissions import Judge
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.permissions import (
    GRANTED,
    MISSING,
    UNKNOWN,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.rights import needs
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._record_files import read_plan

SPEC = ModuleSpec(options={"plan_path": {"type": "path", "required": True}})


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    judge = Judge(access.azure)
    judged = [(judge.judge(need), need) for need in needs(read_plan(options["plan_path"]))]
    shown = {
        verdict: [
            {"action": need.action, "scope": need.scope, "why": need.why}
            for found, need in judged
            if found == verdict
        ]
        for verdict in (MISSING, UNKNOWN)
    }
    return Result(data={**shown, "granted": sum(1 for found, need in judged if found == GRANTED)})


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

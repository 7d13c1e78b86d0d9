# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role assignments of one managed identity for another that takes its place."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: role_assignments
short_description: Mirror the role assignments of one managed identity to another
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Gives a managed identity every Azure role that another one has, at the same scopes and with the same conditions. It
    is for an identity that is re-created in another region.
  - Nothing is taken from either identity. An assignment that the target has already stays as it is.
  - Assignments at management groups and in other subscriptions that this sign-in may not write, and roles that come
    with membership in Entra groups, are listed in RV(not_mirrored). In the subscriptions of the two identities a
    missing right is a failure.
  - What lies outside Azure RBAC is out of reach of this module, among it Key Vault access policies, Entra app roles,
    SQL users and data-lake ACLs.
  - Azure may take some minutes to honour a new role assignment everywhere.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
attributes:
  check_mode:
    support: full
    details:
      - Whether an assignment could be written is looked up in the rights that Azure tells of. Where Azure does not
        tell, it is taken to be possible in the subscriptions of the two identities, and impossible elsewhere.
  diff_mode:
    support: full
options:
  mirrors:
    description:
      - Pairs of identities. Mutually exclusive with O(plan_path); one of the two is required.
    type: list
    elements: dict
    suboptions:
      source:
        description: Resource ID of the identity that has the roles.
        type: str
        required: true
      target:
        description: Resource ID of the identity that gets them. In check mode it may be missing still.
        type: str
        required: true
  plan_path:
    description:
      - Plan that M(aksops.workload_identity.migration_plan) wrote. Each identity that it re-creates is taken.
    type: path
  scopes:
    description:
      - Scopes whose role assignments are looked at, with those above and below each. Without it these are all
        subscriptions that the sign-in sees.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: For how many seconds to wait until Entra knows an identity that is new.
    type: int
    default: 600
seealso:
  - module: aksops.workload_identity.managed_identities
"""

EXAMPLES = r"""
- name: Mirror the roles of the identities that a plan re-creates
  aksops.workload_identity.role_assignments:
    plan_path: ./workload-identity/aks-1.plan.json

- name: Mirror the roles of one identity
  aksops.workload_identity.role_assignments:
    mirrors:
      - source: >-
          /subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shop
        target: >-
          /subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shop-westeurope
"""

RETURN = r"""
assignments:
  description:
    - Each role assignment of the sources and what became of it; on failure those that were done before it.
    - Of more than 60 only those that are not V(unchanged) are listed, and of these the first 60.
  returned: always
  type: list
  elements: dict
  contains:
    scope:
      description: Scope of the assignment.
      type: str
      returned: always
      sample: /subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-data
    role_definition_id:
      description: Resource ID of the role definition.
      type: str
      returned: always
      sample: >-
        /subscriptions/00000000-1111-2222-3333-444444444444/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7
    principal_id:
      description: Object ID of the target; in check mode a marked text where it is not known yet.
      type: str
      returned: always
      sample: 66666666-7777-8888-9999-000000000000
    outcome:
      description: V(created), V(unchanged) or V(not_mirrored).
      type: str
      returned: always
      sample: created
assignments_left_out:
  description: How many are not in RV(assignments), as there are too many for a result.
  returned: always
  type: int
  sample: 0
not_mirrored:
  description: What the targets did not get and somebody has to look at, the first 60.
  returned: always
  type: list
  elements: dict
  contains:
    code:
      description: Code of the finding; docs/findings.md lists all.
      type: str
      returned: always
      sample: role-not-mirrored
    severity:
      description: V(blocker), V(warning) or V(note).
      type: str
      returned: always
      sample: warning
    where:
      description: The scope.
      type: str
      returned: always
      sample: /providers/Microsoft.Management/managementGroups/platform
    message:
      description: What it means.
      type: str
      returned: always
      sample: The old identity has this role assignment, and the new one did not get it.
    remedy:
      description: What to do.
      type: str
      returned: always
      sample: Give the new identity the role by hand, or see that its workloads do not need it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import (
    identities,
    role_assignments,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.errors import AzureError
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.permissions import Judge
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.role_assignments import (
    Mirror,
    Mirrored,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.findings import ordered
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.records import to_data
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._record_files import read_plan

SPEC = ModuleSpec(
    options={
        "mirrors": {
            "type": "list",
            "elements": "dict",
            "options": {
                "source": {"type": "str", "required": True},
                "target": {"type": "str", "required": True},
            },
        },
        "plan_path": {"type": "path"},
        "scopes": {"type": "list", "elements": "str", "default": []},
        "wait_timeout": {"type": "int", "default": 600},
    },
    mutually_exclusive=(("mirrors", "plan_path"),),
    required_one_of=(("mirrors", "plan_path"),),
)
_MOST = 60  # assignments, and findings, in a result; the controller keeps registered results for every host


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    mirrors = _mirrors(options)
    if not mirrors:
        return Result(data=_data(()))
    looked_at = options["scopes"] or role_assignments.scopes(access.azure, mirrors)
    planned = role_assignments.plan(access.azure, mirrors, looked_at, check_mode)
    if check_mode:
        judge = Judge(access.azure)
        return _result([role_assignments.rehearse(judge, item) for item in planned])
    done: list[Mirrored] = []
    for item in planned:
        done.append(role_assignments.act(access.azure, item, float(options["wait_timeout"]), access.say))
        error = done[-1].error
        if error is not None:
            raise AzureError(
                str(error),
                status=error.status,
                code=error.code,
                resource_id=error.resource_id,
                data={"changed": _changed(done), **_data(done)},
            )
    return _result(done)


def _mirrors(options: Mapping[str, Any]) -> tuple[Mirror, ...]:
    if options.get("plan_path"):
        return tuple(
            Mirror(item.mirror_from, item.id)
            for item in read_plan(options["plan_path"]).identities
            if item.mirror_from
        )
    return tuple(
        Mirror(identities.resource_id(item["source"]), identities.resource_id(item["target"]))
        for item in options["mirrors"]
    )


def _changed(done: Sequence[Mirrored]) -> bool:
    return any(step.outcome == "created" for item in done for step in item.steps)


def _result(done: Sequence[Mirrored]) -> Result:
    after = {
        item.mirror.target: [
            {"scope": step.assignment.scope, "role_definition_id": step.assignment.role_definition_id}
            for step in item.steps
            if step.outcome == "created"
        ]
        for item in done
    }
    made = {target: steps for target, steps in after.items() if steps}
    return Result(
        changed=_changed(done), data=_data(done), before={target: [] for target in made}, after=made
    )


def _data(done: Sequence[Mirrored]) -> dict[str, Any]:
    steps = [step for item in done for step in item.steps]
    listed = steps if len(steps) <= _MOST else [step for step in steps if step.outcome != "unchanged"][:_MOST]
    return {
        "assignments": [
            {
                "scope": step.assignment.scope,
                "role_definition_id": step.assignment.role_definition_id,
                "principal_id": step.assignment.principal_id,
                "outcome": step.outcome,
            }
            for step in listed
        ],
        "assignments_left_out": len(steps) - len(listed),
        "not_mirrored": [
            to_data(found) for found in ordered(f for item in done for f in item.findings)[:_MOST]
        ],
    }


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

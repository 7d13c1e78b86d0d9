# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service accounts that name the identity whose tokens their pods get."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_accounts
short_description: Annotate or create service accounts for Microsoft Entra Workload Identity
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Makes sure that service accounts carry the annotations C(azure.workload.identity/client-id) and
    C(azure.workload.identity/tenant-id), and keeps all else of an account that exists.
  - Creates accounts where the plan or the list says so, with the image pull secrets and the automount setting
    of another account, and adds them to the role bindings of that account.
  - Annotating an account changes nothing for running pods.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
  - aksops.workload_identity.kubernetes
attributes:
  check_mode:
    support: full
    details:
      - Writes go to the API server as server-side dry runs, so that permissions and admission have their say.
  diff_mode:
    support: full
options:
  service_accounts:
    description:
      - The accounts. Mutually exclusive with O(plan_path); one of the two is required.
    type: list
    elements: dict
    suboptions:
      namespace:
        description: Namespace of the account.
        type: str
        required: true
      name:
        description: Name of the account.
        type: str
        required: true
      client_id:
        description: Client ID of the identity whose tokens the account's pods get.
        type: str
        required: true
      tenant_id:
        description: Tenant of the identity.
        type: str
        required: true
      create:
        description: Whether the account is created where it does not exist.
        type: bool
        default: false
      copy_from:
        description: Account of the same namespace whose pull secrets and automount setting a new account
          takes over.
        type: str
  plan_path:
    description:
      - Plan that M(aksops.workload_identity.migration_plan) wrote. All of its accounts are taken.
    type: path
  identities:
    description:
      - What M(aksops.workload_identity.managed_identities) returned; fills in client IDs that were not known
        when the plan was made.
    type: list
    elements: dict
    default: []
seealso:
  - module: aksops.workload_identity.token_exchange_info
  - module: aksops.workload_identity.workloads
"""

EXAMPLES = r"""
- name: Annotate one account
  aksops.workload_identity.service_accounts:
    resource_group: rg-aks
    cluster_name: aks-1
    service_accounts:
      - namespace: team-a
        name: web
        client_id: 11111111-2222-3333-4444-555555555555
        tenant_id: 99999999-8888-7777-6666-555555555555

- name: Annotate and create the accounts of a plan
  aksops.workload_identity.service_accounts:
    resource_group: rg-aks
    cluster_name: aks-1
    plan_path: ./workload-identity/aks-1.plan.json
    identities: "{{ identities.identities }}"
"""

RETURN = r"""
service_accounts:
  description: Each account and what was done; on failure those that were done before it.
  returned: always
  type: list
  elements: dict
  contains:
    namespace:
      description: Namespace of the account.
      type: str
      returned: always
      sample: team-a
    name:
      description: Name of the account.
      type: str
      returned: always
      sample: web
    outcome:
      description: What was done with it, V(unchanged), V(annotated) or V(created).
      type: str
      returned: always
      sample: annotated
    role_bindings:
      description: Role bindings that got the account as a subject in this run.
      type: list
      elements: str
      returned: always
      sample: []
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes import (
    service_accounts,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import (
    PlannedServiceAccount,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._record_files import read_plan

SPEC = ModuleSpec(
    kubernetes=True,
    options={
        "service_accounts": {
            "type": "list",
            "elements": "dict",
            "options": {
                "namespace": {"type": "str", "required": True},
                "name": {"type": "str", "required": True},
                "client_id": {"type": "str", "required": True},
                "tenant_id": {"type": "str", "required": True},
                "create": {"type": "bool", "default": False},
                "copy_from": {"type": "str"},
            },
        },
        "plan_path": {"type": "path"},
        "identities": {"type": "list", "elements": "dict", "default": []},
    },
    mutually_exclusive=(("service_accounts", "plan_path"),),
    required_one_of=(("service_accounts", "plan_path"),),
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    outcomes = service_accounts.ensure(access.kubernetes, _wanted(options))
    changed = [item for item in outcomes if item.changed]
    return Result(
        changed=bool(changed),
        data={"service_accounts": [service_accounts.shown(item) for item in outcomes]},
        before={f"{item.namespace}/{item.name}": item.before for item in changed},
        after={f"{item.namespace}/{item.name}": {**item.after, **_bound(item)} for item in changed},
    )


def _bound(outcome: service_accounts.AccountOutcome) -> dict[str, Any]:
    return {"role_bindings": list(outcome.bindings)} if outcome.bindings else {}


def _wanted(options: Mapping[str, Any]) -> tuple[PlannedServiceAccount, ...]:
    if options.get("plan_path"):
        return read_plan(options["plan_path"], options["identities"]).service_accounts
    return tuple(
        PlannedServiceAccount(
            namespace=item["namespace"],
            name=item["name"],
            identity_id="",
            client_id=item["client_id"],
            tenant_id=item["tenant_id"],
            create=bool(item.get("create")),
            copy_from=item.get("copy_from"),
        )
        for item in options["service_accounts"]
    )


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that service accounts get Entra tokens of the right identities."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: token_exchange_info
short_description: Prove that service accounts get Microsoft Entra tokens of the right identities
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Asks the API server for a short-lived token of each service account and exchanges it at Microsoft Entra,
    as an application with workload identity does. Nothing is changed, and no pod is needed.
  - A new federated credential reaches the replicas of Microsoft Entra one after another. Answers that mean
    this are waited for, up to O(wait_timeout), and O(successes) in a row make a proof.
  - Each refusal is explained. Tokens are in no result, log or file.
  - The exchange leaves from the machine that the module runs on. That pods reach Microsoft Entra, too, is not
    shown.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
  - aksops.workload_identity.kubernetes
attributes:
  check_mode:
    support: full
    details:
      - Tries once. Where account, credential or identity are still to be made, the outcome is V(would_prove).
  diff_mode:
    support: none
options:
  exchanges:
    description:
      - What to prove. Mutually exclusive with O(plan_path); one of the two is required.
    type: list
    elements: dict
    suboptions:
      namespace:
        description: Namespace of the service account.
        type: str
        required: true
      service_account:
        description: Name of the service account.
        type: str
        required: true
      client_id:
        description: Client ID of the identity.
        type: str
        required: true
      tenant_id:
        description: Tenant of the identity.
        type: str
        required: true
      audience:
        description: Audience of the federated credential.
        type: str
        default: api://AzureADTokenExchange
  plan_path:
    description:
      - Plan that M(aksops.workload_identity.migration_plan) wrote. All of its federated credentials are
        proved.
    type: path
  identities:
    description:
      - What M(aksops.workload_identity.managed_identities) returned; fills in client IDs that were not known
        when the plan was made.
    type: list
    elements: dict
    default: []
  successes:
    description: How many exchanges in a row have to succeed, about a second apart.
    type: int
    default: 3
  wait_timeout:
    description: Seconds to wait for the propagation of new credentials and identities.
    type: int
    default: 300
seealso:
  - module: aksops.workload_identity.federated_credentials
  - module: aksops.workload_identity.service_accounts
"""

EXAMPLES = r"""
- name: Prove one account
  aksops.workload_identity.token_exchange_info:
    resource_group: rg-aks
    cluster_name: aks-1
    exchanges:
      - namespace: team-a
        service_account: web
        client_id: 11111111-2222-3333-4444-555555555555
        tenant_id: 99999999-8888-7777-6666-555555555555

- name: Prove all accounts of a plan
  aksops.workload_identity.token_exchange_info:
    resource_group: rg-aks
    cluster_name: aks-1
    plan_path: ./workload-identity/aks-1.plan.json
"""

RETURN = r"""
exchanges:
  description: Each exchange and how it went. The module fails where one failed, and returns them all the
    same.
  returned: always
  type: list
  elements: dict
  contains:
    namespace:
      description: Namespace of the service account.
      type: str
      returned: always
      sample: team-a
    service_account:
      description: Name of the service account.
      type: str
      returned: always
      sample: web
    client_id:
      description: Client ID of the identity.
      type: str
      returned: always
      sample: 11111111-2222-3333-4444-555555555555
    outcome:
      description: V(proved), V(would_prove) (check mode only) or V(failed).
      type: str
      returned: always
      sample: proved
    code:
      description: For a refusal the number of Microsoft Entra's AADSTS code, or a word of this module.
      type: str
      returned: always
      sample: ''
    explanation:
      description: What the refusal means.
      type: str
      returned: always
      sample: ''
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes import exchanging
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)

SPEC = ModuleSpec(
    kubernetes=True,
    options={
        "exchanges": {
            "type": "list",
            "elements": "dict",
            "options": {
                "namespace": {"type": "str", "required": True},
                "service_account": {"type": "str", "required": True},
                "client_id": {"type": "str", "required": True},
                "tenant_id": {"type": "str", "required": True},
                "audience": {"type": "str", "default": "api://AzureADTokenExchange"},
            },
        },
        "plan_path": {"type": "path"},
        "identities": {"type": "list", "elements": "dict", "default": []},
        "successes": {"type": "int", "default": 3},
        "wait_timeout": {"type": "int", "default": 300},
    },
    mutually_exclusive=(("exchanges", "plan_path"),),
    required_one_of=(("exchanges", "plan_path"),),
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    return Result(data={"exchanges": exchanging.prove_all(options, access, check_mode)})


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

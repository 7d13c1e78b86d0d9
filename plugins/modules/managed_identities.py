# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User-assigned managed identities: there, tagged, and with their client and principal IDs."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: managed_identities
short_description: Find, create or delete user-assigned managed identities
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Makes sure that user-assigned managed identities exist and returns their client, principal and tenant IDs.
  - With O(plan_path) it takes the identities of a plan. It creates those that the plan re-creates in another region,
    and reads all others; one that is missing although the plan does not create it is a failure.
  - >-
    In check mode the IDs of an identity that is still to be created are texts of the form
    C((known after apply: client ID of <resource ID>)), which the other modules of this collection take in check mode.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  identities:
    description:
      - The identities. Mutually exclusive with O(plan_path); one of the two is required.
    type: list
    elements: dict
    suboptions:
      id:
        description: Resource ID of the identity. Stands for O(identities[].resource_group) and O(identities[].name).
        type: str
      subscription_id:
        description: Subscription of the identity, where it is not the one of the module's O(subscription_id).
        type: str
      resource_group:
        description: Resource group of the identity. It has to exist.
        type: str
      name:
        description: Name of the identity.
        type: str
      location:
        description:
          - Region to create the identity in. Without it an identity that is missing is a failure.
          - An identity that exists in another region is a failure, as identities cannot be moved.
        type: str
      tags:
        description: Tags that the identity has to have, beside those that it has already.
        type: dict
  plan_path:
    description:
      - Plan that M(aksops.workload_identity.migration_plan) wrote. All of its identities are taken.
    type: path
  state:
    description:
      - V(present) creates identities that are missing, V(absent) deletes them, with all their federated credentials.
      - V(absent) takes O(identities) only.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: aksops.workload_identity.role_assignments
  - module: aksops.workload_identity.federated_credentials
"""

EXAMPLES = r"""
- name: Find or create the identities of a plan
  aksops.workload_identity.managed_identities:
    plan_path: ./workload-identity/aks-1.plan.json
  register: identities

- name: Create one identity
  aksops.workload_identity.managed_identities:
    subscription_id: 00000000-1111-2222-3333-444444444444
    identities:
      - resource_group: rg-identities
        name: id-shop
        location: westeurope
        tags:
          team: shop
"""

RETURN = r"""
identities:
  description: Each identity; empty with O(state=absent).
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Resource ID.
      type: str
      returned: always
      sample: >-
        /subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shop
    name:
      description: Name of the identity.
      type: str
      returned: always
      sample: id-shop
    location:
      description: Region of the identity.
      type: str
      returned: always
      sample: westeurope
    client_id:
      description: Client ID; in check mode a marked text where it is not known yet.
      type: str
      returned: always
      sample: 11111111-2222-3333-4444-555555555555
    principal_id:
      description: Object ID of the identity's service principal; in check mode a marked text where it is not known yet.
      type: str
      returned: always
      sample: 66666666-7777-8888-9999-000000000000
    tenant_id:
      description: Tenant of the identity.
      type: str
      returned: always
      sample: 99999999-8888-7777-6666-555555555555
"""

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import identities
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.errors import AzureError
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.session import AzureSession
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    MigrationError,
    ModuleSpec,
    Result,
    run_module,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._record_files import read_plan

SPEC = ModuleSpec(
    options={
        "identities": {
            "type": "list",
            "elements": "dict",
            "options": {
                "id": {"type": "str"},
                "subscription_id": {"type": "str"},
                "resource_group": {"type": "str"},
                "name": {"type": "str"},
                "location": {"type": "str"},
                "tags": {"type": "dict"},
            },
            "mutually_exclusive": [["id", "resource_group"], ["id", "name"], ["id", "subscription_id"]],
            "required_one_of": [["id", "name"]],
            "required_together": [["resource_group", "name"]],
        },
        "plan_path": {"type": "path"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
    mutually_exclusive=(("identities", "plan_path"),),
    required_one_of=(("identities", "plan_path"),),
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    wanted = _wanted(options, access)
    if not wanted:
        return Result(data={"identities": []})
    current = identities.read(access.azure, [item.id for item in wanted])
    absent = options["state"] == "absent"
    steps = [
        identities.removal(item.id, current[item.id.lower()])
        if absent
        else identities.change(item, current[item.id.lower()])
        for item in wanted
    ]
    done = steps if check_mode else _acted(access.azure, steps)
    moved = [item for item in done if item.action != "none"]
    return Result(
        changed=bool(moved),
        data={"identities": [_shown(item.after) for item in done if item.after]},
        before={item.id: _diffed(item.before) for item in moved},
        after={item.id: _diffed(item.after) for item in moved},
    )


def _wanted(options: Mapping[str, Any], access: Access) -> list[identities.Wanted]:
    """Each identity once, however it is spelled."""
    if options.get("plan_path"):
        if options["state"] == "absent":
            raise MigrationError(
                "state: absent deletes only what is listed in identities, and not a whole plan."
            )
        found = [identities.planned(item) for item in read_plan(options["plan_path"]).identities]
    else:
        found = [
            identities.Wanted(
                _id(item, access), bool(item.get("location")), item.get("location"), _tags(item.get("tags"))
            )
            for item in options["identities"]
        ]
    return list({item.id.lower(): item for item in found}.values())


def _id(item: Mapping[str, Any], access: Access) -> str:
    if item.get("id"):
        return identities.resource_id(item["id"])
    subscription = item.get("subscription_id") or access.azure.subscription_id
    return identities.resource_id(
        f"/subscriptions/{subscription}/resourceGroups/{item['resource_group']}"
        f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{item['name']}"
    )


def _tags(tags: Optional[Mapping[str, Any]]) -> Optional[dict[str, str]]:
    return None if tags is None else {str(name): str(value) for name, value in tags.items()}


def _acted(session: AzureSession, steps: list[identities.Change]) -> list[identities.Change]:
    done: list[identities.Change] = []
    for step in steps:
        try:
            done.append(identities.act(session, step))
        except AzureError as error:
            error.data = {
                "changed": any(item.action != "none" for item in done),
                "identities": [_shown(item.after) for item in done if item.after],
            }
            raise
    return done


def _shown(identity: identities.Identity) -> dict[str, str]:
    return {
        "id": identity.id,
        "name": identity.name,
        "location": identity.location,
        "client_id": identity.client_id,
        "principal_id": identity.principal_id,
        "tenant_id": identity.tenant_id,
    }


def _diffed(identity: Optional[identities.Identity]) -> Any:
    return {"location": identity.location, "tags": dict(identity.tags)} if identity else None


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

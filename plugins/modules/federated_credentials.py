# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The federated credentials that one issuer needs on a list of identities."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: federated_credentials
short_description: Let managed identities trust the service accounts of a cluster
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Writes the federated credentials that one issuer needs on a list of user-assigned managed identities.
  - A credential that exists is known by its issuer and subject, whatever its name; then its name stays.
  - Before the first write it looks whether each identity has room, as 20 is the most, and whether its region has
    federated credentials at all.
  - Identities are written side by side, and the credentials of one identity one after another, since Azure refuses
    concurrent writes to one identity. Where somebody else is writing to it, the module waits and tries again, for up
    to ten minutes.
  - In check mode O(issuer) and the identities may be the marked texts that other modules return for what is not known
    yet. Azure is read and nothing is written.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  issuer:
    description:
      - Issuer URL of the cluster, exactly as Azure gives it, with its trailing slash.
      - Required with O(credentials), and with O(plan_path) where the plan was made before the issuer was known.
    type: str
  credentials:
    description:
      - The credentials. Mutually exclusive with O(plan_path); one of the two is required.
    type: list
    elements: dict
    suboptions:
      identity:
        description: Resource ID of the user-assigned managed identity.
        type: str
        required: true
      subject:
        description: Subject of the token, C(system:serviceaccount:<namespace>:<name>) for a service account.
        type: str
        required: true
      name:
        description:
          - Name of a credential that is created. Without it a name is made of subject and issuer.
          - A credential with this name and another issuer or subject is overwritten.
        type: str
      audience:
        description: Audience of the token.
        type: str
        default: api://AzureADTokenExchange
  plan_path:
    description:
      - Plan that M(aksops.workload_identity.migration_plan) wrote. All of its credentials are taken.
    type: path
  identities:
    description:
      - What M(aksops.workload_identity.managed_identities) returned. In check mode it tells which identities are still
        to be created. With O(purge=true) these identities are looked at, too.
    type: list
    elements: dict
    default: []
  purge:
    description:
      - Whether to remove credentials of the same issuer that are not wanted and that this collection has made, which
        it knows by their names. Those of other issuers, and those that anybody else has named, always stay.
    type: bool
    default: false
  state:
    description:
      - V(present) writes the credentials, V(absent) removes them.
      - With O(plan_path), V(absent) removes only those whose name is the one that this collection gives.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: aksops.workload_identity.managed_identities
  - module: aksops.workload_identity.token_exchange_info
"""

EXAMPLES = r"""
- name: Write the credentials of a plan
  aksops.workload_identity.federated_credentials:
    plan_path: ./workload-identity/aks-1.plan.json
    issuer: "{{ issuer.issuer_url }}"
    identities: "{{ identities.identities }}"

- name: Let one identity trust one service account
  aksops.workload_identity.federated_credentials:
    issuer: https://westeurope.oic.prod-aks.azure.com/99999999-8888-7777-6666-555555555555/11111111-0000-0000-0000-000000000000/
    credentials:
      - identity: >-
          /subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shop
        subject: system:serviceaccount:shop:web
"""

RETURN = r"""
credentials:
  description:
    - Each credential and what became of it; on failure those that were done before it.
    - Of more than 60 only the changed ones are listed, and of these the first 60.
  returned: always
  type: list
  elements: dict
  contains:
    identity:
      description: Resource ID of the identity.
      type: str
      returned: always
      sample: >-
        /subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shop
    name:
      description: Name of the credential.
      type: str
      returned: always
      sample: aks-1-shop-web-0a1b2c
    issuer:
      description: Issuer; in check mode a marked text where it is not known yet.
      type: str
      returned: always
      sample: https://westeurope.oic.prod-aks.azure.com/99999999-8888-7777-6666-555555555555/11111111-0000-0000-0000-000000000000/
    subject:
      description: Subject.
      type: str
      returned: always
      sample: system:serviceaccount:shop:web
    outcome:
      description: V(created), V(updated), V(removed), V(unchanged), or V(absent) where there was nothing to remove.
      type: str
      returned: always
      sample: created
credentials_left_out:
  description: How many are not in RV(credentials), as there are too many for a result.
  returned: always
  type: int
  sample: 0
counts:
  description: How many credentials came out how.
  returned: always
  type: dict
  sample: {"created": 3, "updated": 0, "removed": 0, "unchanged": 12, "absent": 0}
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import (
    credential_changes as changes,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import (
    federated_credentials,
    identities,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.errors import AzureError
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration import naming
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import (
    FederatedCredential,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import Plan, is_unknown
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
        "issuer": {"type": "str"},
        "credentials": {
            "type": "list",
            "elements": "dict",
            "options": {
                "identity": {"type": "str", "required": True},
                "subject": {"type": "str", "required": True},
                "name": {"type": "str"},
                "audience": {"type": "str", "default": changes.DEFAULT_AUDIENCE},
            },
        },
        "plan_path": {"type": "path"},
        "identities": {"type": "list", "elements": "dict", "default": []},
        "purge": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
    mutually_exclusive=(("credentials", "plan_path"),),
    required_one_of=(("credentials", "plan_path"),),
    required_by={"credentials": ("issuer",)},
)
_MOST = 60  # credentials in a result; a registered result is kept by the controller for every host


@dataclass(frozen=True)
class Task:
    """What is wanted, however it was given. IDs in ``looked_at`` are spelled as given first."""

    wanted: tuple[changes.Wanted, ...]
    issuer: str  # may be unknown
    ours: Callable[[FederatedCredential], bool]  # whether this collection has made it
    looked_at: tuple[str, ...]  # identities
    new: frozenset[str]  # lower case: those that this run may have made, or would make


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    task = _of_plan(options) if options.get("plan_path") else _of_list(options)
    if not task.looked_at:
        return Result(data=_data(()))
    if is_unknown(task.issuer) and not check_mode:
        raise MigrationError(
            f"The issuer is not known yet: {task.issuer}. Run aks_oidc_issuer on the cluster first and give its"
            " issuer_url as issuer."
        )
    new, unmade = ((), task.new) if check_mode else (task.new, ())
    existing = federated_credentials.read(access.azure, task.looked_at, new, unmade)
    steps, warnings = _steps(task, existing, options)
    if check_mode:
        return _result([step for found in steps.values() for step in found], warnings)
    done = federated_credentials.act(access.azure, steps)
    taken = [step for item in done for step in item.steps]
    errors = [item.error for item in done if item.error is not None]
    if errors:
        raise _failed(errors, taken)
    return _result(taken, warnings)


def _of_plan(options: Mapping[str, Any]) -> Task:
    plan = read_plan(options["plan_path"], options["identities"], options.get("issuer") or "")
    _same_issuer(plan, options.get("issuer") or "")
    wanted = changes.checked(
        changes.Wanted(item.identity_id, item.name, item.issuer, item.subject, item.audience)
        for item in plan.credentials
    )

    def ours(item: FederatedCredential) -> bool:
        account = changes.account_of(item.subject)
        return bool(account) and item.name == naming.credential(plan.cluster_id, plan.cluster_name, *account)

    of_plan = [item.id for item in plan.identities] if options["purge"] else []
    created = {item.id.lower() for item in plan.identities if item.create}
    return Task(wanted, plan.issuer_url, ours, _looked_at(wanted, options, of_plan), _new(options) | created)


def _of_list(options: Mapping[str, Any]) -> Task:
    issuer = options["issuer"]
    wanted = changes.checked(
        changes.Wanted(
            identity_id=identities.resource_id(item["identity"]),
            name=item.get("name") or changes.own_name(issuer, item["subject"]),
            issuer=issuer,
            subject=item["subject"],
            audience=item["audience"],
        )
        for item in options["credentials"]
    )

    def ours(item: FederatedCredential) -> bool:
        return item.name == changes.own_name(item.issuer, item.subject)

    return Task(wanted, issuer, ours, _looked_at(wanted, options, []), _new(options))


def _same_issuer(plan: Plan, issuer: str) -> None:
    if issuer and not is_unknown(issuer) and plan.issuer_url != issuer:
        raise MigrationError(
            f"{plan.cluster_name}: the plan was made for the issuer {plan.issuer_url}, and issuer is {issuer}; a"
            " trailing slash counts. Give the cluster's issuer as aks_oidc_issuer returns it, or plan anew."
        )


def _looked_at(
    wanted: Sequence[changes.Wanted], options: Mapping[str, Any], more: Sequence[str]
) -> tuple[str, ...]:
    given = [str(item["id"]) for item in options["identities"] if item.get("id")] if options["purge"] else []
    found = [*(item.identity_id for item in wanted), *given, *more]
    first: dict[str, str] = {}
    for item in found:
        first.setdefault(item.lower(), item)
    return tuple(first.values())


def _new(options: Mapping[str, Any]) -> frozenset[str]:
    """Identities whose client ID is not known: check mode of managed_identities would make them."""
    return frozenset(
        str(item["id"]).lower()
        for item in options["identities"]
        if item.get("id") and is_unknown(item.get("client_id"))
    )


def _steps(
    task: Task, existing: Mapping[str, Sequence[FederatedCredential]], options: Mapping[str, Any]
) -> tuple[dict[str, tuple[changes.Step, ...]], tuple[str, ...]]:
    """The steps by identity, and warnings. Raises AzureError for all identities that have no room at once."""

    def purgeable(item: FederatedCredential) -> bool:
        return bool(options["purge"]) and item.issuer == task.issuer and task.ours(item)

    def removable(item: FederatedCredential) -> bool:
        return not options.get("plan_path") or task.ours(item)

    steps: dict[str, tuple[changes.Step, ...]] = {}
    warnings: list[str] = []
    refused: list[str] = []
    for identity_id in task.looked_at:
        there = existing[identity_id.lower()]
        wanted = [item for item in task.wanted if item.identity_id.lower() == identity_id.lower()]
        if options["state"] == "absent":
            steps[identity_id] = changes.absent(identity_id, wanted, there, removable)
            continue
        try:
            steps[identity_id] = changes.present(identity_id, wanted, there, purgeable)
        except AzureError as error:
            refused.append(str(error))
            continue
        warnings += changes.near_misses(identity_id, steps[identity_id], there)
    if refused:
        raise AzureError(" ".join([*refused, "Nothing was written."]))
    return steps, tuple(warnings)


def _failed(errors: Sequence[AzureError], taken: Sequence[changes.Step]) -> AzureError:
    first = errors[0]
    words = [str(error) for error in errors]
    return AzureError(
        " ".join(dict.fromkeys(words)),
        status=first.status,
        code=first.code,
        resource_id=first.resource_id,
        data={"changed": any(step.changes for step in taken), **_data(taken)},
    )


def _result(steps: Sequence[changes.Step], warnings: tuple[str, ...]) -> Result:
    moved = [step for step in steps if step.changes]
    before: dict[str, dict[str, Any]] = {}
    after: dict[str, dict[str, Any]] = {}
    for step in moved:
        before.setdefault(step.identity_id, {})
        after.setdefault(step.identity_id, {})
        if step.before is not None:
            before[step.identity_id][step.before.name] = _diffed(step.before)
        if step.outcome != "removed":
            after[step.identity_id][step.credential.name] = _diffed(step.credential)
    return Result(changed=bool(moved), data=_data(steps), before=before, after=after, warnings=warnings)


def _data(steps: Sequence[changes.Step]) -> dict[str, Any]:
    listed = list(steps) if len(steps) <= _MOST else [step for step in steps if step.changes][:_MOST]
    return {
        "credentials": [_shown(step) for step in listed],
        "credentials_left_out": len(steps) - len(listed),
        "counts": dict(changes.counts(steps)),
    }


def _shown(step: changes.Step) -> dict[str, str]:
    return {
        "identity": step.identity_id,
        "name": step.credential.name,
        "issuer": step.credential.issuer,
        "subject": step.credential.subject,
        "outcome": step.outcome,
    }


def _diffed(item: Optional[FederatedCredential]) -> Any:
    return (
        {"issuer": item.issuer, "subject": item.subject, "audiences": list(item.audiences)} if item else None
    )


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

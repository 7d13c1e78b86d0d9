# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of a cluster and the team's options to a plan."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: migration_plan
short_description: Plan the migration of one AKS cluster to workload identity
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Makes a plan of the facts that M(aksops.workload_identity.pod_identity_info) wrote and of the options given here.
    It says which identities, federated credentials and service accounts are needed, what becomes of each workload
    and in which wave, and what stands in the way.
  - It asks neither Azure nor the cluster. The same facts and options always give the same plan.
  - The plan goes to the file O(plan_path), which the other modules take; the result holds counts, findings and a few
    lines to read.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing. The file O(plan_path) is written in check mode, too, since later tasks read it.
  diff_mode:
    support: none
options:
  facts_path:
    description:
      - File with the facts of the cluster.
    type: path
    required: true
  plan_path:
    description:
      - File that takes the plan as JSON. It is written with mode V(0600), its folder is made with mode V(0700).
    type: path
    required: true
  reviewed_plan:
    description:
      - File with a plan of this cluster that people have read, and perhaps edited. It becomes the plan as it is, with
        the findings of now.
      - It is refused, with the differences, if the cluster has moved on since in a way that matters, such as a
        workload that is new, gone, on another service account or bound to another identity. Replicas, images,
        health and what an earlier run of this plan has done do not matter.
      - It is refused as well if it was edited into one that cannot be carried out.
      - It may be the same file as O(plan_path).
    type: path
  fleet_plans:
    description:
      - Plan files of other clusters. Their federated credentials are counted where they are on the same identities,
        since an identity takes at most 20.
    type: list
    elements: path
    default: []
  rules:
    description:
      - Choices for workloads by pattern. A rule applies to the workloads that match all patterns that it has.
      - Each choice comes from the most specific rule that makes it. The name counts before labels, labels before the
        namespace, the namespace before the kind, and a literal before a pattern; of two alike the later one wins.
    type: list
    elements: dict
    default: []
    suboptions:
      namespace:
        description: Pattern for the namespace, as in a shell.
        type: str
      kind:
        description: Pattern for the kind, for example V(Deployment).
        type: str
      name:
        description: Pattern for the name.
        type: str
      labels:
        description: Labels that the workload itself has to have; values are patterns.
        type: dict
      include:
        description: V(false) leaves the workloads on Pod Identity.
        type: bool
      method:
        description:
          - V(direct) lets the application use the federated token by its SDK.
          - V(proxy) adds the migration proxy for applications whose SDK is too old. It is meant for a passage only.
          - Without a rule it is V(direct).
        type: str
        choices: [direct, proxy]
      service_account:
        description: Name of the service account to use; one that does not exist is created.
        type: str
      identity:
        description:
          - Resource ID of a user-assigned identity, or the client ID or name of one of the workload's AzureIdentities.
          - V(application) keeps the application of an AzureIdentity of type 1 or 2, whose federated credential you
            create yourself.
        type: str
      wave:
        description: The wave in which the workloads are switched; V(0) is the canary.
        type: int
      apply:
        description:
          - V(live) changes them in place, V(export) writes the patch to a file for the repository that owns them,
            V(none) passes them over.
          - Without a rule it is V(export) for what Argo CD, Flux or an operator owns and V(live) for the rest.
        type: str
        choices: [live, export, none]
  regions:
    description:
      - Regions for identities that have to be created anew since theirs knows no federated credentials. The first
        one that is not the identity's own is taken.
    type: list
    elements: str
    default: []
  identity_resource_group:
    description:
      - Resource group for such identities. Without it each is created in the group of the one that it replaces.
    type: str
  service_account_mode:
    description:
      - V(separate) gives workloads of different identities different service accounts.
      - V(share) keeps each workload's service account; where it serves several identities, pods name theirs by
        C(AZURE_CLIENT_ID).
    type: str
    choices: [separate, share]
    default: separate
  waves:
    description:
      - Sizes of the waves, as numbers of workloads or percentages of them. What is left over makes a last wave.
    type: list
    elements: str
    default: ['1', 100%]
  audience:
    description:
      - Audience of the federated credentials.
    type: str
    default: api://AzureADTokenExchange
  acknowledge:
    description:
      - Codes of findings that are known and accepted. Blockers that the list of findings marks as such become warnings.
    type: list
    elements: str
    default: []
seealso:
  - module: aksops.workload_identity.pod_identity_info
  - module: aksops.workload_identity.workloads
"""

EXAMPLES = r"""
- name: Plan the migration of a cluster
  aksops.workload_identity.migration_plan:
    facts_path: ./workload-identity/aks-1.facts.json
    plan_path: ./workload-identity/aks-1.plan.json
  register: planned

- name: Show it
  ansible.builtin.debug:
    msg: "{{ planned.summary }}"

- name: Plan with choices of the team
  aksops.workload_identity.migration_plan:
    facts_path: ./workload-identity/aks-1.facts.json
    plan_path: ./workload-identity/aks-1.plan.json
    regions: [westeurope]
    waves: ['1', 25%, 100%]
    rules:
      - namespace: legacy-*
        method: proxy
      - namespace: sandbox
        include: false

- name: Take the plan that the team has reviewed
  aksops.workload_identity.migration_plan:
    facts_path: ./workload-identity/aks-1.facts.json
    plan_path: ./workload-identity/aks-1.plan.json
    reviewed_plan: ./reviewed/aks-1.plan.json
"""

RETURN = r"""
state:
  description:
    - V(nothing_to_migrate), V(ready), V(partly_blocked) (some workloads cannot be switched as things are) or
      V(blocked) (none can, or something stands in the way of the whole cluster).
  returned: success
  type: str
  sample: ready
plan_path:
  description: The file with the plan.
  returned: success
  type: str
  sample: ./workload-identity/aks-1.plan.json
counts:
  description: How many of each there are.
  returned: success
  type: dict
  sample:
    workloads: 9
    workloads_live: 8
    workloads_passed_over: 1
    federated_credentials: 4
    blockers: 1
findings:
  description: What the operator has to know, gravest first, as many as a result bears; all are in the plan.
  returned: success
  type: list
  elements: dict
  sample:
    - code: region-without-support
      severity: blocker
      where: AzureIdentity team-a/app
      message: The identity lies in a region where identities cannot have federated credentials.
      remedy: Give regions for its re-creation or name another identity in a rule.
findings_left_out:
  description: How many findings are in the plan only.
  returned: success
  type: int
  sample: 0
identities:
  description: Identities that the workloads will use, at most 50.
  returned: success
  type: list
  elements: dict
  sample:
    - id: /subscriptions/0000/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app
      create: false
waves:
  description: How many workloads each wave switches or exports.
  returned: success
  type: list
  elements: dict
  sample:
    - wave: 0
      workloads: 1
summary:
  description: A few lines for people.
  returned: success
  type: list
  elements: str
  sample:
    - 'aks-1: ready'
    - '  Pod Identity: Helm release aad-pod-identity (aad-pod-identity-4.1.18) in default, standard mode, v1.8.17'
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._plan_files import plan_to_file

_RULE = {
    "namespace": {"type": "str"},
    "kind": {"type": "str"},
    "name": {"type": "str"},
    "labels": {"type": "dict"},
    "include": {"type": "bool"},
    "method": {"type": "str", "choices": ["direct", "proxy"]},
    "service_account": {"type": "str"},
    "identity": {"type": "str"},
    "wave": {"type": "int"},
    "apply": {"type": "str", "choices": ["live", "export", "none"]},
}

SPEC = ModuleSpec(
    azure=False,
    options={
        "facts_path": {"type": "path", "required": True},
        "plan_path": {"type": "path", "required": True},
        "reviewed_plan": {"type": "path"},
        "fleet_plans": {"type": "list", "elements": "path", "default": []},
        "rules": {"type": "list", "elements": "dict", "default": [], "options": _RULE},
        "regions": {"type": "list", "elements": "str", "default": []},
        "identity_resource_group": {"type": "str"},
        "service_account_mode": {"type": "str", "choices": ["separate", "share"], "default": "separate"},
        "waves": {"type": "list", "elements": "str", "default": ["1", "100%"]},
        "audience": {"type": "str", "default": "api://AzureADTokenExchange"},
        "acknowledge": {"type": "list", "elements": "str", "default": []},
    },
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    return Result(data=plan_to_file(options))


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

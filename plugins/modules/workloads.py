# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workloads from Pod Identity to Workload Identity, and back."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: workloads
short_description: Switch workloads to Microsoft Entra Workload Identity, or put them back on AAD Pod Identity
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - With O(state=workload_identity) each wave of workloads is switched together. First every service account
    of the wave has to get its token; then the pod templates are patched; then all rollouts are waited for
    side by side; then the pods are watched for O(quiet_time), and what the webhook put into them is compared
    with the plan.
  - A workload that fails any of this after its template was changed goes back by itself, is held, and the
    module fails naming it. No later wave is started.
  - What undoes a switch is written in the same request as the switch, as an annotation on the workload. With
    O(state=pod_identity) workloads are put back by it, and their pod templates are as they were, byte for
    byte.
  - A run that was killed is taken up by the next one, since all that is remembered lies on the workloads.
  - Workloads that are unhealthy, paused or in the middle of a rollout are passed over unless O(force) is set.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
  - aksops.workload_identity.kubernetes
attributes:
  check_mode:
    support: full
    details:
      - Patches go to the API server as server-side dry runs, and each new template is also sent as a dry-run
        pod, to see what admission and the webhook make of it. Where webhook or account do not exist yet, the
        detail says C(not checked).
  diff_mode:
    support: full
options:
  state:
    description:
      - Where the workloads are to be.
    type: str
    choices: [workload_identity, pod_identity]
    default: workload_identity
  plan_path:
    description:
      - Plan that M(aksops.workload_identity.migration_plan) wrote. For O(state=workload_identity) either this
        or O(workloads) is required.
    type: path
  identities:
    description:
      - What M(aksops.workload_identity.managed_identities) returned; fills in client IDs that were not known
        when the plan was made.
    type: list
    elements: dict
    default: []
  workloads:
    description:
      - For O(state=workload_identity) the workloads themselves, each with O(workloads[].kind),
        O(workloads[].namespace), O(workloads[].name) and O(workloads[].service_account).
      - For O(state=pod_identity) patterns; a key that is left out fits everything, and without any entry all
        workloads that this collection switched are put back.
    type: list
    elements: dict
    suboptions:
      kind:
        description: Kind of the workload, such as V(Deployment).
        type: str
      namespace:
        description: Namespace; for O(state=pod_identity) a shell pattern.
        type: str
      name:
        description: Name; for O(state=pod_identity) a shell pattern.
        type: str
      service_account:
        description: Account that the pods are to run as; it has to carry the annotations of its identity.
        type: str
      method:
        description: V(proxy) adds the migration proxy sidecar for code that cannot use a federated token.
        type: str
        choices: [direct, proxy]
        default: direct
      wave:
        description: Waves go one after another, by number.
        type: int
        default: 0
  until_wave:
    description: The last wave to start. Later ones are reported as blocked.
    type: int
  wave:
    description: The only wave to start.
    type: int
  prove:
    description: Whether each service account has to get its token before its workloads are touched.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for the rollouts of a wave, and for the propagation of new credentials.
    type: int
    default: 1800
  quiet_time:
    description: Seconds without a restart after the rollout; V(0) skips it.
    type: int
    default: 30
  poll_interval:
    description: The longest pause in seconds between two looks at the cluster.
    type: int
    default: 10
  force:
    description:
      - For O(state=workload_identity) also workloads that are unhealthy now.
      - For O(state=pod_identity) also workloads that somebody else has changed since the switch; what was
        changed is left as it is.
    type: bool
    default: false
  retry_held:
    description: Whether workloads are tried again that an earlier run put back and holds.
    type: bool
    default: false
  hold:
    description: For O(state=pod_identity), whether later runs pass over the workloads until O(retry_held) is
      set.
    type: bool
    default: false
  export_path:
    description:
      - Folder for the patches of workloads that something else owns, which has to apply them. The default is
        the folder C(exports) beside O(plan_path).
    type: path
seealso:
  - module: aksops.workload_identity.migration_plan
  - module: aksops.workload_identity.service_accounts
"""

EXAMPLES = r"""
- name: Switch the first wave of a plan
  aksops.workload_identity.workloads:
    resource_group: rg-aks
    cluster_name: aks-1
    plan_path: ./workload-identity/aks-1.plan.json
    until_wave: 0

- name: Switch one workload, with the migration proxy
  aksops.workload_identity.workloads:
    resource_group: rg-aks
    cluster_name: aks-1
    workloads:
      - kind: Deployment
        namespace: team-a
        name: legacy
        service_account: legacy
        method: proxy

- name: Put all workloads of one team back
  aksops.workload_identity.workloads:
    resource_group: rg-aks
    cluster_name: aks-1
    state: pod_identity
    workloads:
      - namespace: team-a
"""

RETURN = r"""
workloads:
  description: What became of each workload, failures first in case that there are more than 200.
  returned: always
  type: list
  elements: dict
  contains:
    ref:
      description: Kind, namespace and name.
      type: str
      returned: always
      sample: Deployment team-a/web
    state:
      description:
        - V(switched) in this run, or V(already) before it; V(masked), switched with the label
          C(aadpodidbinding) kept since the selector needs it; V(waiting_for_pod), switched with no pod to be
          seen yet.
        - V(rolled_back), gone back to Pod Identity; V(held), rolled back by an earlier run and passed over.
        - V(exported), its patch is written out for whoever owns it; V(blocked), not started; V(failed).
      type: str
      returned: always
      sample: switched
    wave:
      description: Number of its wave.
      type: int
      returned: always
      sample: 0
    detail:
      description: Why, where there is something to say.
      type: str
      returned: always
      sample: ''
counts:
  description: How many workloads are in each state.
  returned: always
  type: dict
  sample:
    switched: 5
    already: 0
    masked: 0
    held: 0
    rolled_back: 0
    exported: 0
    waiting_for_pod: 1
    failed: 0
    blocked: 0
    total: 6
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes import moving
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)

SPEC = ModuleSpec(
    kubernetes=True,
    options={
        "state": {
            "type": "str",
            "choices": ["workload_identity", "pod_identity"],
            "default": "workload_identity",
        },
        "plan_path": {"type": "path"},
        "identities": {"type": "list", "elements": "dict", "default": []},
        "workloads": {
            "type": "list",
            "elements": "dict",
            "options": {
                "kind": {"type": "str"},
                "namespace": {"type": "str"},
                "name": {"type": "str"},
                "service_account": {"type": "str"},
                "method": {"type": "str", "choices": ["direct", "proxy"], "default": "direct"},
                "wave": {"type": "int", "default": 0},
            },
        },
        "until_wave": {"type": "int"},
        "wave": {"type": "int"},
        "prove": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 1800},
        "quiet_time": {"type": "int", "default": 30},
        "poll_interval": {"type": "int", "default": 10},
        "force": {"type": "bool", "default": False},
        "retry_held": {"type": "bool", "default": False},
        "hold": {"type": "bool", "default": False},
        "export_path": {"type": "path"},
    },
    mutually_exclusive=(("plan_path", "workloads"), ("until_wave", "wave")),
    required_if=(("state", "workload_identity", ("plan_path", "workloads"), True),),
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    return Result(**moving.move(options, access, check_mode))


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

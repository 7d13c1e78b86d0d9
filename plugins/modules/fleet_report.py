# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts and plans of a fleet to a report for people and programs."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: fleet_report
short_description: Report on a fleet of AKS clusters on their way to workload identity
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Makes one report of the facts and plans of any number of clusters, as they were written by
    M(aksops.workload_identity.pod_identity_info) and M(aksops.workload_identity.migration_plan).
  - It tells how far each cluster is with each step, what stands in the way, in what state each workload is, and how
    much room for federated credentials each identity has.
  - The HTML file holds all that it needs. It asks for nothing from the network, and its filters need no server.
  - It asks neither Azure nor the clusters. The same files and the same O(made_at) always give the same report.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
attributes:
  check_mode:
    support: full
    details:
      - The module changes no cluster. The files of the report are written in check mode, too.
  diff_mode:
    support: none
options:
  clusters:
    description:
      - The clusters, in any order.
    type: list
    elements: dict
    required: true
    suboptions:
      cluster:
        description: Name of the cluster in the report; each has its own.
        type: str
        required: true
      facts_path:
        description: File with the facts of the cluster. Without it the cluster is reported as not readable.
        type: path
      plan_path:
        description: File with the plan of the cluster.
        type: path
      reason:
        description: Why there are no facts of the cluster.
        type: str
      exchanges:
        description:
          - What M(aksops.workload_identity.token_exchange_info) returned, each with C(namespace),
            C(service_account), C(outcome) and C(explanation). Workloads whose service account was given its token are
            reported as verified.
          - Without it no workload is.
        type: list
        elements: dict
  folder:
    description:
      - Folder for the files. It is made with mode V(0700), the files have mode V(0600).
    type: path
    required: true
  formats:
    description:
      - What to write. V(html) is C(report.html), V(markdown) C(report.md), V(json) C(report.json), V(csv) the two
        tables C(report.workloads.csv) and C(report.findings.csv).
    type: list
    elements: str
    choices: [html, markdown, json, csv]
    default: [html, markdown, json, csv]
  title:
    description:
      - Title of the report.
    type: str
    default: Migration to Workload Identity
  made_at:
    description:
      - The time that the report gives as its own, in UTC, as in V(2026-11-23T22:30:00Z). It is the present without it.
    type: str
seealso:
  - module: aksops.workload_identity.pod_identity_info
  - module: aksops.workload_identity.migration_plan
  - module: aksops.workload_identity.token_exchange_info
"""

EXAMPLES = r"""
- name: Report on two clusters, one of which could not be read
  aksops.workload_identity.fleet_report:
    title: Clusters of the shop
    folder: ./workload-identity
    clusters:
      - cluster: aks-1
        facts_path: ./workload-identity/aks-1.facts.json
        plan_path: ./workload-identity/aks-1.plan.json
      - cluster: aks-2
        reason: The cluster is stopped.
  register: report

- name: Only the page, for a pipeline that publishes it
  aksops.workload_identity.fleet_report:
    folder: ./public
    formats: [html]
    clusters:
      - cluster: aks-1
        facts_path: ./workload-identity/aks-1.facts.json
        plan_path: ./workload-identity/aks-1.plan.json
"""

RETURN = r"""
files:
  description: The files that were written. Keys are C(html), C(markdown), C(json), C(csv_workloads), C(csv_findings).
  returned: success
  type: dict
  sample:
    html: ./workload-identity/report.html
    json: ./workload-identity/report.json
counts:
  description: Figures of the fleet.
  returned: success
  type: dict
  sample:
    clusters: 3
    clusters_not_readable: 0
    clusters_blocked: 1
    clusters_free: 0
    workloads: 16
    workloads_switched: 3
    workloads_blocked: 1
    workloads_excluded: 0
    blockers: 1
    warnings: 4
    notes: 7
clusters:
  description: The state of each cluster, those in trouble first, at most 200.
  returned: success
  type: list
  elements: dict
  contains:
    cluster:
      description: Its name.
      type: str
      returned: always
      sample: aks-1
    state:
      description:
        - V(not_readable), V(blocked), V(partly_blocked), V(ready), V(under_way), V(switched) (all workloads are, Pod
          Identity is still there), V(unused) (Pod Identity is there, and nothing uses it) or V(free).
      type: str
      returned: always
      sample: under_way
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._report_files import report_to_files

_CLUSTER = {
    "cluster": {"type": "str", "required": True},
    "facts_path": {"type": "path"},
    "plan_path": {"type": "path"},
    "reason": {"type": "str"},
    "exchanges": {"type": "list", "elements": "dict"},
}
_FORMATS = ["html", "markdown", "json", "csv"]

SPEC = ModuleSpec(
    azure=False,
    options={
        "clusters": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": _CLUSTER,
            "required_together": [["facts_path", "plan_path"]],
        },
        "folder": {"type": "path", "required": True},
        "formats": {"type": "list", "elements": "str", "choices": _FORMATS, "default": _FORMATS},
        "title": {"type": "str", "default": "Migration to Workload Identity"},
        "made_at": {"type": "str"},
    },
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    return Result(data=report_to_files(options))


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

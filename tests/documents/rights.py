# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/rights from the one table of rights.

``PYTHONPATH=tests:.cache/collections python -m documents.rights``
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.kubernetes_rights import (
    KUBERNETES,
    kubernetes_rules,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.rights import (
    AZURE,
    STEPS,
    azure_rights,
)

ROOT = Path(__file__).absolute().parents[2]
HEADER = """# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""
HEADER_MARKDOWN = """<!--
Copyright (c) 2026, the aksops.workload_identity contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->
"""
NAMES = {
    "assess": "AKS Workload Identity: assess and verify",
    "migrate": "AKS Workload Identity: migrate and roll back",
    "retire": "AKS Workload Identity: retire Pod Identity",
}


class _Indented(yaml.SafeDumper):
    """Lists are indented below their key, as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def role_definition(step: str) -> str:
    """A custom role as ``az role definition create --role-definition`` takes it."""
    return (
        json.dumps(
            {
                "Name": NAMES[step],
                "IsCustom": True,
                "Description": f"What the playbook {step} of aksops.workload_identity needs.",
                "Actions": sorted(right.action for right in azure_rights(step)),
                "NotActions": [],
                "DataActions": [],
                "NotDataActions": [],
                "AssignableScopes": ["/subscriptions/00000000-0000-0000-0000-000000000000"],
            },
            indent=2,
        )
        + "\n"
    )


def cluster_role(step: str) -> str:
    """A ClusterRole with the rules of a step, as ``kubectl apply -f`` takes it."""
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": f"workload-identity-{step}"},
        "rules": [
            {"apiGroups": list(rule.groups), "resources": list(rule.resources), "verbs": list(rule.verbs)}
            for rule in kubernetes_rules(step)
        ],
    }
    return HEADER + "---\n" + yaml.dump(role, Dumper=_Indented, sort_keys=False)


def page() -> str:
    azure = "".join(
        f"| {right.step} | `{right.action}` | {right.scope} | {right.why} | {right.when or 'always'} |\n"
        for right in AZURE
    )
    kubernetes = "".join(
        f"| {rule.step} | {', '.join(f'`{group}`' if group else 'core' for group in rule.groups)} "
        f"| {', '.join(f'`{resource}`' for resource in rule.resources)} "
        f"| {', '.join(f'`{verb}`' for verb in rule.verbs)} | {rule.why} |\n"
        for rule in KUBERNETES
    )
    return (
        HEADER_MARKDOWN
        + """# Rights

Each step asks for what it needs and no more. `verify` needs what `assess` needs, and `rollback` what
`migrate` needs; `migrate` and `retire` include the rights of `assess`. The files are ready to use:

| step | Azure | Kubernetes |
|---|---|---|
"""
        + "".join(
            f"| {step} | [custom role](rights/{step}.json) | [ClusterRole](rights/{step}.yml) |\n"
            for step in STEPS
        )
        + f"""
Put your subscription into `AssignableScopes` and create the role with `az role definition create
--role-definition @file`.

On clusters without Entra integration the user credential of AKS is an administrator of the cluster: there
the Azure right to list it is all that is needed, and the ClusterRoles have no effect.
`serviceaccounts/token` may be narrowed to the accounts of a plan with `resourceNames`. Giving a new
account the role bindings of an old one needs the right to bind those roles (`bind` on them, or having all
that they grant).

## Azure

| step | action | at | to | needed when |
|---|---|---|---|---|
{azure}
Writing a cluster makes Azure look at what it refers to: identities of the cluster ask for
`Microsoft.ManagedIdentity/userAssignedIdentities/assign/action`, subnets and route tables for join actions.

## Kubernetes

| step | API group | resources | verbs | to |
|---|---|---|---|---|
{kubernetes}"""
    )


def files() -> dict[Path, str]:
    folder = ROOT / "docs/rights"
    written = {ROOT / "docs/rights.md": page()}
    for step in STEPS:
        written[folder / f"{step}.json"] = role_definition(step)
        written[folder / f"{step}.json.license"] = HEADER.replace("# ", "")
        written[folder / f"{step}.yml"] = cluster_role(step)
    return written


def main() -> None:
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()

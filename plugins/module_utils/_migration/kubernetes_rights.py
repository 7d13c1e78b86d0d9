# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Every right that the steps need in Kubernetes."""

from __future__ import annotations

from dataclasses import dataclass

from .kinds import KINDS


@dataclass(frozen=True)
class KubernetesRule:
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    step: str
    why: str
    subresource_of_plan: bool = False  # may be narrowed to the accounts of the plan (resourceNames)


_READ = ("get", "list")
_WORKLOADS_APPS = ("deployments", "statefulsets", "daemonsets", "replicasets")


def _group_of(path: str) -> str:
    return "" if path.startswith("/api/") else path.split("/")[2]


def _listed() -> tuple[KubernetesRule, ...]:
    """What discovery lists, one rule for each API group."""
    groups: dict[str, list[str]] = {}
    for kind in KINDS:
        groups.setdefault(_group_of(kind.path), []).append(kind.path.rsplit("/", 1)[1])
    return tuple(
        KubernetesRule((group,), tuple(sorted(resources)), _READ, "assess", "read what uses Pod Identity")
        for group, resources in sorted(groups.items())
    )


KUBERNETES: tuple[KubernetesRule, ...] = (
    *_listed(),
    KubernetesRule(
        ("",), ("serviceaccounts",), ("create", "patch", "update"), "migrate", "annotate or create accounts"
    ),
    KubernetesRule(
        ("",),
        ("serviceaccounts/token",),
        ("create",),
        "migrate",
        "prove that accounts get their token",
        subresource_of_plan=True,
    ),
    KubernetesRule(
        ("rbac.authorization.k8s.io",),
        ("rolebindings", "clusterrolebindings"),
        ("patch", "update"),
        "migrate",
        "give a new account the role bindings of the old one; also needs the right to bind those roles",
    ),
    KubernetesRule(("apps",), _WORKLOADS_APPS, ("patch", "update"), "migrate", "switch workloads, and back"),
    KubernetesRule(
        ("batch",), ("cronjobs", "jobs"), ("patch", "update"), "migrate", "switch workloads, and back"
    ),
    KubernetesRule(
        ("",), ("replicationcontrollers",), ("patch", "update"), "migrate", "switch workloads, and back"
    ),
    KubernetesRule(
        ("",),
        ("pods",),
        ("create",),
        "migrate",
        "dry-run a pod of each new template",
    ),
    KubernetesRule(
        ("secrets-store.csi.x-k8s.io",),
        ("secretproviderclasses",),
        ("create", "patch"),
        "migrate",
        "clone dependants",
    ),
    KubernetesRule(
        ("keda.sh",),
        ("triggerauthentications", "scaledobjects", "scaledjobs"),
        (*_READ, "create", "patch"),
        "migrate",
        "clone dependants",
    ),
    KubernetesRule(
        ("aadpodidentity.k8s.io",),
        ("*",),
        ("get", "list", "delete", "patch", "update", "create"),
        "retire",
        "remove Pod Identity, or put it back from the backup",
    ),
    KubernetesRule(
        ("apiextensions.k8s.io",),
        ("customresourcedefinitions",),
        ("get", "list", "delete"),
        "retire",
        "remove its CRDs",
    ),
    KubernetesRule(
        ("apps",), ("deployments", "daemonsets"), ("delete", "patch"), "retire", "remove MIC and NMI"
    ),
    KubernetesRule(
        ("",),
        ("serviceaccounts", "services", "configmaps", "endpoints", "secrets"),
        (*_READ, "delete"),
        "retire",
        "remove what belongs to MIC and NMI; Helm keeps its releases in secrets",
    ),
    KubernetesRule(("coordination.k8s.io",), ("leases",), (*_READ, "delete"), "retire", "remove MIC's lock"),
    KubernetesRule(("policy",), ("poddisruptionbudgets",), ("delete",), "retire", "remove MIC's budget"),
    KubernetesRule(
        ("rbac.authorization.k8s.io",),
        ("roles", "rolebindings", "clusterroles", "clusterrolebindings"),
        (*_READ, "delete"),
        "retire",
        "remove the roles of MIC and NMI",
    ),
)


def kubernetes_rules(step: str) -> tuple[KubernetesRule, ...]:
    return tuple(rule for rule in KUBERNETES if rule.step in ("assess", step))

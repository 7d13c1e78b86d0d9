# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""From the API server and Resource Manager to a file of facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._files import write_private
from .._migration.discovery import KINDS, discover, identity_ids
from .._migration.facts import AzureSide, ClusterFacts, Facts, Finding, RawCluster
from .._migration.records import to_data
from .._migration.targets import successor_id
from .access import cluster_path
from .client import KubernetesClient
from .lists import read

_MOST_FINDINGS = 50  # in a result; a registered result is kept by the controller for every host
_SEVERITIES = ("blocker", "warning", "note")


def read_cluster(options: Mapping[str, Any], access: Any) -> tuple[RawCluster, Facts]:
    """The cluster as it is now: one list per kind, then what Azure knows of the identities that these name.

    Raises KubernetesError or AzureError.
    """
    client: KubernetesClient = access.kubernetes
    raw = read(client, KINDS)
    return raw, discover(raw, _azure_side(options, access, raw))


def discover_to_file(options: Mapping[str, Any], access: Any) -> dict[str, Any]:
    """Reads, writes the facts to ``facts_path`` and gives the small result of the module."""
    _raw, facts = read_cluster(options, access)
    write_private(str(options["facts_path"]), to_data(facts))
    return {
        "cluster": cluster_summary(facts.azure.cluster),
        "installations": [to_data(item) for item in facts.installations],
        "counts": counts(facts),
        "findings": capped(facts.findings),
        "unreadable": [to_data(item) for item in facts.unreadable if not item.missing][:_MOST_FINDINGS],
        "facts_path": str(options["facts_path"]),
        "webhook": facts.webhook,
        "requests": access.kubernetes.requests,
    }


def counts(facts: Facts) -> dict[str, int]:
    return {
        "installations": len(facts.installations),
        "identities": len(facts.identities),
        "bindings": len(facts.bindings),
        "exceptions": len(facts.exceptions),
        "assigned": len(facts.assigned),
        "workloads": len(facts.workloads),
        "switched": sum(1 for item in facts.workloads if item.switched),
        "held": sum(1 for item in facts.workloads if item.held),
        "dependants": len(facts.dependants),
        "crds": len(facts.crds),
        **{
            f"{severity}s": sum(1 for item in facts.findings if item.severity == severity)
            for severity in _SEVERITIES
        },
    }


def capped(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings for a result, gravest first."""
    order = {severity: index for index, severity in enumerate(_SEVERITIES)}
    chosen = sorted(findings, key=lambda item: order.get(item.severity, len(order)))[:_MOST_FINDINGS]
    return [to_data(item) for item in chosen]


def cluster_summary(cluster: ClusterFacts) -> dict[str, Any]:
    data: dict[str, Any] = to_data(cluster)
    profile = data.pop("pod_identity_profile", None)
    data["pod_identity_addon"] = bool(profile and profile.get("enabled"))
    return data


def _azure_side(options: Mapping[str, Any], access: Any, raw: RawCluster) -> AzureSide:
    if not options.get("azure", True):
        return AzureSide(cluster=_unasked(access.kubernetes, options))
    from .._azure.side import read as read_side

    cluster_path(options, access.azure)  # tells which option is missing before anything is asked
    regions, group = options.get("regions") or (), str(options.get("identity_resource_group") or "")
    side: AzureSide = read_side(
        access.azure,
        options["resource_group"],
        options["cluster_name"],
        identity_ids(raw),
        lambda identity: successor_id(identity, regions, group),
    )
    return side


def _unasked(client: KubernetesClient, options: Mapping[str, Any]) -> ClusterFacts:
    """A cluster of which only the API server was asked."""
    return ClusterFacts(
        id="",
        name=str(options.get("cluster_name") or client.cluster),
        resource_group=str(options.get("resource_group") or ""),
        subscription_id="",
        tenant_id=None,
        location="",
        kubernetes_version=client.server_version.lstrip("v"),
        provisioning_state="unknown",
        power_state="unknown",
        node_resource_group="",
        oidc_issuer_enabled=False,
        issuer_url=None,
        workload_identity_enabled=False,
        pod_identity_profile=None,
    )

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""From the facts and plans of any number of clusters to one report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from .._migration.facts import Facts, Finding
from .._migration.plan import Plan
from .._migration.summary import installed
from . import budgets, steps, workloads
from .record import REPORT_SCHEMA, ClusterInput, Report, ReportedCluster, ReportedFinding, ReportedWorkload
from .words import CLUSTER_STATES, SEVERITIES, WORKLOAD_STATES

_MOST_WORDS = 600  # of a reason; a service's answer can be a page


def assemble(inputs: Sequence[ClusterInput], title: str, made_at: str, version: str) -> Report:
    """The report: clusters by state and name, findings gravest first. The same inputs always give the same.

    Raises ValueError where two inputs have the same name.
    """
    doubles = [name for name, number in Counter(item.cluster for item in inputs).items() if number > 1]
    if doubles:
        raise ValueError(f"the cluster {sorted(doubles)[0]} is given more than once")
    clusters: list[ReportedCluster] = []
    lines: list[ReportedWorkload] = []
    findings: list[ReportedFinding] = []
    read: list[tuple[str, Facts, Plan]] = []
    for item in sorted(inputs, key=lambda one: one.cluster):
        if item.facts is None or item.plan is None:
            clusters.append(_not_readable(item))
            continue
        own = workloads.reported(item.cluster, item.facts, item.plan, item.exchanges)
        clusters.append(_cluster(item, item.facts, item.plan, own))
        lines.extend(own)
        findings.extend(_finding(item.cluster, one) for one in item.plan.findings)
        read.append((item.cluster, item.facts, item.plan))
    by_state = list(CLUSTER_STATES)
    by_severity = list(SEVERITIES)
    return Report(
        schema=REPORT_SCHEMA,
        title=title,
        made_at=made_at,
        collection_version=version,
        clusters=tuple(sorted(clusters, key=lambda one: (by_state.index(one.state), one.cluster))),
        workloads=tuple(lines),
        findings=tuple(
            sorted(
                findings, key=lambda one: (by_severity.index(one.severity), one.code, one.cluster, one.where)
            )
        ),
        budgets=budgets.of_fleet(read),
        totals=_totals(clusters, lines, findings),
    )


def _not_readable(item: ClusterInput) -> ReportedCluster:
    return ReportedCluster(
        cluster=item.cluster,
        id="",
        resource_group="",
        subscription_id="",
        location="",
        kubernetes_version="",
        state="not_readable",
        reason=item.reason[:_MOST_WORDS] or "It was not looked at.",
        installations=(),
        issuer_url="",
        steps=(),
        workloads={},
        findings={},
        unreadable=(),
    )


def _cluster(
    item: ClusterInput, facts: Facts, plan: Plan, own: Sequence[ReportedWorkload]
) -> ReportedCluster:
    azure = facts.azure.cluster
    severities = Counter(one.severity for one in plan.findings)
    states = Counter(one.state for one in own)
    return ReportedCluster(
        cluster=item.cluster,
        id=azure.id,
        resource_group=azure.resource_group,
        subscription_id=azure.subscription_id,
        location=azure.location,
        kubernetes_version=azure.kubernetes_version,
        state=_state(facts, plan, own),
        reason="",
        installations=tuple(installed(one) for one in facts.installations),
        issuer_url=azure.issuer_url or "",
        steps=steps.of_cluster(facts, plan, own, item.exchanges),
        workloads={state: states[state] for state in WORKLOAD_STATES if states[state]},
        findings={severity: severities[severity] for severity in SEVERITIES},
        unreadable=tuple(
            f"{one.what}: {one.reason}"
            for one in (*facts.unreadable, *facts.azure.unreadable)
            if not one.missing
        ),
    )


def _state(facts: Facts, plan: Plan, own: Sequence[ReportedWorkload]) -> str:
    """One of words.CLUSTER_STATES; what blocks comes before how far the rest is."""
    if plan.state in ("blocked", "partly_blocked"):
        return plan.state
    meant = [one for one in own if one.state != "excluded"]
    switched = [one for one in meant if steps.is_switched(one)]
    if meant and len(switched) < len(meant):
        return "under_way" if switched else "ready"
    if steps.pod_identity_left(facts):
        return "switched" if meant else "unused"
    return "free"


def _finding(cluster: str, item: Finding) -> ReportedFinding:
    return ReportedFinding(
        cluster=cluster,
        severity=item.severity,
        code=item.code,
        where=item.where,
        namespace=workloads.namespace_of(item),
        message=item.message,
        remedy=item.remedy,
    )


def _totals(
    clusters: Sequence[ReportedCluster],
    lines: Sequence[ReportedWorkload],
    findings: Sequence[ReportedFinding],
) -> Mapping[str, int]:
    states = Counter(one.state for one in clusters)
    severities = Counter(one.severity for one in findings)
    return {
        "clusters": len(clusters),
        "clusters_not_readable": states["not_readable"],
        "clusters_blocked": states["blocked"] + states["partly_blocked"],
        "clusters_free": states["free"],
        "workloads": len(lines),
        "workloads_switched": sum(steps.is_switched(one) for one in lines),
        "workloads_blocked": sum(one.state == "blocked" for one in lines),
        "workloads_excluded": sum(one.state == "excluded" for one in lines),
        "blockers": severities["blocker"],
        "warnings": severities["warning"],
        "notes": severities["note"],
    }

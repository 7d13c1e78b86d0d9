# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What a report says: the fleet, its clusters, their workloads and findings, and the room on each identity.

Everything is read off facts and plans at one moment; the schema is that of ``report.json`` (docs/report.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .._migration.facts import Facts
from .._migration.plan import Plan

REPORT_SCHEMA = "aksops.workload_identity/report/v1"


@dataclass(frozen=True)
class ClusterInput:
    """What is known of one cluster. Facts and plan are there together, or ``reason`` says why they are not.

    ``exchanges``: what token_exchange_info returned, each with namespace, service_account, client_id, outcome,
    explanation; None where no token was asked for.
    """

    cluster: str  # name in the inventory
    facts: Optional[Facts] = None
    plan: Optional[Plan] = None
    reason: str = ""
    exchanges: Optional[tuple[Mapping[str, Any], ...]] = None


@dataclass(frozen=True)
class Step:
    """How far one cluster is with one step. ``total`` 0: nothing there to count."""

    key: str  # issuer | webhook | credentials | accounts | switched | verified | removed
    state: str  # done | partial | open | unknown | none (not needed here)
    done: int = 0
    total: int = 0
    detail: str = ""


@dataclass(frozen=True)
class ReportedFinding:
    cluster: str
    severity: str  # blocker | warning | note
    code: str
    where: str
    namespace: str  # empty where it concerns the whole cluster
    message: str
    remedy: str


@dataclass(frozen=True)
class ReportedWorkload:
    cluster: str
    namespace: str
    kind: str
    name: str
    state: str  # one of words.WORKLOAD_STATES
    detail: str
    wave: Optional[int]  # None where it takes part in none
    method: str  # direct | proxy
    service_account: str
    identities: tuple[str, ...]  # resource IDs
    owner: str
    pods: int
    findings: tuple[str, ...]  # codes


@dataclass(frozen=True)
class ReportedCluster:
    cluster: str
    id: str
    resource_group: str
    subscription_id: str
    location: str
    kubernetes_version: str
    state: str  # one of words.CLUSTER_STATES
    reason: str  # why it is not readable
    installations: tuple[str, ...]
    issuer_url: str
    steps: tuple[Step, ...]
    workloads: Mapping[str, int]  # by state
    findings: Mapping[str, int]  # by severity
    unreadable: tuple[str, ...]


@dataclass(frozen=True)
class Budget:
    """Federated credentials of one identity against what Azure allows."""

    identity_id: str
    name: str
    limit: int
    existing: Optional[int]  # None where they could not be read
    planned: Mapping[str, int]  # cluster -> credentials still to be written
    total: int
    state: str  # fits | near (three or fewer left) | full (no more fit) | over | unknown


@dataclass(frozen=True)
class Report:
    schema: str
    title: str
    made_at: str  # UTC, ISO 8601
    collection_version: str
    clusters: tuple[ReportedCluster, ...]
    workloads: tuple[ReportedWorkload, ...]
    findings: tuple[ReportedFinding, ...]  # gravest first
    budgets: tuple[Budget, ...]  # fullest first
    totals: Mapping[str, int]

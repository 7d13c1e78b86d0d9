# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The report as Markdown, for a wiki, a merge request or a chat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from .page_fleet import budget_words
from .record import Report, ReportedCluster, ReportedFinding, Step
from .words import BUDGET_STATES, CLUSTER_STATES, SEVERITIES, STEP_STATES, STEPS, WORKLOAD_STATES

_SPECIAL = frozenset("\\`*_{}[]<>#|~!&")


def render(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    totals = report.totals
    meant = totals["workloads"] - totals["workloads_excluded"]
    yield f"# {_text(report.title)}"
    yield ""
    yield (
        f"As read on {_text(report.made_at)}: {totals['clusters']} clusters,"
        f" {totals['workloads_switched']} of {meant} workloads switched,"
        f" {totals['blockers']} blockers, {totals['warnings']} warnings."
    )
    yield from _in_the_way(report)
    yield from _section("Clusters")
    yield from _table(("Cluster", "State", *STEPS.values()), (_cluster(item) for item in report.clusters))
    yield from _section("Federated credentials by identity")
    yield from _table(
        ("Identity", "Places", "Credentials", "State"),
        (
            (item.name, _bar(item.total, item.limit), budget_words(item), BUDGET_STATES[item.state].title)
            for item in report.budgets
        ),
    )
    yield from _section("Workloads")
    yield from _table(
        ("Cluster", "Workload", "State", "Service account", "Wave", "Method", "Findings"),
        (
            (
                item.cluster,
                f"{item.kind} {item.namespace}/{item.name}",
                ": ".join(part for part in (WORKLOAD_STATES[item.state].title, item.detail) if part),
                item.service_account,
                "" if item.wave is None else str(item.wave),
                item.method,
                ", ".join(item.findings),
            )
            for item in report.workloads
        ),
    )
    yield from _section("Findings")
    for (severity, code), group in groupby(report.findings, key=lambda item: (item.severity, item.code)):
        yield from _finding(severity, code, list(group))
    unread = [
        f"- {_text(item.cluster)}: {_text(text)}" for item in report.clusters for text in item.unreadable
    ]
    if unread:
        yield from _section("What could not be read")
        yield from unread
    yield ""
    yield f"{_text('aksops.workload_identity')} {_text(report.collection_version)}, {_text(report.schema)}"


def _section(title: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""


def _in_the_way(report: Report) -> Iterator[str]:
    yield from _section("What stands in the way")
    unread = [item for item in report.clusters if item.state == "not_readable"]
    blockers = [item for item in report.findings if item.severity == "blocker"]
    for cluster in unread:
        yield f"- **{_text(cluster.cluster)} is not readable.** {_text(cluster.reason)}"
    for item in blockers:
        yield _line(item)
    if not unread and not blockers:
        yield "Nothing stands in the way."


def _cluster(item: ReportedCluster) -> Sequence[str]:
    steps = [_step(step) for step in item.steps] or [""] * len(STEPS)
    return (item.cluster, CLUSTER_STATES[item.state].title, *steps)


def _step(step: Step) -> str:
    figure = (
        f" ({step.done} of {step.total})" if step.total and (step.done or step.state != "unknown") else ""
    )
    return STEP_STATES[step.state].title + figure


def _bar(total: int, limit: int) -> str:
    """One sign for each place; what is beyond the limit follows after a plus."""
    places = "\u2588" * min(total, limit) + "\u2591" * max(limit - total, 0)
    beyond = min(max(total - limit, 0), limit)
    return places + (" + " + "\u2588" * beyond if beyond else "")


def _finding(severity: str, code: str, alike: Sequence[ReportedFinding]) -> Iterator[str]:
    yield f"### {SEVERITIES[severity].title}: {_text(code)}"
    yield ""
    for item in alike:
        yield _line(item)
    yield ""


def _line(item: ReportedFinding) -> str:
    return f"- **{_text(item.cluster)}, {_text(item.where)}.** {_text(item.message)} {_text(item.remedy)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(_text(cell) for cell in row) + " |"


def _text(value: str) -> str:
    """Nothing that comes from a cluster is markup, and nothing of it ends a line."""
    return "".join(f"\\{sign}" if sign in _SPECIAL else sign for sign in " ".join(value.split()))

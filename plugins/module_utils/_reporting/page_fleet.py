# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The upper half of the page: the fleet through the steps, and the room on each identity as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Union

from .markup import Markup, join, tag
from .record import Budget, Report, ReportedCluster, Step
from .words import BUDGET_STATES, CLUSTER_STATES, STEP_STATES, STEPS, Word

_ICONS: Mapping[str, tuple[str, ...]] = {  # paths on a field of 16 by 16
    "done": ("M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2z", "M4.8 8.2l2.3 2.3 4.2-4.8"),
    "partial": ("M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2z", "M8 4.2v4l2.6 1.6"),
    "open": ("M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2z",),
    "unknown": (
        "M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2z",
        "M6.2 6.2a1.9 1.9 0 1 1 2.7 1.8c-.6.3-.9.6-.9 1.2M8 11.4v.2",
    ),
    "none": ("M4.5 8h7",),
}
_SLOT, _GAP = 14, 2  # width of one credential in the picture, and the space after it


def badge(word: Word) -> Markup:
    return tag("span", word.title, class_=f"badge {word.tone}", title=word.meaning or None)


def clusters(report: Report) -> Markup:
    """One row for each cluster, those in trouble first."""
    if not report.clusters:
        return tag("p", "No cluster was looked at.", class_="none")
    head = ("Cluster", "State", *STEPS.values())
    return tag(
        "div",
        tag(
            "table",
            tag("caption", "Each cluster through the steps of the migration", class_="hidden"),
            tag("thead", tag("tr", [tag("th", title, scope="col") for title in head])),
            tag("tbody", [_cluster(item) for item in report.clusters]),
        ),
        class_="card scroll",
    )


def _cluster(item: ReportedCluster) -> Markup:
    facts = [part for part in (item.resource_group, item.location) if part]
    version = f"Kubernetes {item.kubernetes_version}" if item.kubernetes_version else ""
    name = tag(
        "th",
        tag("span", item.cluster, class_="name"),
        tag(
            "span",
            " \N{MIDDLE DOT} ".join([*facts, version] if version else facts),
            class_="detail soft small",
        ),
        scope="row",
    )
    state = tag("td", badge(CLUSTER_STATES[item.state]), data_label="State")
    if not item.steps:
        return tag(
            "tr",
            name,
            state,
            tag("td", item.reason, colspan=len(STEPS), class_="soft"),
            data_overview=item.cluster,
        )
    return tag("tr", name, state, [_step(step, item) for step in item.steps], data_overview=item.cluster)


def _step(step: Step, cluster: ReportedCluster) -> Markup:
    word = STEP_STATES[step.state]
    figure = f"{step.done}/{step.total}" if step.total and (step.done or step.state != "unknown") else ""
    detail = "; ".join(cluster.installations) or step.detail if step.key == "removed" else step.detail
    return tag(
        "td",
        tag(
            "span",
            icon(step.state),
            tag("span", word.title, class_="hidden"),
            tag("span", figure) if figure else None,
            class_=f"step {word.tone}",
            title=": ".join(part for part in (word.title, detail) if part),
        ),
        data_label=STEPS[step.key],
    )


def icon(name: str) -> Markup:
    lines = [tag("path", d=path) for path in _ICONS[name]]
    return tag(
        "svg", lines, viewBox="0 0 16 16", fill="none", stroke="currentColor", stroke_width="1.6",
        stroke_linecap="round", stroke_linejoin="round", aria_hidden="true",
    )  # fmt: skip


def progress(done: int, total: int) -> Markup:
    """A bar over the whole width; what it says stands beside it in words."""
    share = 0 if total == 0 else round(100 * done / total, 1)
    return tag(
        "svg",
        tag("rect", class_="bar-back", width=100, height=6),
        tag("rect", class_="bar-good", width=f"{share:g}", height=6),
        viewBox="0 0 100 6", preserveAspectRatio="none", aria_hidden="true",
    )  # fmt: skip


def budgets(report: Report) -> Markup:
    """A row of places for each identity: taken, planned, free, and those beyond the limit."""
    if not report.budgets:
        return tag("p", "No identity is used by a plan.", class_="none")
    return tag(
        "div",
        tag("ul", [_budget(item) for item in report.budgets], class_="budgets"),
        tag(
            "p",
            [
                tag("span", tag("svg", tag("rect", class_=kind, width=12, height=12, rx=2), viewBox="0 0 12 12",
                                aria_hidden="true"), text)
                for kind, text in (
                    ("taken", "there"), ("planned", "planned"), ("free", "free"), ("over", "beyond the limit of 20")
                )
            ],
            class_="legend",
        ),
        class_="card",
    )  # fmt: skip


def _budget(item: Budget) -> Markup:
    words = budget_words(item)
    return tag(
        "li",
        tag("span", tag("b", item.name, class_="name", title=item.identity_id), class_="name"),
        _places(item, words),
        tag("span", badge(BUDGET_STATES[item.state]), " ", tag("span", words, class_="small soft")),
    )


def budget_words(item: Budget) -> str:
    """``3 there, 2 planned of 20``"""
    there = "unknown" if item.existing is None else str(item.existing)
    planned = sum(item.planned.values())
    return (
        f"{there} there, {planned} planned of {item.limit}" if planned else f"{there} there of {item.limit}"
    )


def _places(item: Budget, words: str) -> Markup:
    drawn = min(
        max(item.limit, item.total), 2 * item.limit
    )  # beyond twice the limit the picture says no more
    existing = item.existing or 0
    places: list[Markup] = []
    for number in range(drawn):
        kind = "free" if number >= item.total else "taken" if number < existing else "planned"
        if number >= item.limit:
            kind = "over"
        places.append(tag("rect", class_=kind, x=number * (_SLOT + _GAP), y=2, width=_SLOT, height=14, rx=2))
    edge: Union[Markup, None] = None
    if drawn > item.limit:
        at = item.limit * (_SLOT + _GAP) - _GAP // 2
        edge = tag("line", class_="tick", x1=at, x2=at, y1=0, y2=18)
    return tag(
        "svg", places, edge, viewBox=f"0 0 {drawn * (_SLOT + _GAP) - _GAP} 18", role="img",
        aria_label=f"{item.name}: {words}", preserveAspectRatio="xMinYMid meet",
    )  # fmt: skip


def tiles(report: Report) -> Markup:
    """The fleet in four figures."""
    totals = report.totals
    blockers, warnings = totals["blockers"], totals["warnings"]
    meant = totals["workloads"] - totals["workloads_excluded"]
    trouble = totals["clusters_not_readable"]
    return tag(
        "ul",
        _tile("Clusters", totals["clusters"], "", f"{totals['clusters_free']} free of Pod Identity"
              + (f", {trouble} not readable" if trouble else ""), ""),
        _tile("Workloads switched", totals["workloads_switched"], f" of {meant}", "",
              "good" if meant and totals["workloads_switched"] == meant else "",
              progress(totals["workloads_switched"], meant)),
        _tile("Blockers", blockers, "", _of_clusters(report, "blocker"), "bad" if blockers else ""),
        _tile("Warnings", warnings, "", _of_clusters(report, "warning"), "warn" if warnings else ""),
        class_="tiles",
    )  # fmt: skip


def _of_clusters(report: Report, severity: str) -> str:
    number = len({item.cluster for item in report.findings if item.severity == severity})
    return f"on {number} cluster{'' if number == 1 else 's'}" if number else "none"


def _tile(
    title: str, figure: int, unit: str, words: str, tone: str, figure_bar: Union[Markup, None] = None
) -> Markup:
    return tag(
        "li",
        tag("b", figure, tag("small", unit) if unit else None),
        tag("span", title),
        join(tag("span", f" \N{MIDDLE DOT} {words}", class_="soft small")) if words else None,
        figure_bar,
        class_=f"tile {tone}".strip(),
    )

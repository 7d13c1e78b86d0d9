# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The lower half of the page: what stands in the way, every workload, every finding, and the filters over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from .._migration.finding_catalogue import CATALOGUE
from .markup import Markup, tag
from .page_fleet import badge
from .record import Report, ReportedFinding, ReportedWorkload
from .words import SEVERITIES, WORKLOAD_STATES

_FIRST = 6  # places told of a blocker at the top; all of them stand among the findings


def in_the_way(report: Report) -> Markup:
    """Clusters that nobody could look at, then blockers, one card for each kind."""
    cards = [
        tag(
            "div",
            tag(
                "div", tag("span", "Not readable", class_="badge bad"), tag("h3", item.cluster), class_="head"
            ),
            tag("p", item.reason),
            class_="alert bad",
        )
        for item in report.clusters
        if item.state == "not_readable"
    ]
    blockers = [item for item in report.findings if item.severity == "blocker"]
    for _code, group in groupby(blockers, key=lambda item: item.code):
        cards.append(_blocker(list(group)))
    return tag("div", cards) if cards else tag("p", "Nothing stands in the way.", class_="none")


def _blocker(alike: Sequence[ReportedFinding]) -> Markup:
    """What the code means, once, and below it what is special about each place."""
    code = alike[0].code
    meaning = CATALOGUE[code].meaning if code in CATALOGUE else alike[0].message
    places = [
        tag("li", tag("b", f"{item.cluster}: {item.where}"), _special(item.message, meaning))
        for item in alike[:_FIRST]
    ]
    more = len(alike) - _FIRST
    return tag(
        "div",
        tag("div", badge(SEVERITIES["blocker"]), tag("h3", meaning), class_="head"),
        tag("p", tag("b", "What to do: "), alike[0].remedy),
        tag(
            "ul",
            places,
            tag("li", f"and {more} more, see the findings below") if more > 0 else None,
            class_="where",
        ),
        class_="alert bad",
    )


def _special(message: str, meaning: str) -> str:
    own = message.replace(meaning, "").strip()
    return f" \N{MIDDLE DOT} {own}" if own else ""


def filters(report: Report) -> Markup:
    """Hidden until the script shows it: without a script the page is whole, only without filters."""
    states = {item.state for item in report.workloads}
    codes = {item.code for item in report.findings}
    return tag(
        "form",
        _choice("Cluster", "cluster", ((item, item) for item in sorted(_clusters(report)))),
        _choice("Namespace", "namespace", ((item, item) for item in sorted(_namespaces(report)))),
        _choice(
            "State", "state", ((key, word.title) for key, word in WORKLOAD_STATES.items() if key in states)
        ),
        _choice("Finding", "finding", ((item, item) for item in sorted(codes))),
        tag("label", "Text", tag("input", type="search", name="text", autocomplete="off")),
        tag("button", "Show all", type="reset"),
        tag("output", id="shown", aria_live="polite"),
        id="filters",
        class_="filters",
        aria_label="Filter workloads and findings",
        hidden=True,
    )


def _choice(title: str, name: str, values: Iterable[tuple[str, str]]) -> Markup:
    options = [tag("option", "All", value="")]
    options.extend(tag("option", words, value=value) for value, words in values)
    return tag("label", title, tag("select", options, name=name))


def _clusters(report: Report) -> set[str]:
    return {item.cluster for item in report.workloads} | {item.cluster for item in report.findings}


def _namespaces(report: Report) -> set[str]:
    every = {item.namespace for item in report.workloads} | {item.namespace for item in report.findings}
    return every - {""}


def workloads(report: Report) -> Markup:
    if not report.workloads:
        return tag("p", "No workload uses Pod Identity.", class_="none")
    head = ("Workload", "Cluster", "State", "Service account", "Identity", "Wave", "Method", "Findings")
    return tag(
        "div",
        tag("table", tag("caption", "Workloads", class_="hidden"),
            tag("thead", tag("tr", [tag("th", title, scope="col") for title in head])),
            tag("tbody", [_workload(item) for item in report.workloads])),
        tag("p", "No workload fits these filters.", class_="none nothing", hidden=True),
        class_="card scroll",
    )  # fmt: skip


def _workload(item: ReportedWorkload) -> Markup:
    names = [
        tag("span", identity.rpartition("/")[2], title=identity, class_="name")
        for identity in item.identities
    ]
    owner = f" \N{MIDDLE DOT} {item.owner}" if item.owner else ""
    return tag(
        "tr",
        tag("th", tag("span", f"{item.namespace}/{item.name}", class_="name"),
            tag("span", f" {item.kind}{owner}", class_="detail soft small"), scope="row"),
        tag("td", item.cluster, data_label="Cluster", class_="name"),
        tag("td", tag("span", badge(WORKLOAD_STATES[item.state]),
                      tag("span", item.detail, class_="detail") if item.detail else None), data_label="State"),
        tag("td", item.service_account, data_label="Service account", class_="name"),
        tag("td", tag("span", _commas(names)), data_label="Identity", class_=None if names else "empty"),
        tag("td", "" if item.wave is None else _wave(item.wave), data_label="Wave",
            class_="nowrap" if item.wave is not None else "empty"),
        tag("td", item.method, data_label="Method"),
        tag("td", tag("span", _commas([tag("code", code) for code in item.findings])), data_label="Findings",
            class_=None if item.findings else "empty"),
        data_cluster=item.cluster,
        data_namespace=item.namespace,
        data_state=item.state,
        data_finding=" ".join(item.findings),
    )  # fmt: skip


def _wave(number: int) -> str:
    return "0, canary" if number == 0 else str(number)


def _commas(parts: Sequence[Markup]) -> Markup:
    return Markup(", ".join(parts))


def findings(report: Report) -> Markup:
    """One fold for each code, gravest first, open where it is more than a note."""
    if not report.findings:
        return tag("p", "There is nothing to say.", class_="none")
    folds = []
    for (severity, _code), group in groupby(report.findings, key=lambda item: (item.severity, item.code)):
        folds.append(_fold(severity, list(group)))
    return tag("div", folds, tag("p", "No finding fits these filters.", class_="none nothing", hidden=True))


def _fold(severity: str, alike: Sequence[ReportedFinding]) -> Markup:
    word = SEVERITIES[severity]
    return tag(
        "details",
        tag("summary", tag("span", badge(word), " ", tag("code", alike[0].code), " ",
                           tag("span", f"{len(alike)}", class_="soft"))),
        [
            tag("div", tag("p", tag("b", f"{item.cluster}: {item.where}")), tag("p", item.message),
                tag("p", tag("b", "What to do: "), item.remedy, class_="soft"),
                data_cluster=item.cluster, data_namespace=item.namespace, data_finding=item.code)
            for item in alike
        ],
        class_=f"alert {word.tone}",
        data_group=alike[0].code,
        open=severity != "note",
    )  # fmt: skip


def not_read(report: Report) -> Markup:
    """What could not be read on clusters that could be looked at: it narrows what the report says."""
    lines = [
        tag("li", tag("b", f"{item.cluster}: "), text) for item in report.clusters for text in item.unreadable
    ]
    if not lines:
        return Markup("")
    return tag(
        "section",
        tag("h2", "What could not be read"),
        tag("p", "The report knows nothing of these.", class_="lead"),
        tag("ul", lines, class_="where"),
    )

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same report in each format: nothing from a cluster becomes markup, a formula or a second line."""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from unit.reporting import fleet

from ansible_collections.aksops.workload_identity.plugins.module_utils._reporting import (
    markdown,
    page,
    tables,
    words,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._reporting.record import Report

DOCUMENT = Path(__file__).parents[3] / "docs" / "report.md"
NASTY = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='x", "a|b\nc`*_[x](y)")
_VOID = {"meta", "input", "rect", "path", "line", "use"}


class Shape(HTMLParser):
    """Elements and attributes of a page; fails where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes.extend(attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in _VOID or self.open.pop() == tag


def nasty(text: str) -> Report:
    """The fleet with ``text`` wherever a cluster or a service has the word."""
    made = fleet.report()
    return replace(
        made,
        title=text,
        clusters=tuple(replace(item, cluster=text, reason=text, location=text) for item in made.clusters),
        workloads=tuple(
            replace(
                item, cluster=text, namespace=text, name=text, detail=text, owner=text, identities=(text,)
            )
            for item in made.workloads
        ),
        findings=tuple(
            replace(item, cluster=text, where=text, message=text, remedy=text) for item in made.findings
        ),
        budgets=tuple(replace(item, name=text, identity_id=text) for item in made.budgets),
    )


@pytest.mark.parametrize("text", NASTY)
def test_no_value_becomes_markup_of_the_page(text: str) -> None:
    plain, other = Shape(page.render(fleet.report())), Shape(page.render(nasty(text)))
    assert set(other.elements) <= set(plain.elements)
    assert {name for name, _value in other.attributes} <= {name for name, _value in plain.attributes}
    assert other.elements.count("script") == 1


def test_the_page_asks_for_nothing_from_anywhere() -> None:
    text = page.render(fleet.report())
    assert "default-src 'none'" in html.unescape(text)
    assert not re.search(r"\b(src|srcset|action|poster)=|url\(|@import|<link|<iframe|fetch\(|XMLHttp", text)
    links = re.findall(r'href="([^"]*)"', text)
    assert all(link.startswith("#") for link in links)


@pytest.mark.parametrize("render", [page.render, markdown.render, tables.workloads, tables.findings])
def test_the_same_report_gives_the_same_bytes(render: object) -> None:
    assert callable(render)
    assert render(fleet.report()) == render(fleet.report())


def test_every_picture_of_an_identity_says_in_words_what_it_shows() -> None:
    made = fleet.report()
    shown = [value for name, value in Shape(page.render(made)).attributes if name == "aria-label"]
    assert [text for text in shown if text and "of 20" in text] == [
        f"{item.name}: {item.existing} there" + (f", {planned} planned" if planned else "") + " of 20"
        for item in made.budgets
        for planned in [sum(item.planned.values())]
    ]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", " =", "\uff1d"])
def test_no_value_becomes_a_formula(first: str) -> None:
    made = nasty(f"{first}HYPERLINK(1)")
    for text in (tables.workloads(made), tables.findings(made)):
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len(rows) > 2
        cells = [cell for row in rows[1:] for cell in row if "HYPERLINK" in cell]
        assert cells
        assert all(cell[0] in "'H" for cell in cells)


def test_tables_have_a_line_for_each_workload_and_each_finding() -> None:
    made = fleet.report()
    workloads = list(csv.DictReader(io.StringIO(tables.workloads(made))))
    findings = list(csv.DictReader(io.StringIO(tables.findings(made))))
    assert [(row["cluster"], row["name"], row["state"]) for row in workloads] == [
        (item.cluster, item.name, item.state) for item in made.workloads
    ]
    assert len(findings) == len(made.findings) + 1
    assert (findings[0]["cluster"], findings[0]["code"]) == ("aks-stopped", "not-readable")


@pytest.mark.parametrize("text", NASTY)
def test_no_value_breaks_a_line_or_a_cell_of_the_markdown(text: str) -> None:
    plain, other = markdown.render(fleet.report()), markdown.render(nasty(text))
    for wanted in ("| Cluster | State |", "| Cluster | Workload |"):
        rows = other[other.index(wanted) :].split("\n\n", 1)[0].splitlines()
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert other.count("\n#") == plain.count("\n#")
    assert not re.search(r"(?<!\\)<", other)


def test_the_document_names_every_state() -> None:
    text = DOCUMENT.read_text()
    for key, word in words.WORKLOAD_STATES.items():
        assert f"| {word.title} | `{key}` |" in text
    assert all(word.title in text for word in (*words.CLUSTER_STATES.values(),))
    assert all(f"| {title} |" in text for title in words.STEPS.values())

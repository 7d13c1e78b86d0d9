# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The report as one HTML file that asks for nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib

from . import page_fleet, page_lists
from .markup import Markup, join, tag
from .page_script import SCRIPT
from .page_style import STYLE
from .record import Report


def render(report: Report) -> str:
    """A whole page. Its own policy allows its style and its script by their digests, and nothing else."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy()),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", report.title),
        Markup(f"<style>{STYLE}</style>"),
    )
    body = tag(
        "body",
        tag("a", "Skip to the workloads", href="#workloads", class_="skip"),
        tag(
            "header",
            tag("h1", report.title),
            tag("p", "From AAD Pod Identity to Microsoft Entra Workload Identity, as read on ",
                tag("time", _moment(report.made_at), datetime=report.made_at), class_="soft"),
            page_fleet.tiles(report),
            class_="top",
        ),
        tag(
            "main",
            _section("in-the-way", "What stands in the way", "", page_lists.in_the_way(report)),
            _section("fleet", "Clusters", "How far each cluster is, read from Azure and its API server.",
                     page_fleet.clusters(report)),
            _section("budgets", "Federated credentials by identity",
                     "An identity takes at most 20. Counted are those that exist and those that the plans add.",
                     page_fleet.budgets(report)),
            tag("h2", "Workloads and findings"),
            page_lists.filters(report),
            tag("section", tag("h3", "Workloads", class_="hidden"), page_lists.workloads(report), id="workloads"),
            _section("findings", "Findings", "", page_lists.findings(report)),
            page_lists.not_read(report),
        ),
        tag("footer", f"aksops.workload_identity {report.collection_version} \N{MIDDLE DOT} {report.schema}"),
        Markup(f"<script>{SCRIPT}</script>"),
    )  # fmt: skip
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang="en") + "\n"


def _section(name: str, title: str, lead: str, content: Markup) -> Markup:
    heading = join(tag("h2", title), tag("p", lead, class_="lead") if lead else None)
    return tag("section", heading, content, id=name)


def _moment(made_at: str) -> str:
    """``2026-11-23 22:30 UTC``"""
    return f"{made_at[:16].replace('T', ' ')} UTC" if made_at.endswith("Z") else made_at


def _policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_digest(STYLE)}'",
            f"script-src '{_digest(SCRIPT)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

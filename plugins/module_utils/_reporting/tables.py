# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The report as tables for a spreadsheet, as comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from .record import Report

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), its full-width twins among them;
# names of objects and the words of a service are not ours.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")

_WORKLOADS = (
    "cluster",
    "namespace",
    "kind",
    "name",
    "state",
    "detail",
    "wave",
    "method",
    "service_account",
    "identities",
    "owner",
    "pods",
    "findings",
)
_FINDINGS = ("cluster", "severity", "code", "where", "namespace", "message", "remedy")


def workloads(report: Report) -> str:
    """One line for each workload."""
    return _table(
        _WORKLOADS,
        (
            (
                item.cluster,
                item.namespace,
                item.kind,
                item.name,
                item.state,
                item.detail,
                "" if item.wave is None else item.wave,
                item.method,
                item.service_account,
                " ".join(item.identities),
                item.owner,
                item.pods,
                " ".join(item.findings),
            )
            for item in report.workloads
        ),
    )


def findings(report: Report) -> str:
    """One line for each finding, gravest first; clusters that could not be looked at come before all."""
    unread = (
        (item.cluster, "blocker", "not-readable", "cluster", "", item.reason, "")
        for item in report.clusters
        if item.state == "not_readable"
    )
    found = (
        (item.cluster, item.severity, item.code, item.where, item.namespace, item.message, item.remedy)
        for item in report.findings
    )
    return _table(_FINDINGS, (*unread, *found))


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_safe(value) for value in row] for row in rows)
    return text.getvalue()


def _safe(value: object) -> object:
    """A text in one line, with an apostrophe before what would be a formula: spreadsheets then show the text."""
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    return f"'{text}" if text.startswith(_FORMULA) else text

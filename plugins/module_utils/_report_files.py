# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""From the files of facts and plans to the files of a report, and the small result that tells of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ._failure import MigrationError
from ._files import write_private, write_private_text
from ._migration.facts import FACTS_SCHEMA, Facts
from ._migration.plan import PLAN_SCHEMA, Plan
from ._migration.records import to_data
from ._record_files import read_record
from ._reporting import markdown, page, tables
from ._reporting.assembling import assemble
from ._reporting.record import ClusterInput, Report
from ._version import VERSION

_MOST_CLUSTERS = 200  # told in a result; all are in the report


class ReportError(MigrationError):
    """No report can be made of what was given."""


def report_to_files(options: Mapping[str, Any]) -> dict[str, Any]:
    """Reads facts and plans, writes the report in each format and gives the module's result.

    Raises ReportError, and RecordFileError for a file that is no facts or no plan.
    """
    try:
        report = assemble(
            [_input(item) for item in options["clusters"]],
            str(options["title"]),
            str(options["made_at"] or _now()),
            VERSION,
        )
    except ValueError as error:
        raise ReportError(f"No report can be made: {error}.") from None
    return {
        "files": _write(report, str(options["folder"]), options["formats"]),
        "counts": dict(report.totals),
        "clusters": [
            {"cluster": item.cluster, "state": item.state} for item in report.clusters[:_MOST_CLUSTERS]
        ],
    }


def _input(item: Mapping[str, Any]) -> ClusterInput:
    """One cluster. A file that was named has to be there: a reason is for clusters without files."""
    if not item["facts_path"]:
        return ClusterInput(cluster=str(item["cluster"]), reason=str(item["reason"] or ""))
    exchanges = item["exchanges"]
    return ClusterInput(
        cluster=str(item["cluster"]),
        facts=read_record(Facts, FACTS_SCHEMA, str(item["facts_path"])),
        plan=read_record(Plan, PLAN_SCHEMA, str(item["plan_path"])),
        exchanges=None if exchanges is None else tuple(exchanges),
    )


def _write(report: Report, folder: str, formats: list[str]) -> dict[str, str]:
    """The files by what they hold, each whole and readable by its owner only, as the facts are."""
    files: dict[str, str] = {}

    def path(key: str, name: str) -> str:
        files[key] = os.path.join(folder, name)
        return files[key]

    if "html" in formats:
        write_private_text(path("html", "report.html"), page.render(report))
    if "markdown" in formats:
        write_private_text(path("markdown", "report.md"), markdown.render(report))
    if "json" in formats:
        write_private(path("json", "report.json"), to_data(report))
    if "csv" in formats:
        write_private_text(path("csv_workloads", "report.workloads.csv"), tables.workloads(report))
        write_private_text(path("csv_findings", "report.findings.csv"), tables.findings(report))
    return files


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

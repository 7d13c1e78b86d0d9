# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Findings: what the operator has to know, made of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from .facts import Finding
from .finding_catalogue import BLOCKER, CATALOGUE, NOTE, WARNING

__all__ = ["BLOCKER", "CATALOGUE", "CLUSTER", "NOTE", "WARNING", "acknowledged", "finding", "ordered"]

CLUSTER = "cluster"  # the place of a finding that concerns all of it
_ORDER = {BLOCKER: 0, WARNING: 1, NOTE: 2}


def finding(code: str, where: str, detail: str = "", remedy: str = "", severity: str = "") -> Finding:
    """One finding. ``detail`` says what is special here and comes before the general meaning.

    Raises KeyError for a code that is not in the catalogue.
    """
    entry = CATALOGUE[code]
    message = f"{detail} {entry.meaning}" if detail else entry.meaning
    return Finding(code, severity or entry.severity, where, message, remedy or entry.remedy)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, gravest first, then by code and place."""
    return tuple(
        sorted(set(findings), key=lambda item: (_ORDER[item.severity], item.code, item.where, item.message))
    )


def acknowledged(findings: Iterable[Finding], codes: Iterable[str]) -> tuple[Finding, ...]:
    """The findings with each acknowledged blocker lowered to a warning, where the catalogue allows that.

    Raises ValueError for a code that does not exist or that cannot be acknowledged.
    """
    wanted = set(codes)
    for code in sorted(wanted):
        if code not in CATALOGUE:
            raise ValueError(f"acknowledge: there is no finding {code!r}")
        if CATALOGUE[code].severity == BLOCKER and not CATALOGUE[code].acknowledgeable:
            raise ValueError(f"acknowledge: {code!r} cannot be acknowledged away: {CATALOGUE[code].remedy}")
    return tuple(
        Finding(item.code, WARNING, item.where, f"Acknowledged. {item.message}", item.remedy)
        if item.code in wanted and item.severity == BLOCKER
        else item
        for item in findings
    )

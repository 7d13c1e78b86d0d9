# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The plan that a module of the Azure side is given as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._files import read_json
from .._migration.plan import PLAN_SCHEMA, Plan
from .._migration.records import RecordError, from_data
from .._migration.resolving import resolve
from .._module import MigrationError


def load(path: str, identities: Any = (), issuer_url: str = "") -> Plan:
    """The plan, its unknowns filled in as far as ``identities`` and ``issuer_url`` tell them. Raises MigrationError."""
    data = read_json(path)
    schema = data.get("schema") if isinstance(data, Mapping) else None
    if schema != PLAN_SCHEMA:
        raise MigrationError(
            f"{path} is {schema or 'a document without a schema'}, and not {PLAN_SCHEMA}. Make a new plan."
        )
    try:
        plan = from_data(Plan, data)
    except RecordError as error:
        raise MigrationError(
            f"{path} does not have the shape of {PLAN_SCHEMA}: {error}. Make a new plan."
        ) from None
    return resolve(plan, identities or (), issuer_url or None)

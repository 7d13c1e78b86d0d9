# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Facts and plans as files that one module wrote for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, TypeVar

from ._failure import MigrationError
from ._files import read_json
from ._migration.plan import PLAN_SCHEMA, Plan
from ._migration.records import RecordError, from_data
from ._migration.resolving import resolve

_Record = TypeVar("_Record")


class RecordFileError(MigrationError):
    """A file that does not hold what its reader was promised; the message names it and the remedy."""


def read_record(record: type[_Record], schema: str, path: str) -> _Record:
    """The record that a file holds. Raises RecordFileError for another schema or shape."""
    data = read_json(path)
    found = data.get("schema") if isinstance(data, Mapping) else None
    if found != schema:
        raise RecordFileError(
            f"{path} is {found or 'a document without a schema'}, and not {schema}. Make it anew."
        )
    try:
        return from_data(record, data)
    except RecordError as error:
        raise RecordFileError(f"{path} does not have the shape of {schema}: {error}. Make it anew.") from None


def read_plan(
    path: str, identities: Optional[Sequence[Mapping[str, Any]]] = None, issuer_url: Optional[str] = None
) -> Plan:
    """A plan, with what was unknown when it was made filled in as far as identities and issuer URL tell it.

    ``identities``: what managed_identities returned. Raises RecordFileError.
    """
    return resolve(read_record(Plan, PLAN_SCHEMA, path), identities or (), issuer_url or None)

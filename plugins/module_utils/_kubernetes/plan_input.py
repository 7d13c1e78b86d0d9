# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The plan that a module is given as a file, with what was unknown when it was made filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._files import read_json
from .._migration.plan import Plan
from .._migration.planning import resolve
from .._migration.records import RecordError, from_data
from .errors import KubernetesError


def load(options: Mapping[str, Any]) -> Plan:
    """The plan of ``plan_path``, its unknown client IDs taken from ``identities`` and its issuer from
    ``issuer_url``.

    Raises KubernetesError for a file that is no plan of this version.
    """
    path = str(options["plan_path"])
    try:
        plan = from_data(Plan, read_json(path))
    except RecordError as error:
        raise KubernetesError(
            f"{path} is no plan of this collection's version: {error}. Make a new plan."
        ) from None
    return resolve(plan, options.get("identities") or (), options.get("issuer_url"))

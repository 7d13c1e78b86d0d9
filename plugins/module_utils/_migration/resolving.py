# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Filling in what only the real run can know: client IDs of identities just made, and the issuer URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from .plan import Plan, unknown
from .records import from_data, to_data


def resolve(plan: Plan, identities: Sequence[Mapping[str, Any]], issuer_url: Optional[str] = None) -> Plan:
    """The plan with every unknown replaced that ``identities`` ({id, client_id, ...}) and ``issuer_url`` tell.

    A client ID that is unknown itself stays the marked text, and so does what nobody has told yet.
    """
    told: dict[str, str] = {}
    for identity in identities:
        for planned in plan.identities:
            if planned.id.lower() == str(identity.get("id", "")).lower() and identity.get("client_id"):
                told[unknown(f"client ID of {planned.id}")] = str(identity["client_id"])
    if issuer_url:
        told[unknown(f"issuer URL of {plan.cluster_name}")] = str(issuer_url)
    return from_data(Plan, _filled(to_data(plan), told)) if told else plan


def _filled(data: Any, told: Mapping[str, str]) -> Any:
    if isinstance(data, str):
        return told.get(data, data)
    if isinstance(data, Mapping):
        return {key: _filled(value, told) for key, value in data.items()}
    if isinstance(data, list):
        return [_filled(item, told) for item in data]
    return data

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What the identity that signs in may do at a scope, as Resource Manager tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from .._migration.permissions import GRANTED, MISSING, UNKNOWN, judge
from .._migration.rights import Need, scopes_above
from .errors import AzureError

API_VERSION = "2022-04-01"


class Lists(Protocol):
    """The part of an Azure session that this needs."""

    def list(self, path: str, api_version: str) -> Iterator[dict[str, Any]]:
        """All items of all pages."""


class Judge:
    """Answers for many needs with few requests: a right that holds above is not asked for again below."""

    def __init__(self, session: Lists) -> None:
        self._session = session
        self._answers: dict[str, Sequence[Mapping[str, Any]] | None] = {}

    def judge(self, need: Need) -> str:
        """``granted``, ``missing``, or ``unknown`` where Azure does not tell.

        Raises AzureError for anything but a refusal to answer.
        """
        verdict = MISSING
        for scope in scopes_above(need.scope):
            permissions = self._permissions(scope)
            found = UNKNOWN if permissions is None else judge(permissions, need.action)
            if found == GRANTED:
                return GRANTED
            # Only the answer at the scope itself is final: one further up may be refused and mean nothing.
            verdict = found if scope == need.scope else verdict
        return verdict

    def _permissions(self, scope: str) -> Sequence[Mapping[str, Any]] | None:
        key = scope.lower()
        if key not in self._answers:
            try:
                path = f"{scope}/providers/Microsoft.Authorization/permissions"
                self._answers[key] = list(self._session.list(path, API_VERSION))
            except AzureError as error:
                if error.status not in (403, 404):
                    raise
                self._answers[key] = None
        return self._answers[key]

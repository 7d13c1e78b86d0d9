# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The same request for several resources at once, with every answer kept: the failure of one ends no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Optional, TypeVar

from .errors import AzureError

_WORKERS = 8  # one sign-in may read 10 identities per second of a subscription (Entra's throttling limits)

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Outcome(Generic[_Item, _Answer]):
    """``answer`` where ``error`` is None."""

    item: _Item
    answer: Optional[_Answer] = None
    error: Optional[AzureError] = None


def each(items: Iterable[_Item], do: Callable[[_Item], _Answer]) -> list[Outcome[_Item, _Answer]]:
    """Outcomes in the order of the items; anything but an AzureError is raised."""

    def attempt(item: _Item) -> Outcome[_Item, _Answer]:
        try:
            return Outcome(item, do(item))
        except AzureError as error:
            return Outcome(item, error=error)

    chosen = list(items)
    if len(chosen) < 2:
        return [attempt(item) for item in chosen]
    with ThreadPoolExecutor(max_workers=min(_WORKERS, len(chosen))) as pool:
        return list(pool.map(attempt, chosen))

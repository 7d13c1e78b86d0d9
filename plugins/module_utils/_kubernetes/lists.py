# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""All lists that discovery looks at, read side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional, Protocol, Union

from .._migration.facts import RawCluster, Unreadable
from .client import KubernetesClient
from .errors import Forbidden, KubernetesError, NotFound, Unreachable

_SIDE_BY_SIDE = 6


class KindPath(Protocol):
    """What discovery asks for: see _migration/discovery.py."""

    @property
    def plural(self) -> str:
        """The kind's key in ``RawCluster``."""

    @property
    def path(self) -> str:
        """Where the API lists it, over all namespaces."""


_Answer = Union[tuple[dict[str, Any], ...], Unreadable]


def read(client: KubernetesClient, kinds: Sequence[KindPath]) -> RawCluster:
    """One paged list for each kind. What cannot be listed is told in ``unreadable`` and leaves the rest
    whole.

    Raises Unreachable, and Forbidden where the credentials are refused altogether (401).
    """

    def one(kind: KindPath) -> _Answer:
        return _listed(client, kind)

    version = client.server_version
    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
        answers = list(pool.map(one, kinds))
    objects: dict[str, tuple[dict[str, Any], ...]] = {}
    unreadable: list[Unreadable] = []
    for kind, answer in zip(kinds, answers):
        if isinstance(answer, Unreadable):
            unreadable.append(answer)
        else:
            objects[kind.plural] = answer
    return RawCluster(objects=objects, unreadable=tuple(unreadable), server_version=version)


def _listed(client: KubernetesClient, kind: KindPath) -> _Answer:
    refused: Optional[KubernetesError] = None
    try:
        return tuple(client.list(kind.path))
    except Unreachable:
        raise
    except NotFound as error:
        return Unreadable(kind.plural, f"the API server has no such kind ({error.status})", missing=True)
    except Forbidden as error:
        if error.status == 401:
            raise
        refused = error
    except KubernetesError as error:
        refused = error
    return Unreadable(kind.plural, str(refused))

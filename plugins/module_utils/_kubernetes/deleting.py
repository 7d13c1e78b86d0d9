# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Objects taken away, and waited for until they are gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .._migration.facts import ObjectRef
from .client import KubernetesClient
from .errors import KubernetesError, NotFound
from .paths import collection, single
from .workload_outcomes import text

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 5.0


class StillThere(KubernetesError):
    """Objects did not go within the time; the message names them and what holds them."""


@dataclass(frozen=True)
class Patience:
    timeout: float  # seconds
    say: Callable[[str], None]


def delete_all(
    client: KubernetesClient, refs: Sequence[ObjectRef], propagation: str = "Background"
) -> tuple[str, ...]:
    """Deletes what is there; gives what was, as text. Kinds that do not exist any more count as gone."""
    found = []
    for ref in refs:
        if client.delete(single(ref.kind, ref.namespace, ref.name, ref.api_version), propagation=propagation):
            found.append(text(ref))
    return tuple(found)


def objects_of(client: KubernetesClient, kind: str, **query: Any) -> list[dict[str, Any]]:
    """All objects of a kind in the cluster; none where the kind does not exist."""
    try:
        return list(client.list(collection(kind), **query))
    except NotFound:
        return []


def wait_until_none(
    client: KubernetesClient, kind: str, patience: Patience, **query: Any
) -> list[dict[str, Any]]:
    """Waits until no object of the kind is left; gives those still there after the time (the caller
    decides)."""
    deadline = time.monotonic() + patience.timeout
    delay, told = _FIRST_DELAY, -1
    while True:
        left = objects_of(client, kind, **query)
        if not left or time.monotonic() >= deadline:
            return left
        if len(left) != told:
            patience.say(f"{client.cluster}: {len(left)} {kind} still there")
            told = len(left)
        time.sleep(delay)
        delay = min(_LONGEST_DELAY, delay * 2)


def wait_until_gone(client: KubernetesClient, refs: Sequence[ObjectRef], patience: Patience) -> None:
    """Waits for single objects, such as a DaemonSet deleted in the foreground. Raises StillThere."""
    deadline = time.monotonic() + patience.timeout
    pending, delay = list(refs), _FIRST_DELAY
    while pending:
        pending = [
            ref for ref in pending if client.find(single(ref.kind, ref.namespace, ref.name, ref.api_version))
        ]
        if not pending:
            return
        if time.monotonic() >= deadline:
            raise StillThere(
                f"{client.cluster}: still there after {patience.timeout:.0f} s:"
                f" {', '.join(text(ref) for ref in pending)}."
                " See what holds them (finalizers, a controller that puts them back) and run again."
            )
        time.sleep(delay)
        delay = min(_LONGEST_DELAY, delay * 2)


def without_finalizers(client: KubernetesClient, ref: ObjectRef) -> None:
    """Lets an object go whose controller is no more."""
    try:
        client.change(
            single(ref.kind, ref.namespace, ref.name, ref.api_version),
            lambda current: (
                {"metadata": {"finalizers": None}} if current["metadata"].get("finalizers") else None
            ),
        )
    except NotFound:
        pass

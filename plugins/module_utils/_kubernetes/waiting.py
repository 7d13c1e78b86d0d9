# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The one waiter: rollouts of many workloads side by side, then a quiet time in which nothing restarts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._migration.facts import ObjectRef
from .client import KubernetesClient
from .injection import USE_LABEL
from .paths import collection, is_known
from .pods import hopeless, pods_of, restarts, trouble
from .rollouts import Rollout, rollout

_FIRST_DELAY = 0.5  # seconds; the delay grows to the poll interval, since small rollouts end at once
_WHOLE_CLUSTER = 4  # from so many namespaces of a kind on, one list over all namespaces is cheaper


@dataclass(frozen=True)
class Waiting:
    timeout: float = 600.0  # seconds for a rollout
    quiet_time: float = 30.0  # seconds without a restart after it
    poll_interval: float = 10.0  # seconds; the longest pause between two looks


@dataclass(frozen=True)
class Watched:
    """How a wait ended for one workload. ``failure`` is empty for a success."""

    workload: Mapping[str, Any]  # as last seen
    pods: tuple[Mapping[str, Any], ...]
    failure: str = ""
    wanted: int = 0  # pods that its rollout is to have


def read_workloads(client: KubernetesClient, refs: Sequence[ObjectRef]) -> dict[ObjectRef, dict[str, Any]]:
    """The workloads as they stand, by lists of their kinds. Those that are gone are not in the answer, nor are
    kinds without a fixed path."""
    wanted: dict[tuple[str, str], set[str]] = {}
    by_place = {(ref.kind, ref.namespace, ref.name): ref for ref in refs}
    for ref in refs:
        if is_known(ref.kind):
            wanted.setdefault((ref.kind, ref.api_version), set()).add(ref.namespace)
    found: dict[ObjectRef, dict[str, Any]] = {}
    for (kind, api_version), namespaces in wanted.items():
        places = [None] if len(namespaces) >= _WHOLE_CLUSTER else sorted(namespaces)
        for place in places:
            for item in client.list(collection(kind, place, api_version)):
                at = by_place.get((kind, item["metadata"].get("namespace", ""), item["metadata"]["name"]))
                if at is not None:
                    found[at] = item
    return found


def read_pods(
    client: KubernetesClient, refs: Sequence[ObjectRef], switched: bool = True
) -> list[dict[str, Any]]:
    """Pods of the namespaces; only those that carry the label of workload identity where ``switched``."""
    namespaces = sorted({ref.namespace for ref in refs})
    query = {"labelSelector": f"{USE_LABEL}=true"} if switched else {}
    places = [None] if len(namespaces) >= _WHOLE_CLUSTER else namespaces
    return [pod for place in places for pod in client.list(collection("Pod", place), **query)]


def wait_for_rollouts(
    client: KubernetesClient,
    refs: Sequence[ObjectRef],
    waiting: Waiting,
    say: Callable[[str], None],
    *,
    switched: bool = True,
) -> dict[ObjectRef, Watched]:
    """Waits until each rollout has ended, one way or the other. Workloads that are gone count as failed.

    ``switched``: the pods to look at are those of workload identity. Raises KubernetesError.
    """
    started = time.monotonic()
    pending, ended = list(refs), {}
    delay, told = _FIRST_DELAY, ""
    while pending:
        workloads = read_workloads(client, pending)
        pods = read_pods(client, pending, switched)
        late = time.monotonic() - started >= waiting.timeout
        notes = []
        for ref in list(pending):
            watched, note = _look(ref, workloads.get(ref), pods, late, waiting)
            if watched is None:
                notes.append(f"{ref.namespace}/{ref.name}: {note}")
            else:
                ended[ref] = watched
                pending.remove(ref)
        if not pending:
            break
        line = "; ".join(notes[:3]) + (f" and {len(notes) - 3} more" if len(notes) > 3 else "")
        if line != told:
            say(f"{client.cluster}: rollout: {line}, {time.monotonic() - started:.0f} s")
            told = line
        time.sleep(delay)
        delay = min(waiting.poll_interval, delay * 2)
    return ended


def watch_quiet(
    client: KubernetesClient,
    rolled: Mapping[ObjectRef, Watched],
    waiting: Waiting,
    say: Callable[[str], None],
) -> dict[ObjectRef, Watched]:
    """Looks on for the quiet time; a workload whose pods restart or are lost in it has failed."""
    good = {ref: item for ref, item in rolled.items() if not item.failure and item.wanted}
    result = dict(rolled)
    if not good or waiting.quiet_time <= 0:
        return result
    say(f"{client.cluster}: {len(good)} workloads rolled out, watched for {waiting.quiet_time:.0f} s")
    before = {ref: restarts(item.pods) for ref, item in good.items()}
    deadline = time.monotonic() + waiting.quiet_time
    while good:
        left = deadline - time.monotonic()
        time.sleep(max(0.0, min(left, waiting.poll_interval, waiting.quiet_time)))
        workloads, pods = read_workloads(client, list(good)), read_pods(client, list(good))
        last = time.monotonic() >= deadline
        for ref in list(good):
            watched = _quiet(workloads.get(ref), good[ref], pods, before[ref])
            result[ref] = watched
            if watched.failure:
                del good[ref]
        if last:
            break
    return result


def _look(
    ref: ObjectRef,
    workload: Any,
    pods: Sequence[Mapping[str, Any]],
    late: bool,
    waiting: Waiting,
) -> tuple[Any, str]:
    if workload is None:
        return Watched({}, (), f"{ref.kind} {ref.namespace}/{ref.name} is gone"), ""
    state: Rollout = rollout(workload)
    own = tuple(pods_of(workload, pods))
    if state.done:
        return Watched(workload, own, "", state.wanted), ""
    reason = state.message if state.failed else hopeless(own)
    if not reason and late:
        reason = f"not rolled out within {waiting.timeout:.0f} s: {state.message}"
    if reason:
        details = trouble(own)
        return Watched(workload, own, f"{reason} ({details})" if details else reason, state.wanted), ""
    return None, state.message


def _quiet(
    workload: Any, rolled: Watched, pods: Sequence[Mapping[str, Any]], restarts_before: int
) -> Watched:
    if workload is None:
        return Watched({}, (), "it is gone", rolled.wanted)
    own = tuple(pods_of(workload, pods))
    state = rollout(workload)
    failure = ""
    if restarts(own) > restarts_before:
        times = restarts(own) - restarts_before
        failure = f"its containers restart ({times} times in the quiet time): {trouble(own)}"
    elif not state.done:
        failure = f"its pods did not stay ready: {state.message} {trouble(own)}".rstrip()
    return Watched(workload, own, failure.rstrip(": "), state.wanted)

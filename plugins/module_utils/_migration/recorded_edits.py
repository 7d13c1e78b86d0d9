# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Edits of a JSON document that know how to take themselves back exactly, absence included."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

# A key of an object, an index of a list, or {"name": x}: the list's element with that name.
Step = Union[str, int, Mapping[str, str]]
Path = tuple[Step, ...]


class _Absent:
    def __repr__(self) -> str:
        return "absent"

    def __deepcopy__(self, memo: object) -> _Absent:
        return self  # it is compared by identity


ABSENT = _Absent()


@dataclass(frozen=True)
class Edit:
    """One value that was changed; before or after may be ABSENT."""

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True)
class Restored:
    document: Any
    conflicts: tuple[str, ...]  # paths where somebody else has changed what was to be restored


@dataclass
class Recorder:
    """Edits a copy of ``document`` and writes down how it was.

    ``made``: empty objects and lists that had to be made on the way, with what was there before (ABSENT or null).
    """

    document: Any
    edits: list[Edit] = field(default_factory=list)
    made: list[tuple[Path, Any]] = field(default_factory=list)

    def set(self, path: Path, value: Any) -> None:
        before = get(self.document, path)
        if before is not ABSENT and before == value:
            return
        for length in range(1, len(path)):
            parent = get(self.document, path[:length])
            if parent is ABSENT or parent is None:
                _put(self.document, path[:length], [] if isinstance(path[length], Mapping) else {})
                self.made.append((path[:length], parent))
        _put(self.document, path, value)
        self.edits.append(Edit(path, copy.deepcopy(before), copy.deepcopy(value)))

    def remove(self, path: Path) -> None:
        before = get(self.document, path)
        if before is not ABSENT:
            _drop(self.document, path)
            self.edits.append(Edit(path, copy.deepcopy(before), ABSENT))


def restore(document: Any, edits: tuple[Edit, ...], made: tuple[tuple[Path, Any], ...]) -> Restored:
    """The document before the edits. A place that is neither as edited nor as before is left alone and told."""
    result = copy.deepcopy(document)
    conflicts = []
    for edit in reversed(edits):
        now = get(result, edit.path)
        if _same(now, edit.before):
            continue  # somebody has taken it back already, as an upgrade of a Helm release does
        if not _same(now, edit.after):
            conflicts.append(f"{written(edit.path)} is now {now!r}, and not {edit.after!r} as it was set")
            continue
        if not _with_parents(result, edit.path):
            conflicts.append(f"{written(edit.path)} has no place any more in the template as it is now")
            continue
        if edit.before is ABSENT:
            _drop(result, edit.path)
        else:
            _put(result, edit.path, copy.deepcopy(edit.before))
    for path, before in reversed(made):
        if get(result, path) in ({}, []):
            if before is ABSENT:
                _drop(result, path)
            else:
                _put(result, path, before)
    return Restored(result, tuple(conflicts))


def written(path: Path) -> str:
    """``spec.containers[web].env[AZURE_CLIENT_ID]``"""
    text = ""
    for step in path:
        if isinstance(step, Mapping):
            text += f"[{step['name']}]"
        elif isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def get(document: Any, path: Path) -> Any:
    """The value at ``path``, or ABSENT."""
    for step in path:
        if isinstance(step, Mapping):
            index = _index(document, step)
            if index is None:
                return ABSENT
            document = document[index]
        elif isinstance(step, int):
            if not isinstance(document, list) or step >= len(document):
                return ABSENT
            document = document[step]
        else:
            if not isinstance(document, Mapping) or step not in document:
                return ABSENT
            document = document[step]
    return document


def _same(left: Any, right: Any) -> bool:
    if left is ABSENT or right is ABSENT:
        return left is right
    return bool(left == right)


def _index(document: Any, step: Mapping[str, str]) -> Union[int, None]:
    if not isinstance(document, list):
        return None
    named = (
        n for n, item in enumerate(document) if isinstance(item, Mapping) and item.get("name") == step["name"]
    )
    return next(named, None)


def _put(document: Any, path: Path, value: Any) -> None:
    parent, last = get(document, path[:-1]), path[-1]
    if isinstance(last, Mapping):
        index = _index(parent, last)
        if index is None:
            parent.append(value)
        else:
            parent[index] = value
    else:
        parent[last] = value


def _with_parents(document: Any, path: Path) -> bool:
    """Whether a value can be put at ``path``; plain objects on the way that are gone (an API server drops empty
    ones) are made again, but not list items.
    """
    for length, step in enumerate(path[:-1]):
        below = get(document, path[: length + 1])
        if below is ABSENT or below is None:
            if not isinstance(step, str) or not isinstance(path[length + 1], str):
                return False
            if not isinstance(get(document, path[:length]), dict):
                return False
            _put(document, path[: length + 1], {})
    parent, last = get(document, path[:-1]), path[-1]
    if isinstance(last, Mapping):
        return isinstance(parent, list)
    if isinstance(last, int):
        return isinstance(parent, list) and last < len(parent)
    return isinstance(parent, dict)


def _drop(document: Any, path: Path) -> None:
    parent, last = get(document, path[:-1]), path[-1]
    if isinstance(last, Mapping):
        del parent[_index(parent, last)]
    else:
        del parent[last]

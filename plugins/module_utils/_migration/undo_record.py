# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The undo record: how a pod template was, kept as an annotation of the very object that was changed.

It lies in the object's own metadata and never in the template: writing or removing it starts no rollout.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .objects import Object, annotations_of
from .recorded_edits import ABSENT, Edit, Path, Recorder

UNDO_ANNOTATION = "workload-identity.aksops.io/undo"
VERSION = 1


class UndoRecordError(ValueError):
    """The annotation cannot be read: damaged, or written by a newer version of the collection."""


@dataclass(frozen=True)
class UndoRecord:
    edits: tuple[Edit, ...]
    made: tuple[tuple[Path, Any], ...]
    bare: bool  # the object had no annotations at all

    @classmethod
    def of(cls, recorder: Recorder, bare: bool) -> UndoRecord:
        return cls(tuple(recorder.edits), tuple(recorder.made), bare)


def written(record: UndoRecord) -> str:
    """Compact JSON, the same for the same record."""
    document: dict[str, Any] = {"v": VERSION, "edits": [_edit(item) for item in record.edits]}
    if record.made:
        document["made"] = [
            {"path": list(path)} if before is ABSENT else {"path": list(path), "before": before}
            for path, before in record.made
        ]
    if record.bare:
        document["bare"] = True
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def read(obj: Object) -> Optional[UndoRecord]:
    """The record that an object carries, or None. Raises UndoRecordError."""
    text = annotations_of(obj).get(UNDO_ANNOTATION)
    if text is None:
        return None
    try:
        document = json.loads(text)
        if document["v"] != VERSION:
            raise UndoRecordError(
                f"its undo record has version {document['v']}, this collection reads {VERSION}: update the collection"
            )
        return UndoRecord(
            edits=tuple(
                Edit(_path(item["path"]), item.get("before", ABSENT), item.get("after", ABSENT))
                for item in document["edits"]
            ),
            made=tuple(
                (_path(item["path"]), item.get("before", ABSENT)) for item in document.get("made", ())
            ),
            bare=bool(document.get("bare")),
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, UndoRecordError):
            raise
        raise UndoRecordError(f"its annotation {UNDO_ANNOTATION} is damaged: {error}") from error


def _edit(edit: Edit) -> Mapping[str, Any]:
    document: dict[str, Any] = {"path": list(edit.path)}
    if edit.before is not ABSENT:
        document["before"] = edit.before
    if edit.after is not ABSENT:
        document["after"] = edit.after
    return document


def _path(steps: Any) -> Path:
    if not isinstance(steps, list) or not steps:
        raise UndoRecordError("a path in its undo record is empty")
    return tuple(steps)

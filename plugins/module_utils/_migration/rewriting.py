# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Pod templates from Pod Identity to workload identity and back.

Pure: objects in, a merge patch out. The patch carries the resourceVersion that was read, so that an object which
somebody else has changed in between is refused by the API server (409) instead of overwritten.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from . import merge_patch, undo_record
from .kinds import template_path
from .objects import (
    BINDING_LABEL,
    PROXY_ANNOTATION,
    USE_LABEL,
    Object,
    annotations_of,
    at,
    items,
    mapping,
    metadata,
    spec,
)
from .plan import PlannedWorkload
from .pod_templates import CLIENT_ID_VARIABLE
from .recorded_edits import Path, Recorder, restore
from .undo_record import UNDO_ANNOTATION, UndoRecord

HELD_ANNOTATION = "workload-identity.aksops.io/held"


@dataclass(frozen=True)
class Change:
    """What to send, and what comes of it. Nothing is to be sent where ``changed`` is false."""

    changed: bool
    patch: Mapping[str, Any]  # merge patch with the resourceVersion as its precondition
    after: Mapping[str, Any]  # the whole object as it will be
    conflicts: tuple[
        str, ...
    ] = ()  # what somebody else has changed in between and is therefore left as it is
    content_type: str = merge_patch.CONTENT_TYPE


@dataclass(frozen=True)
class Hold:
    """Why a workload is passed over: an earlier switch failed and was undone."""

    reason: str
    time: str  # ISO 8601
    template: str  # hash of the template as it stood then; a new template ends the hold


def switch(obj: Object, workload: PlannedWorkload) -> Change:
    """The object on workload identity. A second time it changes nothing; after somebody's revert it switches again.

    A hold ends with it. Raises undo_record.UndoRecordError.
    """
    path = template_path(workload.ref.kind)
    record = undo_record.read(obj)
    template: Mapping[str, Any] = at(obj, path)
    conflicts: tuple[str, ...] = ()
    if record is not None:
        restored = restore(template, record.edits, record.made)
        template, conflicts = restored.document, restored.conflicts
    recorder = Recorder(copy.deepcopy(dict(template)))
    _edit(recorder, workload)
    bare = record.bare if record is not None else "annotations" not in metadata(obj)
    marks = {key: value for key, value in annotations_of(obj).items() if key != HELD_ANNOTATION}
    marks[UNDO_ANNOTATION] = undo_record.written(UndoRecord.of(recorder, bare))
    return _change(obj, path, recorder.document, marks, bare, conflicts)


def undo(obj: Object, kind: str, hold: Optional[Hold] = None) -> Change:
    """The object as it was before the switch, by its own undo record; unchanged where it carries none.

    With ``hold`` the object says from now on why it is passed over. Raises undo_record.UndoRecordError.
    """
    path = template_path(kind)
    record = undo_record.read(obj)
    if record is None:
        return _change(obj, path, at(obj, path), dict(annotations_of(obj)), False, ())
    restored = restore(at(obj, path), record.edits, record.made)
    marks = {
        key: value
        for key, value in annotations_of(obj).items()
        if key not in (UNDO_ANNOTATION, HELD_ANNOTATION)
    }
    if hold is not None:
        marks[HELD_ANNOTATION] = _written(Hold(hold.reason, hold.time, template_hash(restored.document)))
    return _change(obj, path, restored.document, marks, record.bare, restored.conflicts)


def original_template(obj: Object, kind: str) -> Mapping[str, Any]:
    """The pod template as it was before the switch; as it stands where it was not switched."""
    template = at(obj, template_path(kind))
    record = undo_record.read(obj)
    return template if record is None else mapping(restore(template, record.edits, record.made).document)


def hold(obj: Object, kind: str, reason: str, time: str) -> Change:
    """The object with a note that it is to be passed over as long as its template stays as it is."""
    path = template_path(kind)
    marks = dict(annotations_of(obj))
    marks[HELD_ANNOTATION] = _written(Hold(reason, time, template_hash(at(obj, path))))
    return _change(obj, path, at(obj, path), marks, False, ())


def held(obj: Object, kind: str) -> Optional[Hold]:
    """The hold that is in force; None where there is none or where the template has changed since."""
    text = annotations_of(obj).get(HELD_ANNOTATION)
    if text is None:
        return None
    try:
        document = json.loads(text)
        found = Hold(str(document["reason"]), str(document["time"]), str(document["template"]))
    except (KeyError, TypeError, ValueError):
        # Somebody wrote it by hand: a hold all the same, until it is removed or told to try again.
        return Hold(str(text), "", template_hash(at(obj, template_path(kind))))
    return found if found.template == template_hash(at(obj, template_path(kind))) else None


def forget(obj: Object, kind: str) -> Change:
    """The object without undo record and hold; its template stays, so nothing rolls. For the end of retire."""
    marks = {
        key: value
        for key, value in annotations_of(obj).items()
        if key not in (UNDO_ANNOTATION, HELD_ANNOTATION)
    }
    path = template_path(kind)
    return _change(obj, path, at(obj, path), marks, len(marks) != len(annotations_of(obj)), ())


def switched(obj: Object) -> bool:
    """Whether it carries an undo record, readable or not."""
    return UNDO_ANNOTATION in annotations_of(obj)


def template_hash(template: Object) -> str:
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _edit(recorder: Recorder, workload: PlannedWorkload) -> None:
    template: Mapping[str, Any] = copy.deepcopy(recorder.document)
    if _account(template) != workload.service_account:
        recorder.set(("spec", "serviceAccountName"), workload.service_account)
        # The API server mirrors the name into the deprecated field, and takes the deprecated one where the
        # other is missing (kubernetes pkg/apis/core/v1/conversion.go): both are set, and both are restored.
        recorder.set(("spec", "serviceAccount"), workload.service_account)
    recorder.set(("metadata", "labels", USE_LABEL), "true")
    if not workload.keep_label:
        recorder.remove(("metadata", "labels", BINDING_LABEL))
    if workload.method == "proxy":
        recorder.set(("metadata", "annotations", PROXY_ANNOTATION), "true")
    for old, new in sorted((workload.client_ids or {}).items()):
        for path, text in tuple(_words(recorder.document)):
            if old.lower() in text.lower():
                recorder.set(path, _replaced(text, old, new))
    if workload.client_id_env is not None:
        for path in _containers(template):
            variable = (*path, "env", {"name": CLIENT_ID_VARIABLE})
            recorder.set(variable, {"name": CLIENT_ID_VARIABLE, "value": workload.client_id_env})
    for name, twin in sorted((workload.dependants or {}).items()):
        for index, volume in enumerate(items(spec(template).get("volumes"))):
            attributes = ("spec", "volumes", index, "csi", "volumeAttributes", "secretProviderClass")
            if at(volume, ("csi", "volumeAttributes")).get("secretProviderClass") == name:
                recorder.set(attributes, twin)


def _account(template: Mapping[str, Any]) -> str:
    return str(spec(template).get("serviceAccountName") or spec(template).get("serviceAccount") or "default")


def _containers(template: Mapping[str, Any]) -> Iterator[Path]:
    for key in ("initContainers", "containers"):
        for container in items(spec(template).get(key)):
            yield ("spec", key, {"name": str(container.get("name"))})


def _words(template: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every literal value of a variable, argument or command, and where it stands."""
    for key in ("initContainers", "containers"):
        for container in items(spec(template).get(key)):
            place: Path = ("spec", key, {"name": str(container.get("name"))})
            for variable in items(container.get("env")):
                if isinstance(variable.get("value"), str):
                    yield (*place, "env", {"name": str(variable.get("name"))}, "value"), variable["value"]
            for words in ("command", "args"):
                for index, word in enumerate(container.get(words) or ()):
                    if isinstance(word, str):
                        yield (*place, words, index), word


def _replaced(text: str, old: str, new: str) -> str:
    start = text.lower().index(old.lower())
    return f"{text[:start]}{new}{text[start + len(old) :]}"


def _written(hold_: Hold) -> str:
    document = {"reason": hold_.reason, "template": hold_.template, "time": hold_.time}
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _change(
    obj: Object,
    path: Path,
    template: Mapping[str, Any],
    marks: Mapping[str, Any],
    bare: bool,
    conflicts: tuple[str, ...],
) -> Change:
    after: dict[str, Any] = copy.deepcopy(dict(obj))
    if path:
        parent: Any = after
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = copy.deepcopy(dict(template))
    else:  # a Pod is its own template
        after = {**after, **copy.deepcopy(dict(template))}
    after["metadata"] = dict(mapping(after.get("metadata")))
    if marks or ("annotations" in metadata(obj) and not bare):
        after["metadata"]["annotations"] = dict(marks)
    else:
        after["metadata"].pop("annotations", None)
    patch = merge_patch.patch_between(obj, after)
    if not patch:
        return Change(False, {}, obj, conflicts)
    version = metadata(obj).get("resourceVersion")
    if version is not None:
        patch.setdefault("metadata", {})["resourceVersion"] = version
    return Change(True, patch, after, conflicts)

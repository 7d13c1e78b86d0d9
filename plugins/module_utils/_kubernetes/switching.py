# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The patches of one workload: switch, confirm, undo, hold. Rules and undo record are
_migration/rewriting.py's (pure)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Optional

from .._migration import rewriting
from .._migration.facts import ObjectRef
from .._migration.kinds import template_path
from .._migration.objects import USE_LABEL, annotations_of, at, labels, mapping, spec
from .._migration.plan import PlannedWorkload
from .._migration.undo_record import UndoRecordError
from .errors import KubernetesError
from .paths import UnknownKind, single

# Lies beside the undo record once rollout, quiet time and injection were seen to be well. Without it, a run
# that finds the workload switched takes up the verification where a killed one left it, and undoes the switch
# if it fails.
VERIFIED_ANNOTATION = "workload-identity.aksops.io/verified"


class SwitchError(KubernetesError):
    """A workload cannot be changed: its undo record is unreadable, or its kind is none that can be changed
    live."""


def path(ref: ObjectRef) -> str:
    """Raises SwitchError for a kind without a fixed path."""
    try:
        return single(ref.kind, ref.namespace, ref.name, ref.api_version)
    except UnknownKind:
        raise SwitchError(
            f"{ref.kind} {ref.namespace}/{ref.name}: this kind cannot be changed live."
        ) from None


def template(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its pod template."""
    return at(workload, template_path(str(workload.get("kind")))) if workload else {}


def is_switched(workload: Mapping[str, Any], planned: PlannedWorkload) -> bool:
    """Whether it is as planned: by us, or (applied by its owner after an export) without an undo record."""
    if rewriting.switched(workload):
        return not _switch(workload, planned).changed
    current = template(workload)
    account = spec(current).get("serviceAccountName") or "default"
    return labels(current).get(USE_LABEL) == "true" and account == planned.service_account


def is_verified(workload: Mapping[str, Any]) -> bool:
    """Whether a switch has stood its test already. One that its owner applied is not ours to undo, so it
    counts."""
    return VERIFIED_ANNOTATION in annotations_of(workload) or not rewriting.switched(workload)


def held(workload: Mapping[str, Any]) -> str:
    """Why an earlier run put it back and holds it, or an empty text."""
    hold = rewriting.held(workload, str(workload.get("kind")))
    if hold is None:
        return ""
    since = f" since {hold.time}" if hold.time else ""
    return f"held{since}: {hold.reason}. It is tried again with retry_held, or when its template changes"


def switch_patch(workload: Mapping[str, Any], planned: PlannedWorkload) -> Optional[dict[str, Any]]:
    """The merge patch that switches it, undo record included; None where it is switched. Raises
    SwitchError."""
    change = _switch(workload, planned)
    return _without_mark(workload, change.patch) if change.changed else None


def verified_patch(workload: Mapping[str, Any]) -> Optional[dict[str, Any]]:
    if is_verified(workload):
        return None
    return {"metadata": {"annotations": {VERIFIED_ANNOTATION: _now()}}}


def undo_conflicts(workload: Mapping[str, Any]) -> tuple[str, ...]:
    """What somebody else has changed since the switch, and an undo would therefore leave alone. Raises
    SwitchError."""
    return _undo(workload, None).conflicts


def undo_patch(workload: Mapping[str, Any], hold_reason: str = "") -> Optional[dict[str, Any]]:
    """The merge patch back to the template before the switch; with a reason it is held as well, in one
    request.

    None where there is nothing to undo. Raises SwitchError.
    """
    hold = rewriting.Hold(hold_reason, _now(), "") if hold_reason else None
    change = _undo(workload, hold)
    return _without_mark(workload, change.patch) if change.changed else None


def forget_patch(workload: Mapping[str, Any]) -> Optional[dict[str, Any]]:
    """Without undo record, hold and mark; the template stays as it is, so nothing rolls."""
    change = rewriting.forget(_unmarked(workload), str(workload.get("kind")))
    marked = VERIFIED_ANNOTATION in annotations_of(workload)
    return _without_mark(workload, change.patch) if change.changed or marked else None


def _switch(workload: Mapping[str, Any], planned: PlannedWorkload) -> rewriting.Change:
    try:
        return rewriting.switch(workload, planned)
    except UndoRecordError as error:
        raise SwitchError(
            f"{planned.ref.kind} {planned.ref.namespace}/{planned.ref.name}: {error}."
        ) from None


def _undo(workload: Mapping[str, Any], hold: Optional[rewriting.Hold]) -> rewriting.Change:
    try:
        return rewriting.undo(_unmarked(workload), str(workload.get("kind")), hold)
    except UndoRecordError as error:
        metadata = mapping(workload.get("metadata"))
        where = f"{workload.get('kind')} {metadata.get('namespace')}/{metadata.get('name')}"
        raise SwitchError(f"{where} cannot be put back: {error}.") from None


def _unmarked(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    """As it would be had it never been marked: an undo then also knows whether there were annotations at
    all."""
    if VERIFIED_ANNOTATION not in annotations_of(workload):
        return workload
    result = copy.deepcopy(dict(workload))
    del result["metadata"]["annotations"][VERIFIED_ANNOTATION]
    return result


def _without_mark(workload: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(dict(patch))
    if VERIFIED_ANNOTATION in annotations_of(workload):
        metadata = result.setdefault("metadata", {})
        if metadata.get("annotations", {}) is not None:  # null: all annotations go, the mark with them
            metadata.setdefault("annotations", {})[VERIFIED_ANNOTATION] = None
    return result


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

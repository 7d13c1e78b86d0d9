# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Patches for workloads that something else owns: written out, and applied by whoever owns them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Optional

from .._files import write_private
from .._migration.plan import PlannedWorkload
from . import switching
from .workload_outcomes import Outcome


def export(
    current: Mapping[str, Any], planned: PlannedWorkload, folder: Optional[str], check_mode: bool
) -> Outcome:
    """Writes the workload's patch to ``folder``, as a document that Kustomize takes (JSON is YAML)."""
    ref = planned.ref
    if folder is None:
        return Outcome(ref, "exported", "the patch was not written: no export_path was given", planned.wave)
    path = os.path.join(folder, f"{ref.namespace}.{ref.kind.lower()}.{ref.name}.patch.json")
    if not check_mode:
        write_private(path, document(current, planned))
    detail = f"owned by something else, which has to apply {path}; run again when it has arrived"
    return Outcome(ref, "exported", detail, planned.wave)


def document(current: Mapping[str, Any], planned: PlannedWorkload) -> dict[str, Any]:
    """A patch of the workload's spec alone: the undo record is for changes that we make ourselves (pure)."""
    patch = switching.switch_patch(dict(current), planned) or {}
    metadata = {"name": planned.ref.name, "namespace": planned.ref.namespace}
    return {
        "apiVersion": planned.ref.api_version,
        "kind": planned.ref.kind,
        "metadata": metadata,
        "spec": patch.get("spec") or {},
    }

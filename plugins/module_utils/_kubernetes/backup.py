# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What a removal takes away, kept in a file: custom resources whole, the add-on's profile, identities of
scale sets.

Service principals' passwords are not in it: AzureIdentities of types 1 and 2 hold references to secrets only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from .._files import read_json, write_private
from .._migration.facts import Facts, RawCluster
from .._migration.kinds import AZURE_IDENTITIES, BINDINGS, EXCEPTIONS, listed
from .._migration.objects import without_managed_fields
from .._migration.records import to_data
from .errors import KubernetesError

SCHEMA = "aksops.workload_identity/backup/v1"
# The order in which they are put back: a binding takes effect as soon as it is there.
KINDS = (AZURE_IDENTITIES, EXCEPTIONS, BINDINGS)


class BackupError(KubernetesError):
    """The backup file is of another cluster, or none."""


def taken(raw: RawCluster, facts: Facts) -> dict[str, Any]:
    """The backup of a cluster as it stands (pure)."""
    profile = facts.azure.cluster.pod_identity_profile
    return {
        "schema": SCHEMA,
        "cluster_id": facts.azure.cluster.id,
        "cluster_name": facts.azure.cluster.name,
        "objects": [_kept(item) for kind in KINDS for item in listed(raw, kind)],
        "pod_identity_profile": to_data(profile) if profile else None,
        "scale_sets": to_data(facts.azure.scale_sets),
    }


def merged(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What either holds, the newer first (pure): a run that was killed half-way must not lose what is gone
    already.

    Raises BackupError for backups of two clusters.
    """
    if (earlier.get("cluster_id"), earlier.get("cluster_name")) != (now["cluster_id"], now["cluster_name"]):
        raise BackupError(
            f"The backup file is of the cluster {earlier.get('cluster_id') or earlier.get('cluster_name')}"
            " and not of"
            f" {now['cluster_id'] or now['cluster_name']}. Choose another backup_path."
        )
    objects = {_key(item): item for item in [*(earlier.get("objects") or ()), *now["objects"]]}
    before, after = earlier.get("pod_identity_profile"), now["pod_identity_profile"]
    scale_sets = {item["id"].lower(): item for item in now["scale_sets"]}
    for item in earlier.get("scale_sets") or ():
        known = scale_sets.setdefault(item["id"].lower(), item)
        ids = {identity.lower(): identity for identity in [*known["identity_ids"], *item["identity_ids"]]}
        scale_sets[item["id"].lower()] = {**known, "identity_ids": list(ids.values())}
    return {
        **now,
        "objects": list(objects.values()),
        "pod_identity_profile": after if _holds(after) or not _holds(before) else before,
        "scale_sets": list(scale_sets.values()),
    }


def write(path: str, backup: Mapping[str, Any]) -> None:
    """Mode 0600, together with what an earlier, killed run has written. Raises BackupError."""
    write_private(path, merged(read(path), backup) if os.path.exists(path) else dict(backup))


def read(path: str) -> dict[str, Any]:
    """Raises BackupError for a file that is no backup, FileError for one that cannot be read."""
    document = read_json(path)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise BackupError(f"{path} is no backup of this collection's version. Check backup_path.")
    return document


def identity_ids(backup: Mapping[str, Any]) -> tuple[str, ...]:
    """Resource IDs of the managed identities in it."""
    specs = [
        item.get("spec") or {} for item in backup.get("objects") or () if item.get("kind") == "AzureIdentity"
    ]
    found = [spec.get("resourceID") or spec.get("resourceid") for spec in specs]
    profile = backup.get("pod_identity_profile") or {}
    found += [(item.get("identity") or {}).get("resourceId") for item in profile.get("identities") or ()]
    return tuple(dict.fromkeys(str(item) for item in found if item))


def to_restore(backup: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The custom resources in the order in which they are put back, fit to be created."""
    order = {kind.kind: index for index, kind in enumerate(KINDS)}
    objects: Sequence[dict[str, Any]] = backup.get("objects") or ()
    chosen = [_fresh(item) for item in objects if item.get("kind") in order]
    return sorted(chosen, key=lambda item: order[item["kind"]])


def _kept(item: Mapping[str, Any]) -> dict[str, Any]:
    kept = without_managed_fields(item)
    kept.pop("status", None)
    return kept


def _fresh(item: Mapping[str, Any]) -> dict[str, Any]:
    """Without what belongs to the object that is gone."""
    metadata = item.get("metadata") or {}
    kept = {key: metadata[key] for key in ("name", "namespace", "labels", "annotations") if metadata.get(key)}
    return {
        "apiVersion": item["apiVersion"],
        "kind": item["kind"],
        "metadata": kept,
        "spec": item.get("spec") or {},
    }


def _key(item: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = item.get("metadata") or {}
    return str(item.get("kind")), str(metadata.get("namespace", "")), str(metadata.get("name"))


def _holds(profile: Any) -> bool:
    return bool(profile and (profile.get("identities") or profile.get("exceptions")))

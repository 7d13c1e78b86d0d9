# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Other things that fetch tokens through Pod Identity on a workload's behalf: the CSI driver and KEDA."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .facts import RawCluster
from .kinds import (
    CLUSTER_TRIGGER_AUTHENTICATIONS,
    SECRET_PROVIDER_CLASSES,
    TRIGGER_AUTHENTICATIONS,
    KindPath,
    listed,
)
from .objects import COLLECTION, MANAGED_BY_LABEL, Object, labels, mapping, metadata, name, namespace, spec

_KINDS = (SECRET_PROVIDER_CLASSES, TRIGGER_AUTHENTICATIONS, CLUSTER_TRIGGER_AUTHENTICATIONS)


def on_pod_identity(raw: RawCluster) -> tuple[Mapping[str, Any], ...]:
    """Whole objects, with their apiVersion and kind, which lists leave out."""
    found = []
    for kind in _KINDS:
        for obj in listed(raw, kind):
            if uses_pod_identity(kind.kind, obj):
                found.append(_whole(kind, obj))
    return tuple(found)


def twins(raw: RawCluster) -> tuple[tuple[KindPath, Mapping[str, Any]], ...]:
    """The objects that this collection made beside them."""
    return tuple(
        (kind, obj)
        for kind in _KINDS
        for obj in listed(raw, kind)
        if labels(obj).get(MANAGED_BY_LABEL) == COLLECTION
    )


def uses_pod_identity(kind: str, obj: Object) -> bool:
    if kind == "SecretProviderClass":
        parameters = mapping(spec(obj).get("parameters"))
        return (
            spec(obj).get("provider") == "azure"
            and str(parameters.get("usePodIdentity", "")).lower() == "true"
        )
    return mapping(spec(obj).get("podIdentity")).get("provider") == "azure"


def class_twin(obj: Object, twin: str, client_id: str, tenant_id: str) -> Mapping[str, Any]:
    """The SecretProviderClass again under the name ``twin``, for workload identity. ``client_id`` may be unknown().

    Source: learn.microsoft.com, csi-secrets-store-identity-access: usePodIdentity "false", clientID, tenantId.
    """
    changed = copy.deepcopy(dict(spec(obj)))
    parameters = dict(mapping(changed.get("parameters")))
    parameters.update({"usePodIdentity": "false", "clientID": client_id})
    if not parameters.get("tenantId") and not parameters.get("tenantID"):
        parameters["tenantId"] = tenant_id
    changed["parameters"] = parameters
    return _twin(obj, twin, changed)


def trigger_twin(obj: Object, twin: str) -> Mapping[str, Any]:
    """The KEDA authentication again, for workload identity; identityId stays where it is set."""
    changed = copy.deepcopy(dict(spec(obj)))
    changed["podIdentity"] = {**mapping(changed.get("podIdentity")), "provider": "azure-workload"}
    return _twin(obj, twin, changed)


def _twin(obj: Object, twin: str, changed: Mapping[str, Any]) -> Mapping[str, Any]:
    head: dict[str, Any] = {"name": twin}
    if namespace(obj):
        head["namespace"] = namespace(obj)
    head["labels"] = {MANAGED_BY_LABEL: COLLECTION}
    head["annotations"] = {"workload-identity.aksops.io/twin-of": name(obj)}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": head, "spec": changed}


def _whole(kind: KindPath, obj: Object) -> Mapping[str, Any]:
    head = {key: value for key, value in metadata(obj).items() if key != "managedFields"}
    return {**obj, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": head}

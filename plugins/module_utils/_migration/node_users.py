# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Who else uses an identity on the nodes, past Pod Identity.

MIC takes an identity off the scale set when its last labelled pod leaves, whoever put it there
(aad-pod-identity issues 987, 93), and retire must leave it where others still need it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .facts import AzureIdentityRecord, AzureSide, RawCluster
from .kinds import EXCEPTIONS, SECRET_PROVIDER_CLASSES, listed
from .objects import labels, mapping, namespace, place, spec
from .pod_templates import host_network, mentions
from .top_objects import TopObject


def node_users(
    raw: RawCluster, azure: AzureSide, records: Sequence[AzureIdentityRecord], objects: Sequence[TopObject]
) -> Mapping[str, str]:
    """Resource ID in lower case -> its other users, in words. Only users for which there is evidence."""
    found: dict[str, list[str]] = {}
    exceptions = [(namespace(obj), mapping(spec(obj).get("podLabels"))) for obj in listed(raw, EXCEPTIONS)]
    direct = [item for item in objects if _past_pod_identity(item, exceptions)]
    for resource_id, client_id in _identities(azure, records).items():
        users = found.setdefault(resource_id.lower(), [])
        if resource_id.lower() in {item.lower() for item in azure.cluster.node_identity_ids}:
            users.append("AKS itself (kubelet or an add-on)")
        if client_id:
            users += [place(item.ref) for item in direct if mentions(item.template, client_id)]
            users += _driver_users(raw, client_id)
        users += [place(item.ref) for item in direct if mentions(item.template, resource_id)]
    return {key: ", ".join(sorted(set(users))) for key, users in sorted(found.items()) if users}


def _identities(azure: AzureSide, records: Sequence[AzureIdentityRecord]) -> dict[str, str]:
    """Resource ID -> client ID of every identity that Pod Identity knows."""
    found = {
        record.resource_id: record.client_id or ""
        for record in records
        if record.type == 0 and record.resource_id and not record.malformed
    }
    for identity in azure.identities:
        for resource_id in found:
            if resource_id.lower() == identity.id.lower() and identity.client_id:
                found[resource_id] = identity.client_id
    return found


def _past_pod_identity(item: TopObject, exceptions: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    """On the host network NMI is not asked; an exception lets a pod past it when any one label matches."""
    if host_network(item.template):
        return True
    own = labels(item.template)
    return any(
        where == item.ref.namespace and any(key in own and own[key] == value for key, value in wanted.items())
        for where, wanted in exceptions
    )


def _driver_users(raw: RawCluster, client_id: str) -> list[str]:
    """Classes of the Secrets Store CSI driver that use the identity of the node."""
    found = []
    for obj in listed(raw, SECRET_PROVIDER_CLASSES):
        parameters = mapping(spec(obj).get("parameters"))
        asked = str(parameters.get("userAssignedIdentityID", "")).lower()
        if str(parameters.get("useVMManagedIdentity", "")).lower() == "true" and asked == client_id.lower():
            found.append(place(SECRET_PROVIDER_CLASSES.ref(obj)))
    return found

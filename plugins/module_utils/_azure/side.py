# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What Resource Manager knows of a cluster and of the identities that Pod Identity uses there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .._migration.facts import (
    AzureSide,
    ClusterFacts,
    FederatedCredential,
    IdentityFacts,
    ScaleSetFacts,
    Unreadable,
)
from .clusters import facts_of, get
from .errors import AzureError
from .parallel import each
from .session import AzureSession

_IDENTITY_API_VERSION = "2023-01-31"  # of Microsoft.ManagedIdentity
_COMPUTE_API_VERSION = "2024-07-01"  # of Microsoft.Compute
_CREDENTIALS = "federatedIdentityCredentials"


@dataclass(frozen=True)
class _IdentityRead:
    facts: IdentityFacts
    unreadable: Optional[Unreadable] = None


def read(
    session: AzureSession,
    resource_group: str,
    cluster_name: str,
    identity_ids: Sequence[str],
    successor: Callable[[IdentityFacts], Optional[str]] = lambda identity: None,
) -> AzureSide:
    """The cluster, its node scale sets, and the identities: those given and those of the add-on's profile.

    ``successor`` names the identity that takes the place of one whose region does not support federated
    credentials; where that one exists already, it is among the identities, too.
    What cannot be read but the cluster itself is listed as unreadable. Raises AzureError for the cluster.
    """
    cluster = facts_of(get(session, resource_group, cluster_name))
    wanted = {item.lower(): item for item in [*_of_profile(cluster), *identity_ids]}
    identities, unreadable = _identities(session, wanted.values())
    successors = {successor(item) for item in identities if item.federation == "unsupported"}
    later, unreadable_later = _identities(session, sorted(item for item in successors if item))
    scale_sets, refused = _scale_sets(session, cluster)
    return AzureSide(
        cluster=cluster,
        identities=(*identities, *(item for item in later if item.exists)),
        scale_sets=scale_sets,
        unreadable=(*unreadable, *unreadable_later, *refused),
    )


def _identities(
    session: AzureSession, identity_ids: Iterable[str]
) -> tuple[list[IdentityFacts], list[Unreadable]]:
    identities, unreadable = [], []
    for outcome in each(identity_ids, lambda item: _identity(session, item)):
        if outcome.answer is None:
            unreadable.append(_unreadable(outcome.item, outcome.error))
            continue
        identities.append(outcome.answer.facts)
        if outcome.answer.unreadable:
            unreadable.append(outcome.answer.unreadable)
    return identities, unreadable


def _of_profile(cluster: ClusterFacts) -> list[str]:
    profile = cluster.pod_identity_profile
    entries = profile.identities if profile else ()
    ids = [(entry.get("identity") or {}).get("resourceId") for entry in entries]
    return [str(item) for item in ids if item]


def _identity(session: AzureSession, identity_id: str) -> _IdentityRead:
    """One identity with its federated credentials. Raises AzureError where the identity cannot be read."""
    path = identity_id.rstrip("/")
    try:
        body = session.get(path, _IDENTITY_API_VERSION)
    except AzureError as error:
        if error.status != 404:
            raise
        return _IdentityRead(IdentityFacts(id=identity_id, exists=False))
    properties = body.get("properties") or {}
    federation, credentials, refused = _credentials(session, path)
    facts = IdentityFacts(
        id=identity_id,
        exists=True,
        location=_text(body.get("location")),
        client_id=_text(properties.get("clientId")),
        principal_id=_text(properties.get("principalId")),
        tenant_id=_text(properties.get("tenantId")),
        federation=federation,
        credentials=credentials,
    )
    return _IdentityRead(facts, refused)


def _credentials(
    session: AzureSession, identity_path: str
) -> tuple[str, tuple[FederatedCredential, ...], Optional[Unreadable]]:
    path = f"{identity_path}/{_CREDENTIALS}"
    try:
        found = list(session.list(path, _IDENTITY_API_VERSION))
    except AzureError as error:
        if error.status == 405:
            # "Support for federated identity credentials not enabled": so answer the regions without it.
            return "unsupported", (), None
        return "unknown", (), _unreadable(path, error)
    return "supported", tuple(_credential(item) for item in found), None


def _credential(body: Mapping[str, Any]) -> FederatedCredential:
    properties = body.get("properties") or {}
    return FederatedCredential(
        name=str(body.get("name") or ""),
        issuer=str(properties.get("issuer") or ""),
        subject=str(properties.get("subject") or ""),
        audiences=tuple(str(item) for item in properties.get("audiences") or ()),
    )


def _scale_sets(
    session: AzureSession, cluster: ClusterFacts
) -> tuple[tuple[ScaleSetFacts, ...], tuple[Unreadable, ...]]:
    if not cluster.node_resource_group:
        return (), ()
    path = (
        f"/subscriptions/{cluster.subscription_id}/resourceGroups/{cluster.node_resource_group}"
        "/providers/Microsoft.Compute/virtualMachineScaleSets"
    )
    try:
        found = list(session.list(path, _COMPUTE_API_VERSION))
    except AzureError as error:
        return (), (_unreadable(path, error),)
    return tuple(_scale_set(item) for item in found), ()


def _scale_set(body: Mapping[str, Any]) -> ScaleSetFacts:
    identity = body.get("identity") or {}
    return ScaleSetFacts(
        id=str(body["id"]),
        name=str(body["name"]),
        identity_ids=tuple(identity.get("userAssignedIdentities") or ()),
    )


def _unreadable(what: str, error: Optional[AzureError]) -> Unreadable:
    if error is None:
        return Unreadable(what=what, reason="no answer")
    reason = ": ".join(part for part in (error.code, error.message) if part) or str(error)
    return Unreadable(what=what, reason=reason, missing=error.status == 404)


def _text(value: Any) -> Optional[str]:
    return str(value) if value else None

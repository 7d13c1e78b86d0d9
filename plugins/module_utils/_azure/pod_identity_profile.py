# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The AKS add-on for Pod Identity: its profile in the managed cluster, emptied and then switched off.

Order and wiping by the service: facts of the aks-preview extension (_podidentity.py) and of
use-azure-ad-pod-identity.md: identities first, then the add-on; switching off wipes what is left of the
profile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Optional

from . import clusters, issuer_plan
from .errors import AzureError
from .session import AzureSession
from .waiting import Waiter

_ATTEMPTS = 5


def emptied(cluster: Mapping[str, Any]) -> Optional[dict[str, Any]]:
    """The cluster with no identity in the profile, or None where there is none (pure)."""
    profile = _profile(cluster)
    if not profile.get("enabled") or not profile.get("userAssignedIdentities"):
        return None
    body = _body(cluster)
    body["properties"]["podIdentityProfile"]["userAssignedIdentities"] = []
    return body


def disabled(cluster: Mapping[str, Any]) -> Optional[dict[str, Any]]:
    """The cluster with the add-on off, or None where it is (pure). The whole profile is replaced, as az does
    it."""
    if not _profile(cluster).get("enabled"):
        return None
    body = _body(cluster)
    body["properties"]["podIdentityProfile"] = {"enabled": False}
    return body


def update(
    session: AzureSession,
    path: str,
    change: Callable[[Mapping[str, Any]], Optional[dict[str, Any]]],
    waiter: Waiter,
) -> bool:
    """Reads, changes, writes with the version read, and waits until the cluster has settled. False: nothing to do.

    Raises AzureError, whose data tell whether the change was sent.
    """
    sent = False
    for attempt in range(_ATTEMPTS):
        cluster = _settled(session, path, waiter, None)
        body = change(cluster)
        if body is None:
            return sent
        tag = clusters.etag(cluster)
        try:
            answer = session.put(path, body, clusters.API_VERSION, {"If-Match": tag} if tag else {})
        except AzureError as error:
            # Somebody else was faster, or an operation has begun meanwhile: read again and wait for it.
            sent = sent or (error.answer_lost and _passes(error))
            if not _passes(error) or attempt + 1 == _ATTEMPTS:
                error.data = {**error.data, "changed": sent}
                raise
            waiter.pause(f"{_name(path)}: Pod Identity add-on: {error.code}")
            continue
        try:
            _settled(session, path, waiter, answer.headers.get("azure-asyncoperation"))
        except AzureError as error:
            error.data = {**error.data, "changed": True}
            raise
        return True
    return sent


def _passes(error: AzureError) -> bool:
    """Whether a refusal is about another write or operation; a lock or a policy answers with 409 or 403, too."""
    return error.status == 412 or (
        error.status == 409 and error.code in ("EtagMismatch", "OperationNotAllowed")
    )


def _settled(session: AzureSession, path: str, waiter: Waiter, operation: Optional[str]) -> Mapping[str, Any]:
    """The cluster once no operation runs on it. Raises AzureError for a failed one, or when time is up."""
    while True:
        cluster: Mapping[str, Any] = session.get(path, clusters.API_VERSION)
        state = clusters.provisioning_state(cluster)
        if not clusters.is_busy(cluster):
            break
        if waiter.expired:
            raise AzureError(
                f"{path}: still {state} after {waiter.timeout:.0f} s. The operation goes on in Azure: run again.",
                resource_id=path,
            )
        waiter.pause(f"{_name(path)}: Pod Identity add-on: {state}")
    if state.lower() != "succeeded":
        words = clusters.failure(cluster)
        if operation and not words:
            words = ": ".join(text for text in session.operation_error(operation) if text)
        raise AzureError(
            f"{path}: its last operation ended as {state}: {words or 'Azure gives no reason'}. Repair the cluster"
            " (az aks update without other options reconciles it) and run again.",
            resource_id=path,
        )
    return cluster


def _name(path: str) -> str:
    return path.rsplit("/", 1)[1]


def _profile(cluster: Mapping[str, Any]) -> Mapping[str, Any]:
    return (cluster.get("properties") or {}).get("podIdentityProfile") or {}


def _body(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """What was read, fit to be written, with nothing changed yet."""
    return issuer_plan.body(cluster, issuer_plan.Wanted(oidc_issuer=None, workload_identity=None))

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

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any, Optional

from .errors import AzureError
from .session import AzureSession

_API_VERSION = "2024-09-01"  # of Microsoft.ContainerService
_ATTEMPTS = 5
_ENDED = ("succeeded", "failed", "canceled")


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
    timeout: float,
    poll_interval: float,
    say: Callable[[str], None],
) -> bool:
    """Reads, changes, writes with the version read, and waits until the cluster has settled. False: nothing
    to do.

    Raises AzureError.
    """
    deadline = time.monotonic() + timeout
    for attempt in range(_ATTEMPTS):
        cluster = _settled(session, path, deadline, poll_interval, say)
        body = change(cluster)
        if body is None:
            return False
        tag = cluster.get("eTag") or cluster.get("etag")
        try:
            session.put(path, body, _API_VERSION, headers={"If-Match": tag} if tag else {})
        except AzureError as error:
            # Somebody else was faster, or an operation is under way: read again and wait for it.
            if error.status not in (409, 412) or attempt + 1 == _ATTEMPTS:
                raise
            time.sleep(poll_interval)
            continue
        _settled(session, path, deadline, poll_interval, say)
        return True
    return False


def _settled(
    session: AzureSession, path: str, deadline: float, poll_interval: float, say: Callable[[str], None]
) -> Mapping[str, Any]:
    """The cluster once no operation runs on it. Raises AzureError for a failed one, or when time is up."""
    name = path.rsplit("/", 1)[1]
    started = time.monotonic()
    while True:
        cluster: Mapping[str, Any] = session.get(path, _API_VERSION)
        state = str((cluster.get("properties") or {}).get("provisioningState") or "Succeeded")
        if state.lower() == "succeeded":
            return cluster
        if state.lower() in _ENDED:
            raise AzureError(
                f"{path}: the cluster's provisioning state is {state}. Bring it to Succeeded and run again."
            )
        if time.monotonic() >= deadline:
            raise AzureError(
                f"{path}: still {state} when the time was up. Run again; what is done stays done."
            )
        say(f"{name}: Pod Identity add-on: {state}, {time.monotonic() - started:.0f} s")
        time.sleep(poll_interval)


def _profile(cluster: Mapping[str, Any]) -> Mapping[str, Any]:
    return (cluster.get("properties") or {}).get("podIdentityProfile") or {}


def _body(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """What was read, fit to be written: exceptions without labels come as null, which newer versions refuse
    to take."""
    body: dict[str, Any] = copy.deepcopy(dict(cluster))
    for exception in _profile(body).get("userAssignedIdentityExceptions") or ():
        if exception.get("podLabels") is None:
            exception["podLabels"] = {}
    return body

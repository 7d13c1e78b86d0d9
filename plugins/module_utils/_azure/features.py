# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Preview features of a subscription, and the registration of the provider that takes them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from .errors import AzureError
from .session import AzureSession
from .waiting import Waiter

FEATURES_API_VERSION = "2021-07-01"
PROVIDERS_API_VERSION = "2021-04-01"
UNKNOWN = "Unknown"
_OFF = ("notregistered", "unregistered", "notspecified", "unknown")
_MOVING = ("registering", "unregistering")


@dataclass(frozen=True)
class Feature:
    """``state`` is the service's word (Registered, Pending, ...) or Unknown where it has no such feature.

    ``outcome``: unchanged, registered, unregistered, registering or unregistering (not waited for),
    pending (somebody has to approve it), retired (unknown, and that is accepted).
    """

    name: str
    state: str
    before: str
    outcome: str = "unchanged"

    def as_data(self) -> dict[str, str]:
        return {"name": self.name, "state": self.state, "before": self.before, "outcome": self.outcome}


def read(session: AzureSession, namespace: str, name: str) -> Feature:
    """A feature as it is. Raises AzureError for anything but a feature that does not exist."""
    try:
        answer = session.get(_path(session, namespace, name), FEATURES_API_VERSION)
    except AzureError as error:
        if error.status != 404 or error.code == "SubscriptionNotFound":
            raise
        return Feature(name, UNKNOWN, UNKNOWN)
    state = str((answer.get("properties") or {}).get("state") or "NotRegistered")
    return Feature(name, state, state)


def read_all(session: AzureSession, namespace: str) -> list[Feature]:
    path = f"/subscriptions/{session.subscription_id}/providers/Microsoft.Features/providers/{namespace}/features"
    found = []
    for item in session.list(path, FEATURES_API_VERSION):
        state = str((item.get("properties") or {}).get("state") or "NotRegistered")
        found.append(Feature(str(item.get("name") or "").rpartition("/")[2], state, state))
    return found


def planned(feature: Feature, present: bool) -> Feature:
    """The feature with the outcome that it is to have (pure)."""
    state = feature.state.lower()
    if state == UNKNOWN.lower():
        return replace(feature, outcome="retired" if present else "unchanged")
    if present:
        if state == "registered":
            return feature
        return replace(feature, outcome="pending" if state == "pending" else "registered")
    return feature if state in _OFF else replace(feature, outcome="unregistered")


def is_settled(feature: Feature, present: bool) -> bool:
    state = feature.state.lower()
    if present:
        return state in ("registered", "pending", "unknown")
    return state in _OFF


def switch(session: AzureSession, namespace: str, feature: Feature, present: bool) -> Feature:
    """Sends the registration unless it is under way already."""
    if feature.state.lower() == ("registering" if present else "unregistering"):
        return feature
    verb = "register" if present else "unregister"
    answer = session.post(f"{_path(session, namespace, feature.name)}/{verb}", None, FEATURES_API_VERSION)
    state = str(((answer.body or {}).get("properties") or {}).get("state") or feature.state)
    return replace(feature, state=state)


def settle(
    session: AzureSession, namespace: str, features: Sequence[Feature], present: bool, waiter: Waiter
) -> list[Feature]:
    """Waits until none of the features that were to change is on its way any more. Raises AzureError."""
    current = list(features)
    while True:
        moving = [item for item in current if _is_moving(item, present)]
        if not moving:
            return current
        names = ", ".join(f"{item.name} ({item.state})" for item in moving)
        if waiter.expired:
            raise AzureError(
                f"Features of {namespace} in subscription {session.subscription_id} did not get there within"
                f" {waiter.timeout:.0f} s: {names}. The registration goes on in Azure: run again to wait for it.",
                data={"changed": True, "features": [item.as_data() for item in current]},
            )
        waiter.pause(f"features of {namespace}: {names}")
        current = [
            replace(item, state=read(session, namespace, item.name).state) if item in moving else item
            for item in current
        ]


def provider_state(session: AzureSession, namespace: str) -> str:
    path = f"/subscriptions/{session.subscription_id}/providers/{namespace}"
    return str(session.get(path, PROVIDERS_API_VERSION).get("registrationState") or "NotRegistered")


def register_provider(session: AzureSession, namespace: str, waiter: Optional[Waiter]) -> str:
    """Registers the provider (again), so that it takes features up; waits for it where ``waiter`` is given.

    Gives the registration state. Raises AzureError.
    """
    path = f"/subscriptions/{session.subscription_id}/providers/{namespace}"
    answer: Mapping[str, Any] = session.post(f"{path}/register", None, PROVIDERS_API_VERSION).body or {}
    state = str(answer.get("registrationState") or "Registering")
    while waiter is not None and state.lower() != "registered":
        if waiter.expired:
            raise AzureError(
                f"{path}: still {state} after {waiter.timeout:.0f} s. The registration goes on in Azure: run again to"
                " wait for it.",
                data={"changed": True},
            )
        waiter.pause(f"provider {namespace}: {state}")
        state = provider_state(session, namespace)
    return state


def _is_moving(feature: Feature, present: bool) -> bool:
    wanted = "registered" if present else "unregistered"
    return feature.outcome == wanted and not is_settled(feature, present)


def _path(session: AzureSession, namespace: str, name: str) -> str:
    return (
        f"/subscriptions/{session.subscription_id}/providers/Microsoft.Features/providers/{namespace}"
        f"/features/{name}"
    )

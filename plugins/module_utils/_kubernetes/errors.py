# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What an API server answers when it refuses, as exceptions that say what to do next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Optional

from .._failure import MigrationError


class KubernetesError(MigrationError):
    """An API server refused a request. ``status`` is the HTTP status, ``reason`` the reason of the Status
    object."""

    def __init__(
        self, message: str, *, status: int = 0, reason: str = "", data: Optional[Mapping[str, Any]] = None
    ) -> None:
        super().__init__(message, data=data)
        self.status = status
        self.reason = reason


class NotFound(KubernetesError):
    """404: no such object, or (list of a kind) no such kind."""


class Forbidden(KubernetesError):
    """401 or 403: the credentials are not enough."""


class Conflict(KubernetesError):
    """409 Conflict: the object changed since it was read, or a precondition does not hold."""


class AlreadyExists(KubernetesError):
    """409 AlreadyExists."""


class Invalid(KubernetesError):
    """400 or 422: the API server or an admission webhook refuses the object as it is."""


class Unreachable(KubernetesError):
    """No answer from the API server at all."""


def from_answer(attempted: str, cluster: str, status: int, body: bytes) -> KubernetesError:
    """The exception for an answer above 299.

    ``attempted`` is the verb and the path ("patch /apis/apps/v1/…"), ``body`` a Status object or whatever a
    proxy between us and the API server made of it.
    """
    reason, words = _words(body)
    kind, remedy = _kind(status, reason)
    text = f"{cluster}: {attempted}: {words or 'no explanation'} ({status}{' ' + reason if reason else ''})"
    return kind(f"{text}. {remedy}" if remedy else text, status=status, reason=reason)


def _words(body: bytes) -> tuple[str, str]:
    try:
        answer = json.loads(body)
    except ValueError:
        return "", body[:300].decode("utf-8", "replace").strip()
    if not isinstance(answer, dict):
        return "", str(answer)[:300]
    return str(answer.get("reason") or ""), str(answer.get("message") or "")[:1500]


def _kind(status: int, reason: str) -> tuple[type[KubernetesError], str]:
    if status == 401:
        return Forbidden, (
            "The credentials were refused or have expired: sign in again, or read the kubeconfig of the"
            " cluster anew"
        )
    if status == 403:
        return (
            Forbidden,
            "Grant the missing right (the shipped RBAC manifests list all of them by step) and run again",
        )
    if status == 404:
        return NotFound, ""
    if status == 409:
        return (AlreadyExists if reason == "AlreadyExists" else Conflict), ""
    if status in (400, 422):
        return Invalid, ""
    return KubernetesError, ""

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What Azure answers when it refuses, as exceptions that say what was tried and what to do next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Optional

from .._failure import MigrationError

_REMEDIES: Mapping[str, str] = {
    "AuthorizationFailed": "Grant the action that is named to the identity that signs in (the custom roles under"
    " docs/rights hold all of them by step) and run again",
    "LinkedAuthorizationFailed": "Grant the action that is named on the linked scope, too, and run again",
    "SubscriptionNotFound": "Check the subscription ID and whether the identity that signs in may see it",
    "ResourceGroupNotFound": "Check the name of the resource group and the subscription",
    "ResourceNotFound": "Check name, resource group and subscription",
    "MissingSubscriptionRegistration": "Register the resource provider that is named (az provider register)",
    "ScopeLocked": "Remove the lock that is named, or ask who set it, and run again",
    "RequestDisallowedByPolicy": "Ask the owner of the Azure policy that is named for an exemption",
    "ExpiredAuthenticationToken": "Sign in again and see that the clock of this machine is right",
    "InvalidAuthenticationTokenTenant": "The option tenant is not the tenant of the subscription",
}
_BY_STATUS: Mapping[int, str] = {
    401: "Check tenant and credentials of the identity that signs in",
    403: "Grant the missing right to the identity that signs in and run again",
    429: "Azure still throttled after many attempts. Run with fewer clusters at once, or later",
}


class AzureError(MigrationError):
    """Azure refused, or gave no answer (status 0). ``code`` and ``message`` are the service's own words.

    ``answer_lost``: an earlier attempt of the same request may have been carried out without us hearing of it, so
    that a conflict may be with our own doing.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int = 0,
        code: str = "",
        message: str = "",
        resource_id: str = "",
        data: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(text, data=data)
        self.status = status
        self.code = code
        self.message = message
        self.resource_id = resource_id
        self.answer_lost = False


class SignInError(AzureError):
    """No token could be had."""


def refusal(
    method: str, path: str, status: int, body: str, data: Optional[Mapping[str, Any]] = None
) -> AzureError:
    """The exception for an answer above 399. ``path`` is the URL's path; query strings may hold signatures."""
    code, message = words_of(body)
    remedy = _REMEDIES.get(code) or _BY_STATUS.get(status, "")
    text = f"{method} {path}: Azure answered {status} {code}: {message or 'no explanation'}".rstrip(". ")
    return AzureError(
        f"{text}. {remedy}." if remedy else f"{text}.",
        status=status,
        code=code,
        message=message,
        resource_id=path,
        data=data,
    )


def words_of(body: str) -> tuple[str, str]:
    """Code and message of an error body; AKS leaves out the envelope ``error`` at times."""
    try:
        answer = json.loads(body)
    except ValueError:
        return "", body.strip()[:300]
    if not isinstance(answer, dict):
        return "", str(answer)[:300]
    inside = answer.get("error")
    error = inside if isinstance(inside, dict) else answer
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    inner = [
        f"{item.get('code')}: {item.get('message')}"
        for item in error.get("details") or ()
        if isinstance(item, dict) and item.get("message") and str(item["message"]) not in message
    ]
    return code, "; ".join([message, *inner]).strip()[:1500]

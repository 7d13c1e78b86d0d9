# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What Azure refuses, in words that help: what was attempted, on which resource, the service's answer, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from .._module import MigrationError

_REMEDIES: Mapping[str, str] = {
    "AuthorizationFailed": "Grant the action at that scope; docs/rights.md lists what each step needs.",
    "LinkedAuthorizationFailed": "Grant the action at the linked scope; docs/rights.md lists what each step needs.",
    "InvalidAuthenticationTokenTenant": "The option tenant names another tenant than the subscription's.",
    "SubscriptionNotFound": "Check subscription_id, and that the sign-in can see that subscription.",
    "ResourceGroupNotFound": "Check the resource group's name and the subscription.",
    "ResourceNotFound": "Check the name, the resource group and the subscription.",
    "ScopeLocked": "Remove the lock from the resource, its group or subscription, and run again.",
    "RequestDisallowedByPolicy": "Ask for an exemption of the Azure Policy that the answer names, and run again.",
    "MissingSubscriptionRegistration": "Register the resource provider (az provider register) and run again.",
}


class AzureError(MigrationError):
    """Azure refused or could not be reached. ``status`` is 0 where no answer came."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        resource_id: str = "",
        service_message: str = "",
        retry_after: Optional[float] = None,
        data: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(message, data=data)
        self.status = status
        self.code = code
        self.resource_id = resource_id
        self.message = service_message or message
        self.retry_after = retry_after


class SignInError(AzureError):
    """No token could be had; the message tells which sources were tried and why each failed."""


class NotFound(AzureError):
    """404: the resource, its parent or its subscription does not exist, or is hidden from the sign-in."""


class Conflict(AzureError):
    """409 or 412: somebody else is changing the resource, or has changed it since it was read."""


def from_answer(
    method: str, path: str, status: int, body: Any, retry_after: Optional[float] = None
) -> AzureError:
    """The error that an answer of 400 or more stands for; both shapes of AKS bodies are understood."""
    code, text = error_of(body)
    resource = path.split("?", 1)[0]
    told = f"{code}: {text}" if code else (text or "no explanation")
    remedy = _REMEDIES.get(code, "")
    message = f"{method} {resource} was refused with {status}: {told}".rstrip()
    if remedy:
        message += f" {remedy}" if message.endswith((".", "!")) else f". {remedy}"
    kind = NotFound if status == 404 else Conflict if status in (409, 412) else AzureError
    return kind(
        message, status=status, code=code, resource_id=resource, service_message=text, retry_after=retry_after
    )


def error_of(body: Any) -> tuple[str, str]:
    """Code and message of an error body: ``{"error": {...}}``, or un-nested as AKS sends some."""
    if not isinstance(body, Mapping):
        return "", str(body or "")[:500]
    inner = body.get("error")
    source = inner if isinstance(inner, Mapping) else body
    code = str(source.get("code") or (inner if isinstance(inner, str) else "") or "")
    return code, str(source.get("message") or body.get("error_description") or "")

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with one request to Azure, as rules for the emulator, and what it has to come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONCURRENT = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"


@dataclass(frozen=True)
class Fault:
    """``rule``: what the emulator does, beside whom it does it to.

    ``absorbed_by``: the calls after which the run goes on by itself, or ``all``; elsewhere it has to tell
    ``words``, which are the service's.
    """

    name: str
    rule: Mapping[str, Any]
    words: tuple[str, ...] = ()
    absorbed_by: frozenset[str] = frozenset()
    only_for: frozenset[str] = field(default_factory=frozenset)  # empty: every call
    slow: bool = False

    def is_absorbed_by(self, call: str) -> bool:
        return bool(self.absorbed_by & {"all", call})


def _refused(status: int, code: str, message: str, **headers: str) -> dict[str, Any]:
    body = {"error": {"code": code, "message": message}}
    return {"respond": {"status": status, "body": body, "headers": headers}}


_ALL = frozenset({"all"})
_CLUSTER_WRITES = frozenset({"cluster PUT", "add-on PUT"})
_CREDENTIAL_WRITES = frozenset({"credential PUT", "credential DELETE"})
_LOCKED = (
    "The scope 'rg-a' cannot perform write operation because following scope(s) are locked: '/locks/keep'."
)
_POLICY = "Resource 'x' was disallowed by policy. Policy identifiers: 'Allowed changes'."
_RUNNING = "Operation is not allowed because there's an in progress update operation on the resource."
_EXPIRED = "The access token expiry UTC time is earlier than current UTC time."
_FOREVER: dict[str, Any] = {"times": None}

FAULTS = (
    Fault(
        "throttled",
        _refused(429, "TooManyRequests", "Slow down.", **{"Retry-After": "1"}),
        absorbed_by=_ALL,
    ),
    Fault("server error", _refused(500, "InternalServerError", "Try again."), absorbed_by=_ALL),
    Fault("unavailable", _refused(503, "ServiceUnavailable", "Busy."), absorbed_by=_ALL, slow=True),
    Fault("cut before", {"drop": True}, absorbed_by=_ALL),
    Fault("cut after", {"drop": True, "when": "after"}, absorbed_by=_ALL),
    Fault("expired token", _refused(401, "ExpiredAuthenticationToken", _EXPIRED), absorbed_by=_ALL),
    Fault(
        "in progress",
        _refused(409, "OperationNotAllowed", _RUNNING),
        ("OperationNotAllowed", "in progress"),
        absorbed_by=_CLUSTER_WRITES,
    ),
    Fault(
        "etag mismatch",
        # AKS leaves out the envelope here.
        {"respond": {"status": 409, "body": {"code": "EtagMismatch", "message": "Concurrent change."}}},
        ("EtagMismatch", "Concurrent change"),
        absorbed_by=_CLUSTER_WRITES,
    ),
    Fault(
        "precondition",
        _refused(412, "PreconditionFailed", "The etag does not match."),
        ("PreconditionFailed", "etag"),
        absorbed_by=_CLUSTER_WRITES,
    ),
    Fault(
        "concurrent write",
        _refused(409, CONCURRENT, "Too many are written concurrently."),
        absorbed_by=_CREDENTIAL_WRITES,
        only_for=_CREDENTIAL_WRITES,
    ),
    Fault(
        "locked",
        {**_refused(409, "ScopeLocked", _LOCKED), **_FOREVER},
        ("ScopeLocked", "/locks/keep", "lock"),
    ),
    Fault(
        "policy",
        {**_refused(403, "RequestDisallowedByPolicy", _POLICY), **_FOREVER},
        ("RequestDisallowedByPolicy", "Allowed changes"),
    ),
    Fault(
        "lasting server error",
        {**_refused(500, "InternalServerError", "Out of order."), **_FOREVER},
        ("InternalServerError", "Out of order"),
    ),
    Fault(
        "lasting bad token",
        {**_refused(401, "InvalidAuthenticationToken", "The token is not known."), **_FOREVER},
        ("InvalidAuthenticationToken", "not known"),
        slow=True,
    ),
    Fault("never an answer", {"drop": True, **_FOREVER}, ("no answer",), slow=True),
    Fault(
        "operation failed",
        {"fail_operation": {"status": "Failed", "code": "QuotaExceeded", "message": "No cores are left."}},
        ("Failed", "QuotaExceeded", "No cores are left", "az aks update"),
        only_for=_CLUSTER_WRITES,
    ),
    Fault(
        "operation canceled",
        {"fail_operation": {"status": "Canceled", "code": "Canceled", "message": "Somebody ended it."}},
        ("Canceled", "Somebody ended it", "az aks update"),
        only_for=_CLUSTER_WRITES,
    ),
)

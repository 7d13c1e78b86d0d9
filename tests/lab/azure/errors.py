# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong, in the words of the service that says it."""

from __future__ import annotations

from collections.abc import Mapping


class ServiceError(Exception):
    """Ends a request with this status, body and headers."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def arm_error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **more: object
) -> ServiceError:
    """Resource Manager's envelope: ``{"error": {"code", "message", ...}}``."""
    return ServiceError(status, {"error": {"code": code, "message": message, **more}}, headers)


def bare_error(status: int, code: str, message: str, subcode: str = "") -> ServiceError:
    """The form without an envelope that the AKS resource provider uses at times."""
    return ServiceError(status, {"code": code, "details": None, "message": message, "subcode": subcode})


def resource_not_found(type_: str, name: str, group: str) -> ServiceError:
    return arm_error(
        404,
        "ResourceNotFound",
        f"The Resource '{type_}/{name}' under resource group '{group}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
        {"x-ms-failure-cause": "gateway"},
    )

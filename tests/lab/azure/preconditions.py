# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""ETags: ``If-Match`` and ``If-None-Match``, with and without quotes."""

from __future__ import annotations

from lab.azure.errors import arm_error
from lab.azure.messages import Request


def check(request: Request, current: str | None) -> None:
    """``current``: the resource's ETag, None when there is no resource.

    Raises:
        ServiceError: 412 PreConditionFailed; 400 for combinations that AKS does not take.
    """
    match = _plain(request.headers.get("if-match", ""))
    none_match = _plain(request.headers.get("if-none-match", ""))
    if match and none_match:
        raise arm_error(400, "BadRequest", "If-Match and If-None-Match must not both be set.")
    if none_match and none_match != "*":
        raise arm_error(400, "BadRequest", "If-None-Match takes '*' only.")
    if none_match and current is not None:
        raise _failed("The resource already exists.")
    if match and (current is None or match not in ("*", current)):
        raise _failed(
            f"The value '{match}' of If-Match does not match the current eTag of the resource. Get the resource and "
            "try again."
        )


def _plain(value: str) -> str:
    return value.strip().removeprefix("W/").strip('"')


def _failed(message: str) -> Exception:
    return arm_error(412, "PreConditionFailed", message)

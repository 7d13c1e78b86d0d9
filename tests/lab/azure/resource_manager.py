# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Resource Manager does with every request before a resource provider sees it, and adds to every answer."""

from __future__ import annotations

import re
import uuid

from lab.azure.access_tokens import caller
from lab.azure.authorization import require
from lab.azure.azure import Azure
from lab.azure.errors import ServiceError, arm_error
from lab.azure.ids import key, scope_of
from lab.azure.messages import Request, Response
from lab.azure.routing import Match
from lab.azure.world import Principal

_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview|-privatepreview|-alpha|-beta)?", re.IGNORECASE)


def admit(azure: Azure, request: Request, match: Match) -> Principal:
    """Token, API version, subscription, right and resource group, in this order.

    Raises:
        ServiceError: 401, 400, 404, 403, 404, 409.
    """
    principal = caller(azure, request)
    if match.route.plain:
        return principal
    version = request.query.get("api-version", "")
    if not version:
        raise arm_error(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not _API_VERSION.fullmatch(version):
        raise arm_error(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid.")
    with azure.world.lock:
        _check_place(azure, request, match, principal)
    return principal


def _check_place(azure: Azure, request: Request, match: Match, principal: Principal) -> None:
    world = azure.world
    subscription_id = match.parameters.get("subscription") or _subscription_in(request.path)
    if subscription_id is not None and subscription_id.lower() not in world.subscriptions:
        raise arm_error(
            404, "SubscriptionNotFound", f"The subscription '{subscription_id}' could not be found."
        )
    action = (match.route.action or "").replace("{namespace}", match.parameters.get("namespace", ""))
    require(world, principal, action, scope_of(request.path))
    group = match.parameters.get("group")
    if group is None or subscription_id is None:
        return
    if key(f"/subscriptions/{subscription_id}/resourceGroups/{group}") not in world.resource_groups:
        raise arm_error(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
    if request.method in ("PUT", "PATCH"):
        _check_provider(azure, subscription_id, action.split("/")[0])


def _check_provider(azure: Azure, subscription_id: str, namespace: str) -> None:
    provider = azure.world.subscriptions[subscription_id.lower()].providers.get(namespace.lower())
    if provider is not None and provider.state != "Registered":
        raise arm_error(
            409,
            "MissingSubscriptionRegistration",
            f"The subscription is not registered to use namespace '{namespace}'. See "
            "https://aka.ms/rps-not-found for how to register subscriptions.",
        )


def _subscription_in(path: str) -> str | None:
    parts = path.strip("/").split("/")
    return parts[1] if len(parts) > 1 and parts[0].lower() == "subscriptions" else None


def unknown_route(request: Request, known_path: bool) -> ServiceError:
    if known_path:
        return arm_error(
            405,
            "MethodNotAllowed",
            f"The request method '{request.method}' is not supported for the requested resource.",
        )
    return arm_error(
        404,
        "InvalidResourceType",
        f"The resource type could not be found in the namespace for the path '{request.path}'.",
    )


def dressed(azure: Azure, request: Request, response: Response) -> Response:
    """The answer with the headers that Resource Manager puts on all of them."""
    request_id = str(uuid.uuid4())
    writes = (
        "reads"
        if request.method in ("GET", "HEAD")
        else "deletes"
        if request.method == "DELETE"
        else "writes"
    )
    headers = {
        "cache-control": "no-cache",
        "pragma": "no-cache",
        "expires": "-1",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-cache": "CONFIG_NOCACHE",
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request.headers.get("x-ms-correlation-request-id", request_id),
        "x-ms-routing-request-id": f"LAB:{request_id}",
        f"x-ms-ratelimit-remaining-subscription-{writes}": "1099",
        f"x-ms-ratelimit-remaining-subscription-global-{writes}": "16499",
        **response.headers,
    }
    return Response(response.status, response.body, headers)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens of the emulated Entra: issued for an audience, judged by Resource Manager."""

from __future__ import annotations

import uuid

import jwt

from lab.azure.azure import Azure
from lab.azure.clock import timestamp
from lab.azure.errors import ServiceError, arm_error
from lab.azure.messages import Request
from lab.azure.world import Principal

PUBLIC_AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")


def issue(azure: Azure, principal: Principal, audience: str, *, by_assertion: bool = False) -> str:
    """A token that says whose it is: ``oid``, ``appid``, ``tid`` and, of managed identities, ``xms_mirid``."""
    now = int(azure.clock.utc().timestamp())
    claims = {
        "aud": audience,
        "iss": f"{azure.url}/{azure.world.tenant_id}/",
        "iat": now,
        "nbf": now,
        "exp": now + azure.world.dials.token_lifetime,
        "appid": principal.client_id,
        "appidacr": "2" if by_assertion else "1",
        "idp": f"{azure.url}/{azure.world.tenant_id}/",
        "idtyp": "app",
        "oid": principal.object_id,
        "sub": principal.object_id,
        "tid": azure.world.tenant_id,
        "uti": uuid.uuid4().hex[:22],
        "ver": "1.0",
    }
    if principal.resource_id:
        claims["xms_mirid"] = principal.resource_id
    return azure.signer.sign(claims)


def caller(azure: Azure, request: Request) -> Principal:
    """Who sent the request to Resource Manager.

    Raises:
        ServiceError: 401 in Resource Manager's words.
    """
    scheme, token = request.headers.get("authorization", "").partition(" ")[::2]
    if scheme.lower() != "bearer" or not token:
        raise _refused(
            azure, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
        )
    try:
        claims = azure.signer.verified(token.strip())
    except jwt.InvalidTokenError:
        raise _refused(azure, "InvalidAuthenticationToken", "The access token is invalid.") from None
    now = azure.clock.utc()
    if claims["exp"] <= now.timestamp():
        raise _refused(
            azure,
            "ExpiredAuthenticationToken",
            f"The access token expiry UTC time is earlier than current UTC time '{timestamp(now)}'.",
        )
    audiences = {azure.url, *PUBLIC_AUDIENCES}
    if str(claims["aud"]).rstrip("/") not in audiences:
        raise _refused(
            azure,
            "InvalidAuthenticationTokenAudience",
            f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. It should exactly "
            f"match with one of the allowed audiences '{','.join(sorted(audiences))}'.",
        )
    with azure.world.lock:
        principal = azure.world.principals.get(str(claims["oid"]).lower())
    if principal is None:
        raise _refused(azure, "InvalidAuthenticationToken", "The access token is invalid.")
    return principal


def _refused(azure: Azure, code: str, message: str) -> ServiceError:
    challenge = (
        f'Bearer authorization_uri="{azure.url}/{azure.world.tenant_id}", error="invalid_token", '
        f'error_description="{message}"'
    )
    return arm_error(401, code, message, {"WWW-Authenticate": challenge})

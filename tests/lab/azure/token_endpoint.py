# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entra's endpoints: discovery, and tokens for client secrets and client assertions."""

from __future__ import annotations

import hmac

from lab.azure import entra_errors
from lab.azure.access_tokens import issue
from lab.azure.assertions import check_assertion
from lab.azure.azure import Azure
from lab.azure.messages import Json, Request, Response
from lab.azure.routing import Routes
from lab.azure.world import Principal

routes = Routes()
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ANY_TENANT = ("common", "organizations", "consumers")


@routes.on("GET", "/common/discovery/instance")
def instance_discovery(azure: Azure, request: Request) -> Response:
    host = azure.url.split("://", 1)[1]
    return Response(
        body={
            "tenant_discovery_endpoint": f"{azure.url}/{azure.world.tenant_id}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }
    )


@routes.on("GET", "/{tenant}/v2.0/.well-known/openid-configuration")
def discovery(azure: Azure, request: Request, tenant: str) -> Response:
    _check_tenant(azure, tenant)
    base = f"{azure.url}/{tenant}"
    return Response(
        body={
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "issuer": f"{azure.url}/{azure.world.tenant_id}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
        }
    )


@routes.on("GET", "/{tenant}/.well-known/openid-configuration")
def discovery_v1(azure: Azure, request: Request, tenant: str) -> Response:
    _check_tenant(azure, tenant)
    base = f"{azure.url}/{tenant}"
    return Response(
        body={
            "token_endpoint": f"{base}/oauth2/token",
            "authorization_endpoint": f"{base}/oauth2/authorize",
            "jwks_uri": f"{base}/discovery/keys",
            "issuer": f"{azure.url}/{azure.world.tenant_id}/",
        }
    )


@routes.on("GET", "/{tenant}/discovery/v2.0/keys")
@routes.on("GET", "/{tenant}/discovery/keys")
def keys(azure: Azure, request: Request, tenant: str) -> Response:
    return Response(body=azure.signer.key_set())


@routes.on("POST", "/{tenant}/oauth2/v2.0/token", locked=False)
def token_v2(azure: Azure, request: Request, tenant: str) -> Response:
    form = request.form()
    scope = form.get("scope", "")
    if not scope:
        raise entra_errors.missing_parameter("scope")
    chosen = [one for one in scope.split() if one.endswith("/.default")]
    if not chosen:
        raise entra_errors.entra_error(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier (application ID URI).",
        )
    token = _granted(azure, tenant, form, chosen[0].removesuffix("/.default"))
    lifetime = azure.world.dials.token_lifetime
    return _answer(
        {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
    )


@routes.on("POST", "/{tenant}/oauth2/token", locked=False)
def token_v1(azure: Azure, request: Request, tenant: str) -> Response:
    """The older endpoint, which go-autorest uses: ``resource=`` and numbers as strings."""
    form = request.form()
    if not form.get("resource"):
        raise entra_errors.missing_parameter("resource")
    token = _granted(azure, tenant, form, form["resource"])
    return _answer(metadata_token(azure, token, form["resource"], azure.world.dials.token_lifetime))


def metadata_token(azure: Azure, token: str, resource: str, lifetime: int) -> Json:
    """The form that the older endpoint and instance metadata have in common."""
    now = int(azure.clock.utc().timestamp())
    return {
        "token_type": "Bearer",
        "expires_in": str(lifetime),
        "ext_expires_in": str(lifetime),
        "expires_on": str(now + lifetime),
        "not_before": str(now),
        "resource": resource,
        "access_token": token,
    }


def _granted(azure: Azure, tenant: str, form: dict[str, str], audience: str) -> str:
    _check_tenant(azure, tenant)
    if form.get("grant_type") != "client_credentials":
        raise entra_errors.unsupported_grant(form.get("grant_type", ""))
    client_id = form.get("client_id", "")
    if not client_id:
        raise entra_errors.missing_parameter("client_id")
    principal = _principal(azure, client_id)
    by_assertion = "client_assertion" in form
    if by_assertion:
        check_assertion(azure, principal, form["client_assertion"])
    elif "client_secret" in form:
        if not principal.secret or not hmac.compare_digest(
            principal.secret.encode(), form["client_secret"].encode()
        ):
            raise entra_errors.wrong_secret(client_id)
    else:
        raise entra_errors.entra_error(
            401,
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
    return issue(azure, principal, audience, by_assertion=by_assertion)


def _principal(azure: Azure, client_id: str) -> Principal:
    with azure.world.lock:
        principal = azure.world.principal_of_client(client_id)
    # A fresh identity is not known to the token endpoint at once.
    if principal is None or azure.clock.now() < principal.known_from:
        raise entra_errors.unknown_application(client_id, azure.world.tenant_id)
    return principal


def _check_tenant(azure: Azure, tenant: str) -> None:
    if tenant.lower() not in (azure.world.tenant_id.lower(), *_ANY_TENANT):
        raise entra_errors.unknown_tenant(tenant)


def _answer(body: Json) -> Response:
    return Response(body=body, headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})

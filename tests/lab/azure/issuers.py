# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""OIDC issuers of clusters: discovery document and key set, as long as the cluster's issuer is on."""

from __future__ import annotations

from lab.azure.azure import Azure
from lab.azure.effects import Unreachable
from lab.azure.errors import ServiceError
from lab.azure.messages import Json, Request, Response
from lab.azure.routing import Routes

routes = Routes()


def issuer_url(azure: Azure, cluster_uid: str) -> str:
    """The URL of a cluster's issuer; the slash at its end belongs to it."""
    return f"{azure.url}/{azure.world.tenant_id}/{cluster_uid}/"


def issuer_key_set(azure: Azure, url: str) -> Json:
    """What the issuer publishes now.

    Raises:
        LookupError: no cluster has this issuer, or it is off.
        Unreachable: the cluster does not answer.
    """
    with azure.world.lock:
        cluster = azure.world.cluster_of_issuer(url)
        plane = cluster.control_plane if cluster else None
    if plane is None:
        raise LookupError(f"no issuer {url}")
    return azure.effects.key_set(plane)


@routes.on("GET", "/{tenant}/{uid}/.well-known/openid-configuration", locked=False)
def configuration(azure: Azure, request: Request, tenant: str, uid: str) -> Response:
    url = f"{azure.url}/{tenant}/{uid}/"
    with azure.world.lock:
        known = azure.world.cluster_of_issuer(url)
    if known is None:
        raise _not_found()
    return Response(
        body={
            "issuer": url,
            "jwks_uri": f"{url}openid/v1/jwks",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    )


@routes.on("GET", "/{tenant}/{uid}/openid/v1/jwks", locked=False)
def keys(azure: Azure, request: Request, tenant: str, uid: str) -> Response:
    try:
        return Response(body=issuer_key_set(azure, f"{azure.url}/{tenant}/{uid}/"))
    except (LookupError, Unreachable):
        raise _not_found() from None


def _not_found() -> ServiceError:
    return ServiceError(404, "The specified resource does not exist.")

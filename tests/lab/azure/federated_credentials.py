# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federated identity credentials of user-assigned identities, with all rules of the service."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lab.azure import identities
from lab.azure.azure import Azure
from lab.azure.errors import ServiceError, arm_error, resource_not_found
from lab.azure.messages import Json, Request, Response
from lab.azure.paging import page
from lab.azure.routing import Routes
from lab.azure.seed import credential_body
from lab.azure.world import FederatedCredential, Identity, Principal

routes = Routes()
TYPE = f"{identities.TYPE}/federatedIdentityCredentials"
_ALL = identities.ONE + "/federatedIdentityCredentials"
_ONE = _ALL + "/{credential}"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-_]{2,119}")
_LONGEST = 600


@routes.on("GET", _ALL, f"{TYPE}/read")
def of_identity(
    azure: Azure, request: Request, principal: Principal, subscription: str, group: str, name: str
) -> Response:
    identity = _supported(azure, identities.find(azure, subscription, group, name))
    return page(azure, request, [identity.credentials[key].body for key in sorted(identity.credentials)])


@routes.on("GET", _ONE, f"{TYPE}/read")
def get(
    azure: Azure,
    request: Request,
    principal: Principal,
    subscription: str,
    group: str,
    name: str,
    credential: str,
) -> Response:
    identity = _supported(azure, identities.find(azure, subscription, group, name))
    found = identity.credentials.get(credential.lower())
    if found is None:
        raise resource_not_found(TYPE, f"{name}/{credential}", group)
    return Response(body=found.body)


@routes.on("PUT", _ONE, f"{TYPE}/write", locked=False)
def put(
    azure: Azure,
    request: Request,
    principal: Principal,
    subscription: str,
    group: str,
    name: str,
    credential: str,
) -> Response:
    with azure.world.lock:
        identity = _supported(azure, identities.find(azure, subscription, group, name))
    identities.throttle_write(azure, identity.id)
    properties = _properties(request.json(), credential)
    with _alone(azure, identity), azure.world.lock:
        existing = identity.credentials.get(credential.lower())
        _check_against_others(azure, identity, credential, properties)
        body = credential_body(identity.id, credential, properties)
        if existing is not None and existing.body["properties"] == body["properties"]:
            return Response(200, existing.body)
        identity.credentials[credential.lower()] = FederatedCredential(
            body, azure.clock.now() + azure.world.dials.propagation, azure.world.dials.propagation_flaps
        )
        return Response(
            200 if existing else 201, copy.deepcopy(body), {} if existing else {"location": body["id"]}
        )


@routes.on("DELETE", _ONE, f"{TYPE}/delete", locked=False)
def delete(
    azure: Azure,
    request: Request,
    principal: Principal,
    subscription: str,
    group: str,
    name: str,
    credential: str,
) -> Response:
    with azure.world.lock:
        identity = _supported(azure, identities.find(azure, subscription, group, name))
    identities.throttle_write(azure, identity.id)
    with _alone(azure, identity), azure.world.lock:
        return Response(204 if identity.credentials.pop(credential.lower(), None) is None else 200)


def _supported(azure: Azure, identity: Identity) -> Identity:
    """Some regions answer 405 to reading and writing alike."""
    if identity.body["location"].replace(" ", "").lower() in azure.world.regions_without_federation:
        raise arm_error(
            405,
            "MethodNotAllowed",
            "The request format was unexpected : Support for federated identity credentials not enabled",
        )
    return identity


@contextmanager
def _alone(azure: Azure, identity: Identity) -> Iterator[None]:
    """A write takes its time; another one to the same identity meanwhile is refused."""
    with azure.world.lock:
        if identity.writing:
            raise _concurrent(identity)
        identity.writing = True
    try:
        azure.clock.sleep(azure.world.dials.federated_write)
        yield
    finally:
        with azure.world.lock:
            identity.writing = False


def _concurrent(identity: Identity) -> ServiceError:
    resource_id = identity.id.replace(identities.TYPE, identities.TYPE.lower())
    return arm_error(
        409,
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        "Too many Federated Identity Credentials are written concurrently for the managed identity "
        f"'{resource_id}'. Concurrent Federated Identity Credentials writes under the same managed identity are not "
        "supported.",
    )


def _properties(given: Json, name: str) -> Json:
    """The checked properties of a request body."""
    if not _NAME.fullmatch(name):
        raise _bad("The request format was unexpected. Federated Identity Credential name is invalid.")
    properties: Any = given.get("properties")
    if not properties:
        raise _bad("Federated Identity Credential from HTTP body has empty properties")
    if not all(properties.get(one) for one in ("issuer", "subject", "audiences")):
        raise _bad(
            "The request format was unexpected. Federated Identity Credential must specify 'issuer', 'subject' and "
            "'audience'."
        )
    if len(properties["audiences"]) != 1:
        raise _bad("Federated identity credentials must have exactly one audience.")
    for value in (properties["issuer"], properties["subject"], properties["audiences"][0]):
        if len(value) > _LONGEST:
            raise _bad(f"The request format was unexpected. A value is longer than {_LONGEST} characters.")
    return dict(properties)


def _check_against_others(azure: Azure, identity: Identity, name: str, properties: Json) -> None:
    others = [one for known, one in identity.credentials.items() if known != name.lower()]
    for one in others:
        known = one.body["properties"]
        if (known["issuer"], known["subject"]) == (properties["issuer"], properties["subject"]):
            raise _bad("Issuer and subject combination already exists for this Managed Identity.")
    limit = azure.world.dials.federated_limit
    if len(others) >= limit:
        raise _bad(
            f"Too many Federated Identity Credentials. At most {limit} are allowed for the managed identity "
            f"'{identity.id}'."
        )


def _bad(message: str) -> ServiceError:
    return arm_error(400, "BadRequest", message)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client assertions: service account tokens, checked in full against the federated credentials of an identity."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import jwt

from lab.azure import entra_errors
from lab.azure.azure import Azure
from lab.azure.clock import timestamp
from lab.azure.effects import Unreachable
from lab.azure.issuers import issuer_key_set
from lab.azure.messages import Json
from lab.azure.signing import SIGNATURE_ONLY
from lab.azure.world import FederatedCredential, Principal

TIME_LEEWAY_SECONDS = 300


@dataclass(frozen=True)
class _Presented:
    issuer: str
    subject: str
    audiences: tuple[str, ...]
    not_before: float
    expires: float


def check_assertion(azure: Azure, principal: Principal, assertion: str) -> None:
    """Passes when the assertion is good for the principal now.

    The order is Entra's: is there a matching federated credential, is the issuer's key set to be had, has one of its
    keys signed, is it in time.

    Raises:
        ServiceError: with the AADSTS number of the first thing that is wrong.
    """
    assertion = assertion.strip()
    presented = _presented(assertion)
    credential = _match(azure, principal, presented)
    _check_signature(azure, assertion, presented.issuer)
    now = azure.clock.utc()
    if (
        not presented.not_before - TIME_LEEWAY_SECONDS
        <= now.timestamp()
        < presented.expires + TIME_LEEWAY_SECONDS
    ):
        moments = (
            datetime.datetime.fromtimestamp(at, datetime.UTC)
            for at in (presented.not_before, presented.expires)
        )
        raise entra_errors.out_of_time(timestamp(now), *(timestamp(moment) for moment in moments))
    _check_propagation(azure, credential, presented)


def _presented(assertion: str) -> _Presented:
    try:
        claims: Json = dict(jwt.decode(assertion, options={"verify_signature": False}))
        audience = claims["aud"]
        return _Presented(
            str(claims["iss"]),
            str(claims["sub"]),
            tuple([audience] if isinstance(audience, str) else audience),
            float(claims.get("nbf") or claims.get("iat") or 0),
            float(claims["exp"]),
        )
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        raise entra_errors.malformed_assertion() from None


def _match(azure: Azure, principal: Principal, presented: _Presented) -> FederatedCredential:
    with azure.world.lock:
        identity = azure.world.identity_of_client(principal.client_id)
        credentials = list(identity.credentials.values()) if identity else []
    if not credentials:
        raise entra_errors.no_credentials(principal.client_id, principal.name)
    audience = ", ".join(presented.audiences)

    def refusal(number: int, what: str) -> Exception:
        return entra_errors.no_match(number, what, presented.issuer, presented.subject, audience)

    same_issuer = [one for one in credentials if one.body["properties"]["issuer"] == presented.issuer]
    if not same_issuer:
        raise refusal(700211, f"issuer '{presented.issuer}'")
    same_subject = [one for one in same_issuer if one.body["properties"]["subject"] == presented.subject]
    if not same_subject:
        by_case = [
            one
            for one in same_issuer
            if one.body["properties"]["subject"].lower() == presented.subject.lower()
        ]
        raise refusal(7002138 if by_case else 700213, f"subject '{presented.subject}'")
    for credential in same_subject:
        if set(credential.body["properties"]["audiences"]) & set(presented.audiences):
            return credential
    raise refusal(700212, f"audience '{audience}'")


def _check_signature(azure: Azure, assertion: str, issuer: str) -> None:
    try:
        keys: list[dict[str, Any]] = issuer_key_set(azure, issuer)["keys"]
    except (LookupError, Unreachable):
        raise entra_errors.issuer_unreachable(
            f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        ) from None
    key_id = jwt.get_unverified_header(assertion).get("kid")
    chosen = [one for one in keys if one.get("kid") == key_id]
    if not chosen:
        raise entra_errors.key_not_found()
    try:
        key = jwt.PyJWK(chosen[0], algorithm="RS256").key
        jwt.decode(assertion, key, algorithms=["RS256"], options=SIGNATURE_ONLY)
    except jwt.InvalidTokenError:
        raise entra_errors.bad_signature() from None


def _check_propagation(azure: Azure, credential: FederatedCredential, presented: _Presented) -> None:
    """A credential that was just written is not known everywhere; one server may know it and the next not yet."""
    with azure.world.lock:
        known = azure.clock.now() >= credential.effective_from
        if known and credential.proved and credential.flaps > 0:
            credential.flaps -= 1
            known = False
        elif known:
            credential.proved = True
    if not known:
        raise entra_errors.no_match(
            70021, "", presented.issuer, presented.subject, ", ".join(presented.audiences)
        )

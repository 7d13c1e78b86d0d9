# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals of the token endpoint, in Entra's form: an OAuth error with an AADSTS number."""

from __future__ import annotations

import datetime
import uuid

from lab.azure.errors import ServiceError

DOCUMENTATION = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"


def entra_error(status: int, error: str, number: int, text: str) -> ServiceError:
    """``error_description`` starts with ``AADSTS<number>:`` as clients look for it."""
    now = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%SZ}"
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    return ServiceError(
        status,
        {
            "error": error,
            "error_description": (
                f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
            ),
            "error_codes": [number],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        },
    )


def unknown_tenant(tenant: str) -> ServiceError:
    return entra_error(
        400,
        "invalid_request",
        90002,
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud.",
    )


def unknown_application(client_id: str, tenant: str) -> ServiceError:
    return entra_error(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
    )


def wrong_secret(client_id: str) -> ServiceError:
    return entra_error(
        401,
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        f"the client secret ID, for a secret added to app '{client_id}'.",
    )


def missing_parameter(name: str) -> ServiceError:
    return entra_error(
        400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
    )


def unsupported_grant(grant: str) -> ServiceError:
    return entra_error(
        400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'."
    )


def malformed_assertion() -> ServiceError:
    return entra_error(401, "invalid_client", 50027, "JWT token is invalid or malformed.")


def no_credentials(client_id: str, name: str) -> ServiceError:
    return entra_error(
        400,
        "invalid_client",
        70025,
        f"The client '{client_id}'({name}) has no configured federated identity credentials.",
    )


def no_match(number: int, what: str, issuer: str, subject: str, audience: str) -> ServiceError:
    """70021 (not known yet), 700211 (issuer), 700212 (audience), 700213 (subject), 7002138 (its case)."""
    if number == 70021:
        text = (
            "No matching federated identity record found for presented assertion. Assertion Issuer: "
            f"'{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'. {DOCUMENTATION}"
        )
    else:
        text = (
            f"No matching federated identity record found for presented assertion {what}. Please check your "
            "federated identity credential Subject, Audience and Issuer against the presented assertion. "
            f"{DOCUMENTATION}"
        )
    return entra_error(401, "invalid_client", number, text)


def issuer_unreachable(url: str) -> ServiceError:
    return entra_error(
        400, "invalid_request", 90061, f"Request to External OIDC endpoint failed. Endpoint: '{url}'."
    )


def key_not_found() -> ServiceError:
    return entra_error(
        401,
        "invalid_client",
        5000811,
        "Unable to verify token signature. The signing key identifier does not match any valid registered keys.",
    )


def bad_signature() -> ServiceError:
    return entra_error(401, "invalid_client", 700027, "Client assertion failed signature validation.")


def out_of_time(now: str, start: str, end: str) -> ServiceError:
    return entra_error(
        401,
        "invalid_client",
        700024,
        f"Client assertion is not within its valid time range. Current time: {now}, assertion valid from {start}, "
        f"expiry time of assertion {end}.",
    )

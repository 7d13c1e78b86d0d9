# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""One exchange at Entra: a service account's token for an access token of an identity, and what each refusal
means.

Source of the codes: learn.microsoft.com/entra/identity-platform/reference-error-codes and the troubleshooting
page of azure-workload-identity.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TIMEOUT = (10.0, 30.0)  # connect and read, seconds
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

# What Entra answers while a new credential, identity or issuer has not reached all of its replicas yet.
PROPAGATING = frozenset({"70021", "70025", "700211", "700212", "700213", "7002138", "700016", "90061"})

_MEANINGS: Mapping[str, str] = {
    "70021": "the identity has no federated credential that matches this token",
    "70025": "the identity has no federated credential at all",
    "700211": "no federated credential of the identity has this cluster's issuer: compare the trailing"
    " slash, too",
    "700212": "the federated credential has another audience than the token",
    "700213": "no federated credential of the identity has this namespace and service account as its subject",
    "7002138": "a federated credential differs from the service account in upper and lower case only:"
    " delete it and create it as the account is spelled",
    "700016": "no identity with this client ID in this tenant: a wrong client ID or tenant in the annotation",
    "700023": "the audience of the token is not the one that Entra takes in this cloud",
    "700024": "the token is outside its time of validity: the clock of the API server or of this machine is"
    " wrong",
    "700222": "the issuer of the federated credential is Entra itself, which it does not take",
    "7000229": "the identity has no service principal in this tenant",
    "90061": "Entra cannot read the cluster's issuer: az aks update reconciles it, a private issuer is not"
    " supported",
    "90002": "Entra does not know this tenant: a wrong tenant ID in the annotation",
    "900023": "the tenant ID is malformed",
    "50105": "the identity is not assigned to the application that asks for it",
    "53003": "a Conditional Access policy for workload identities blocks the token",
    "50027": "Entra cannot read the token: the signing keys of the issuer are not published (rotated keys?)",
    "5002727": "the token is malformed",
}


@dataclass(frozen=True)
class Exchanged:
    """One attempt. ``code`` is empty for a success, an AADSTS number, or unreachable, throttled,
    wrong-identity, unreadable."""

    code: str = ""
    explanation: str = ""
    object_id: str = ""  # of the identity's service principal, from the token's claims
    retry_after: float = 0.0  # seconds

    @property
    def proved(self) -> bool:
        return not self.code

    @property
    def propagating(self) -> bool:
        return self.code in PROPAGATING

    @property
    def passing(self) -> bool:
        """May pass by itself: worth another attempt at any time, not only after a write of our own."""
        return self.code in ("unreachable", "throttled")


def exchange(authority: str, tenant_id: str, client_id: str, assertion: str, scope: str) -> Exchanged:
    """Tries once. ``authority`` is the cloud's sign-in URL; neither token shows in the result.

    Proxy variables and REQUESTS_CA_BUNDLE are honoured (requests reads them). Raises nothing for refusals.
    """
    import requests

    url = f"{authority.rstrip('/')}/{tenant_id}/oauth2/v2.0/token"
    form = {
        "client_id": client_id,
        "client_assertion_type": _ASSERTION_TYPE,
        "client_assertion": assertion,
        "grant_type": "client_credentials",
        "scope": scope,
    }
    try:
        response = requests.post(url, data=form, timeout=_TIMEOUT, headers={"Accept": "application/json"})
    except requests.RequestException as error:
        return Exchanged(
            "unreachable", f"{authority} did not answer: {type(error).__name__}. Check proxy and firewall."
        )
    try:
        answer = response.json()
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    return judge(response.status_code, answer, client_id, response.headers.get("Retry-After"))


def judge(status: int, answer: Mapping[str, Any], client_id: str, retry_after: Any = None) -> Exchanged:
    """The meaning of one answer of the token endpoint (pure)."""
    if status == 200 and answer.get("access_token"):
        claims = _claims(str(answer["access_token"]))
        whose = claims.get("appid") or claims.get("azp")
        if not whose:
            return Exchanged(
                "unreadable", "Entra gave a token whose claims cannot be read: the identity is not proved."
            )
        if str(whose).lower() != client_id.lower():
            return Exchanged(
                "wrong-identity", f"The token is of the identity with client ID {whose}, not {client_id}."
            )
        return Exchanged(object_id=str(claims.get("oid", "")))
    if status == 429 or status >= 500:
        return Exchanged("throttled", f"Entra answered {status}.", retry_after=_seconds(retry_after))
    description = str(answer.get("error_description") or answer.get("error") or f"HTTP status {status}")
    codes = [str(code) for code in answer.get("error_codes") or ()] or re.findall(r"AADSTS(\d+)", description)
    code = codes[0] if codes else str(answer.get("error") or status)
    # Trace IDs, times and the like differ with each answer and follow the sentence.
    words = re.split(r"\s*Trace ID:", description.splitlines()[0] if description else "")[0][:400]
    meaning = _MEANINGS.get(code)
    return Exchanged(
        code, f"{meaning[0].upper()}{meaning[1:]}. Entra: {words}" if meaning else f"Entra: {words}"
    )


def _claims(token: str) -> Mapping[str, Any]:
    """Claims of a JWT, not verified: we asked Entra ourselves over TLS, and only compare whose it is."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}


def _seconds(value: Any) -> float:
    try:
        return min(60.0, float(value))
    except (TypeError, ValueError):
        return 0.0

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Proof, before anything relies on it, that service accounts get Entra tokens of the right identities."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._azure.token_exchange import Exchanged, exchange
from .._migration.plan import is_unknown
from .client import KubernetesClient
from .errors import Forbidden, KubernetesError, NotFound
from .token_request import service_account_token

_SIDE_BY_SIDE = 4
_SPACING = 1.0  # seconds between successes: another replica of Entra is likely to answer the next one
_FIRST_DELAY = 2.0
_LONGEST_DELAY = 20.0


@dataclass(frozen=True)
class Exchange:
    """What is to be proved."""

    namespace: str
    service_account: str
    client_id: str  # may be unknown()
    tenant_id: str
    audience: str


@dataclass(frozen=True)
class Proof:
    exchange: Exchange
    outcome: str  # proved | would_prove | failed
    code: str = ""
    explanation: str = ""
    successes: int = 0


@dataclass(frozen=True)
class Patience:
    """``successes`` in a row make a proof: Entra's replicas learn of a new credential one after another."""

    successes: int = 3
    timeout: float = 300.0  # seconds; how long propagation is waited for


@dataclass(frozen=True)
class Entra:
    authority: str  # sign-in URL of the cloud
    scope: str  # of Resource Manager, ".default"


def prove(
    client: KubernetesClient,
    entra: Entra,
    exchanges: Sequence[Exchange],
    patience: Patience,
    *,
    check_mode: bool,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Proof, ...]:
    """One proof for each exchange, in their order, several side by side. Refusals are outcomes and not
    exceptions.

    Check mode tries once; what fails because account, credential or identity is still to be made is
    ``would_prove``.
    """

    def one(wanted: Exchange) -> Proof:
        return _prove(client, entra, wanted, patience, check_mode, say)

    if not exchanges:
        return ()
    with ThreadPoolExecutor(max_workers=min(_SIDE_BY_SIDE, len(exchanges))) as pool:
        return tuple(pool.map(one, exchanges))


def _prove(
    client: KubernetesClient,
    entra: Entra,
    wanted: Exchange,
    patience: Patience,
    check_mode: bool,
    say: Callable[[str], None],
) -> Proof:
    if is_unknown(wanted.client_id):
        if check_mode:
            return Proof(wanted, "would_prove", explanation="the identity is still to be created")
        return Proof(wanted, "failed", "unknown-client-id", "The plan holds no client ID: pass identities.")
    try:
        assertion = service_account_token(client, wanted.namespace, wanted.service_account, wanted.audience)
    except NotFound as error:
        if check_mode:
            return Proof(wanted, "would_prove", explanation="the service account is still to be created")
        return Proof(wanted, "failed", "no-service-account", str(error))
    except Forbidden as error:
        return Proof(wanted, "failed", "token-request-forbidden", str(error))
    except KubernetesError as error:
        return Proof(wanted, "failed", "token-request", str(error))
    deadline = time.monotonic() + patience.timeout
    attempt = successes = 0
    while True:
        answer = exchange(entra.authority, wanted.tenant_id, wanted.client_id, assertion, entra.scope)
        if answer.proved:
            successes += 1
            if successes >= patience.successes or check_mode:
                return Proof(wanted, "proved", successes=successes)
            time.sleep(_SPACING)
            continue
        successes = 0  # in a row: a refusal between two successes means that it has not reached all replicas
        if check_mode and answer.propagating:
            return Proof(wanted, "would_prove", answer.code, f"not yet: {answer.explanation}")
        delay = max(answer.retry_after, min(_LONGEST_DELAY, _FIRST_DELAY * 1.5**attempt))
        attempt += 1
        if not (answer.propagating or answer.passing) or time.monotonic() + delay > deadline:
            return Proof(wanted, "failed", answer.code, _told(answer, attempt, patience))
        say(
            f"{client.cluster}: token for {wanted.namespace}/{wanted.service_account}: {answer.code},"
            f" again in {delay:.0f} s"
        )
        time.sleep(delay)


def _told(answer: Exchanged, attempts: int, patience: Patience) -> str:
    if attempts > 1:
        return f"{answer.explanation} (still so after {attempts} attempts and up to {patience.timeout:.0f} s)"
    return answer.explanation

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Short-lived tokens of service accounts (the TokenRequest API)."""

from __future__ import annotations

from .client import KubernetesClient
from .errors import KubernetesError, NotFound
from .paths import single

_LIFETIME = 600  # seconds; the shortest that the API server gives


def service_account_token(client: KubernetesClient, namespace: str, name: str, audience: str) -> str:
    """A token that a pod of this account would get for ``audience``. Asked in check mode, too: it changes
    nothing.

    Raises NotFound where the account does not exist, Forbidden without the right ``create`` on
    ``serviceaccounts/token``.
    """
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"audiences": [audience], "expirationSeconds": _LIFETIME},
    }
    try:
        answer = client.ask(f"{single('ServiceAccount', namespace, name)}/token", body)
    except NotFound:
        raise NotFound(
            f"{client.cluster}: the service account {namespace}/{name} does not exist.",
            status=404,
            reason="NotFound",
        ) from None
    token = (answer.get("status") or {}).get("token")
    if not token:
        raise KubernetesError(f"{client.cluster}: TokenRequest for {namespace}/{name} gave no token.")
    return str(token)

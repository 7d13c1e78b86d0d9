# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""One HTTP exchange with one API server, whatever version of the kubernetes package carries it."""

from __future__ import annotations

import json
from typing import Any, Optional, Protocol

from .transport import CONNECT_TIMEOUT, READ_TIMEOUT

APPLY_PATCH = "application/apply-patch+yaml"


class Credentials(Protocol):
    def header(self, renew: bool = False) -> Optional[str]:
        """The Authorization header's value, or None (client certificate); ``renew`` after a 401."""


class NoAnswer(Exception):
    """The API server did not answer. ``final``: nor will it, however often it is asked (TLS, unknown host)."""

    def __init__(self, words: str, final: bool) -> None:
        super().__init__(words)
        self.final = final


class Connection:
    def __init__(self, api: Any, credentials: Credentials) -> None:
        self.host: str = api.configuration.host
        self.requests = 0  # sent so far
        self._api = api
        self._credentials = credentials

    def exchange(
        self, method: str, target: str, body: Any, content_type: str, renew: bool
    ) -> tuple[int, Any, bytes]:
        import urllib3
        from kubernetes.client.exceptions import ApiException

        headers = {"Accept": "application/json", "User-Agent": self._api.user_agent}
        authorization = self._credentials.header(renew)
        if authorization:
            headers["Authorization"] = authorization
        payload = None
        if body is not None:
            headers["Content-Type"] = content_type
            # Apply patches are YAML by name; as text they pass through the client as they are, and JSON is
            # YAML.
            payload = json.dumps(body) if content_type == APPLY_PATCH else body
        self.requests += 1
        try:
            response = self._api.rest_client.request(
                method,
                self.host + target,
                headers=headers,
                body=payload,
                _request_timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            )
            read = getattr(response, "read", None)
            answer = read() if read else response.data
        except (
            ApiException
        ) as error:  # older clients raise on every status above 299; status 0 is a TLS failure
            if not error.status:
                raise NoAnswer(str(error.reason).replace("\n", ": "), final=True) from None
            answer = error.body or b""
            return (
                int(error.status),
                error.headers or {},
                answer if isinstance(answer, bytes) else answer.encode(),
            )
        except urllib3.exceptions.SSLError as error:
            raise NoAnswer(str(error), final=True) from None
        except urllib3.exceptions.HTTPError as error:
            raise NoAnswer(_plain(error), final="Name or service not known" in str(error)) from None
        headers_of = getattr(response, "headers", None)
        given = headers_of if headers_of is not None else response.getheaders()
        return int(response.status), given, answer if isinstance(answer, bytes) else str(answer).encode()


def _plain(error: Exception) -> str:
    """urllib3 names its own objects first ("HTTPSConnectionPool(...): Max retries ..."); what follows is the
    cause."""
    text = str(getattr(error, "reason", None) or error)
    return text.split(">: ", 1)[-1].split("): ", 1)[-1]

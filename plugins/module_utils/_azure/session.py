# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The one client of Resource Manager: tokens, retries, paging, errors."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import urlencode, urlsplit

from .._correlation import correlation_id
from .._module import MigrationError, MissingLibrary
from .cloud import Cloud, cloud_of
from .credentials import Settings, settings_of, sources_of
from .errors import AzureError, SignInError, from_answer

USER_AGENT = "ansible-aksops.workload_identity/0.1.0"

_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_ATTEMPTS = 8
_FIRST_DELAY = 0.8  # seconds, doubled each time up to the longest, with jitter
_LONGEST_DELAY = 30.0
_LONGEST_RETRY_AFTER = 300.0  # seconds; a service that wants more has to be told to the user
_MARGIN = 300  # seconds before its end from which a token is not used any more

# By sign-in and scope, in memory only. Workers are forked and so inherit what the parent (the inventory) has.
_tokens: dict[tuple[str, str], Any] = {}


@dataclass(frozen=True)
class Response:
    status: int
    body: Any  # the JSON, or None
    headers: Mapping[str, str]  # lower-case names


class AzureSession:
    """One sign-in to one cloud. Paths are resource IDs with or without a query, or whole URLs of the same host.

    Every method raises AzureError (or SignInError). Throttling, server faults and lost connections are retried with
    the service's own Retry-After, else with growing jittered pauses.
    """

    def __init__(self, settings: Settings, cloud: Cloud, say: Optional[Callable[[str], None]] = None) -> None:
        self.cloud = cloud
        self.requests = 0  # sent so far
        self._settings = settings
        self._say = say or (lambda text: None)
        self._client: Any = None

    @property
    def subscription_id(self) -> str:
        if not self._settings.subscription_id:
            raise AzureError("Which subscription? Give subscription_id or set AZURE_SUBSCRIPTION_ID.")
        return self._settings.subscription_id

    def get(self, path: str, api_version: str, params: Optional[Mapping[str, str]] = None) -> dict[str, Any]:
        body = self.send("GET", path, api_version, params=params).body
        return body if isinstance(body, dict) else {}

    def find(self, path: str, api_version: str) -> Optional[dict[str, Any]]:
        """The resource, or None where it does not exist."""
        try:
            return self.get(path, api_version)
        except AzureError as error:
            if error.status == 404:
                return None
            raise

    def list(
        self, path: str, api_version: str, params: Optional[Mapping[str, str]] = None
    ) -> Iterator[dict[str, Any]]:
        """All entries of a list, page by page."""
        page = self.get(path, api_version, params)
        while True:
            yield from page.get("value") or ()
            following = page.get("nextLink")
            if not following:
                return
            page = self.get(str(following), "")

    def put(
        self, path: str, body: Any, api_version: str, headers: Optional[Mapping[str, str]] = None
    ) -> Response:
        return self.send("PUT", path, api_version, body=body, headers=headers)

    def patch(
        self, path: str, body: Any, api_version: str, headers: Optional[Mapping[str, str]] = None
    ) -> Response:
        return self.send("PATCH", path, api_version, body=body, headers=headers)

    def post(
        self, path: str, body: Any, api_version: str, headers: Optional[Mapping[str, str]] = None
    ) -> Response:
        return self.send("POST", path, api_version, body=body, headers=headers)

    def delete(self, path: str, api_version: str, headers: Optional[Mapping[str, str]] = None) -> Response:
        return self.send("DELETE", path, api_version, headers=headers)

    def token(self, scope: str, renew: bool = False) -> str:
        """A token for a scope such as ``https://management.azure.com/.default``; asked for once per process."""
        key = (self._settings.key(), scope)
        known = _tokens.get(key)
        if known is None or renew or known.expires_on - time.time() < _MARGIN:
            _tokens[key] = known = self._sign_in(scope)
        return str(known.token)

    def _sign_in(self, scope: str) -> Any:
        refused = []
        for source in sources_of(self._settings, self.cloud):
            try:
                return source.make().get_token(scope)
            except MigrationError:
                raise
            except Exception as error:  # azure-identity raises whatever the layers below it raise
                refused.append(f"{source.name}: {_short(error)}")
        raise SignInError(
            f"Signing in at {self.cloud.authority} failed. "
            + " | ".join(refused)
            + " Check tenant, client_id and"
            " secret, or choose another source with auth_source."
        )

    def send(
        self,
        method: str,
        path: str,
        api_version: str,
        *,
        body: Any = None,
        params: Optional[Mapping[str, str]] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Response:
        url = self._url(path, api_version, params)
        renewed = False
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._send_once(method, url, body, headers, renew=renewed)
            except AzureError as error:
                if isinstance(error, SignInError) or attempt == _ATTEMPTS:
                    raise
                self._pause(attempt, None, f"{method} {_resource(path)}: {error.message}")
                continue
            if answer.status < 400:
                return answer
            retry_after = _seconds(answer.headers.get("retry-after"))
            error = from_answer(method, path, answer.status, answer.body, retry_after)
            if answer.status == 401 and not renewed:
                renewed = True  # the token ran out or was revoked: once more with a new one
                continue
            if (
                answer.status not in _TRANSIENT
                or attempt == _ATTEMPTS
                or (retry_after or 0) > _LONGEST_RETRY_AFTER
            ):
                raise error
            self._pause(
                attempt, retry_after, f"{method} {_resource(path)}: {answer.status} {error.code}".rstrip()
            )
        raise AssertionError("unreachable")  # the last attempt returns or raises

    def _pause(self, attempt: int, retry_after: Optional[float], told: str) -> None:
        longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (attempt - 1))
        # Jitter above what the service asked for, so that many workers do not come back at the same moment.
        delay = (
            retry_after + random.uniform(0, 1)
            if retry_after is not None
            else random.uniform(longest / 2, longest)
        )
        if delay >= 2:
            self._say(f"{told}, again in {delay:.0f} s")
        time.sleep(delay)

    def _send_once(
        self, method: str, url: str, body: Any, headers: Optional[Mapping[str, str]], renew: bool
    ) -> Response:
        client = self._pipeline()
        try:
            from azure.core.exceptions import AzureError as SdkError
            from azure.core.rest import HttpRequest
        except ImportError as error:
            raise MissingLibrary("azure-core", error) from error
        sent = {
            "Authorization": f"Bearer {self.token(self.cloud.scope, renew)}",
            "Accept": "application/json",
        }
        request = HttpRequest(method, url, headers={**sent, **(headers or {})}, json=body)
        self.requests += 1
        try:
            answer = client.send_request(request)
            answer.read()
        except SdkError as error:
            raise AzureError(
                f"{method} {_resource(url)} got no answer: {_short(error)} Check the network, the proxy and"
                " cloud_environment.",
                resource_id=_resource(url),
            ) from error
        lowered = {str(name).lower(): str(value) for name, value in answer.headers.items()}
        return Response(answer.status_code, _json(answer.text()), lowered)

    def _pipeline(self) -> Any:
        """Resource Manager's pipeline without the SDK's own retries and registrations: those are decided here."""
        if self._client is None:
            try:
                from azure.core.pipeline import policies
                from azure.mgmt.core import ARMPipelineClient
            except ImportError as error:
                raise MissingLibrary("azure-mgmt-core", error) from error
            chain = [
                policies.RequestIdPolicy(),
                policies.HeadersPolicy(base_headers={"x-ms-correlation-request-id": correlation_id()}),
                policies.UserAgentPolicy(base_user_agent=USER_AGENT, user_agent_use_env=False),
                policies.ProxyPolicy(),
            ]
            self._client = ARMPipelineClient(
                self.cloud.resource_manager, policies=chain, connection_timeout=20, read_timeout=120
            )
        return self._client

    def _url(self, path: str, api_version: str, params: Optional[Mapping[str, str]]) -> str:
        base = self.cloud.resource_manager
        url = path if path.startswith("https://") else base + path
        if urlsplit(url).netloc.lower() != urlsplit(base).netloc.lower():
            # A link in an answer must not carry the token to another host.
            raise AzureError(
                f"{urlsplit(url).netloc} is not the Resource Manager {base}; the request was not sent."
            )
        query = {**({"api-version": api_version} if api_version else {}), **(params or {})}
        if not query:
            return url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def open_session(options: Mapping[str, Any], say: Optional[Callable[[str], None]] = None) -> AzureSession:
    """A session for a module's or a plugin's options. Sends nothing but, for a cloud that is given by URL, the request
    for its endpoints. Raises AzureError."""
    settings = settings_of(options)
    return AzureSession(settings, cloud_of(settings.cloud_environment), say)


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _seconds(header: Optional[str]) -> Optional[float]:
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None  # an HTTP date, which Resource Manager does not send


def _resource(path: str) -> str:
    return urlsplit(path).path


def _short(error: BaseException) -> str:
    """An SDK's message without what follows its first line: trace IDs, time stamps, advice on its own classes."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:600]

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""One signed-in way to Resource Manager: plain requests, pages, tokens."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import urlsplit

from .._run_id import CORRELATION_ID
from .cloud import Cloud, cloud_of
from .credentials import SignIn
from .errors import AzureError, words_of
from .sign_in import Settings

_FRESH = 300.0  # seconds that a kept token has to hold at least; long waits get a new one in time
_TIMEOUTS = {"connection_timeout": 20, "read_timeout": 120}  # seconds
# Tokens by sign-in and scope. The inventory fills it in the parent; workers inherit it, nothing is written.
_tokens: dict[tuple[str, str], tuple[str, float]] = {}


@dataclass(frozen=True)
class Response:
    status: int
    body: Any  # parsed JSON, None where there is none
    headers: Mapping[str, str]  # names in lower case


def open_session(options: Mapping[str, Any]) -> AzureSession:
    """A session for a module's options and the environment. Sends nothing to Azure yet, apart from the
    question for the endpoints of a cloud that is named by its URL. Raises AzureError."""
    settings = Settings.of(options)
    return AzureSession(settings, cloud_of(settings.cloud_environment))


class AzureSession:
    """``get``, ``list`` and so on take a path from ``/`` on, whose query is kept. All raise AzureError."""

    def __init__(self, settings: Settings, cloud: Cloud) -> None:
        self.cloud = cloud
        self._settings = settings
        self._sign_in = SignIn(settings, cloud)
        self._lock = threading.Lock()
        self._client: Any = None

    @property
    def subscription_id(self) -> str:
        if not self._settings.subscription_id:
            raise AzureError("Which subscription? Give subscription_id or set AZURE_SUBSCRIPTION_ID.")
        return self._settings.subscription_id

    @property
    def tenant_id(self) -> Optional[str]:
        return self._settings.tenant

    def get(self, path: str, api_version: str, params: Optional[Mapping[str, str]] = None) -> dict[str, Any]:
        answer = self.send("GET", path, api_version, params=params).body
        return answer if isinstance(answer, dict) else {}

    def list(
        self, path: str, api_version: str, params: Optional[Mapping[str, str]] = None
    ) -> Iterator[dict[str, Any]]:
        """All items of all pages."""
        answer = self.get(path, api_version, params)
        while True:
            yield from answer.get("value") or ()
            following = answer.get("nextLink")
            if not following:
                return
            # A link to somewhere else would carry the token there.
            if urlsplit(following).netloc != urlsplit(self.cloud.resource_manager).netloc:
                raise AzureError(
                    f"GET {path}: the next page lies at another host, {urlsplit(following).netloc}."
                )
            answer = self._send("GET", following, None, {}).body or {}

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
        query = {**(params or {}), "api-version": api_version}
        return self._send(method, f"{self.cloud.resource_manager}{path}", body, headers or {}, query)

    def operation_error(self, url: str) -> tuple[str, str]:
        """Code and message of the long operation behind an Azure-AsyncOperation URL; empty where it tells none."""
        if urlsplit(url).netloc != urlsplit(self.cloud.resource_manager).netloc:
            return "", ""
        try:
            answer = self._send("GET", url, None, {}).body
        except AzureError as error:
            return error.code, error.message
        return words_of(json.dumps(answer)) if isinstance(answer, dict) and answer.get("error") else ("", "")

    def token(self, scope: str) -> str:
        """An access token that holds for some minutes at least, for Resource Manager or anything else."""
        return self._token(scope, renew=False)

    def _token(self, scope: str, renew: bool) -> str:
        key = (self._settings.key, scope)
        with self._lock:
            kept = _tokens.get(key)
            if renew:
                self._sign_in.forget()
                kept = None
            if kept is None or kept[1] - time.time() < _FRESH:
                kept = self._sign_in.token(scope)
                _tokens[key] = kept
            return kept[0]

    def _send(
        self,
        method: str,
        url: str,
        body: Any,
        headers: Mapping[str, str],
        query: Optional[Mapping[str, str]] = None,
    ) -> Response:
        from azure.core.rest import HttpRequest

        with self._lock:
            client = self._pipeline()
        content = {"json": body} if body is not None else {}
        if method == "POST" and body is None:
            headers = {"Content-Length": "0", **headers}
        request = HttpRequest(
            method,
            url,
            params=dict(query) if query else None,  # a signed URL is sent as it came
            headers={"Accept": "application/json", **headers},
            **content,  # type: ignore[arg-type,unused-ignore]
        )
        answer = client.send_request(request)
        text = answer.text()
        try:
            parsed = json.loads(text) if text else None
        except ValueError:
            raise AzureError(
                f"{method} {urlsplit(url).path}: the answer is no JSON. Is a proxy between this machine and Azure?",
                status=answer.status_code,
            ) from None
        return Response(
            answer.status_code,
            parsed,
            {str(name).lower(): str(value) for name, value in answer.headers.items()},
        )

    def _pipeline(self) -> Any:
        """One client for all requests, so that connections are kept."""
        if self._client is None:
            from azure.core.pipeline.transport import RequestsTransport
            from azure.mgmt.core import ARMPipelineClient

            from .pipeline import policies

            steps = policies(lambda renew: f"Bearer {self._token(self.cloud.scope, renew)}", CORRELATION_ID)
            self._client = ARMPipelineClient(
                self.cloud.resource_manager, policies=steps, transport=RequestsTransport(**_TIMEOUTS)
            )
        return self._client

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The steps that each request to Resource Manager takes.

They are policies of azure-core in all but their base class: a pipeline asks for ``send`` and sets ``next``, and
without the class this file can be read where azure-core is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from .._version import USER_AGENT
from .errors import AzureError, refusal, words_of
from .retries import Attempt, chance, pause, retry_after

_ANSWER_LOST = "aksops_answer_lost"  # key in a request's context


def policies(authorize: Callable[[bool], str], correlation_id: str) -> list[Any]:
    """``authorize(renew)`` gives the Authorization header; ``renew`` asks for a new token."""
    from azure.core.pipeline.policies import HeadersPolicy, RequestIdPolicy, UserAgentPolicy

    return [
        RequestIdPolicy(),
        HeadersPolicy({"x-ms-correlation-request-id": correlation_id}),
        UserAgentPolicy(base_user_agent=USER_AGENT),
        Refusals(),
        Retries(),
        Authorization(authorize),
    ]


class Refusals:
    """Turns each answer above 399 into AzureError, and each missing one, too."""

    next: Any

    def send(self, request: Any) -> Any:
        from azure.core.exceptions import AzureError as NoAnswer  # cut off while it came, among others

        http = request.http_request
        path = urlsplit(http.url).path
        try:
            response = self.next.send(request)
        except NoAnswer as error:
            words = " ".join(str(error).split())[:500]
            silence = AzureError(
                f"{http.method} {path}: {urlsplit(http.url).netloc} gave no answer: {words}. Check network, proxy and"
                " REQUESTS_CA_BUNDLE, and run again.",
                resource_id=path,
            )
            silence.answer_lost = True
            raise silence from None
        status = response.http_response.status_code
        if status >= 400:
            refused = refusal(http.method, path, status, _text(response.http_response))
            refused.answer_lost = bool(request.context.get(_ANSWER_LOST))
            raise refused
        return response


class Retries:
    """Sends again what may be sent again: see ``retries``."""

    next: Any

    def send(self, request: Any) -> Any:
        from azure.core.exceptions import AzureError as NoAnswer  # cut off while it came, among others

        started = time.monotonic()
        number = 0
        while True:
            number += 1
            try:
                response = self.next.send(request)
            except NoAnswer:
                request.context[_ANSWER_LOST] = True
                delay = pause(Attempt(number, 0, elapsed=time.monotonic() - started), chance())
                if delay is None:
                    raise
            else:
                answer = response.http_response
                if answer.status_code < 400:
                    return response
                attempt = Attempt(
                    number,
                    answer.status_code,
                    words_of(_text(answer))[0],
                    retry_after({str(key).lower(): value for key, value in answer.headers.items()}),
                    time.monotonic() - started,
                )
                delay = pause(attempt, chance())
                if delay is None:
                    return response
                if answer.status_code >= 500:
                    # A gateway gives up waiting for a service that goes on.
                    request.context[_ANSWER_LOST] = True
            time.sleep(delay)


class Authorization:
    """Signs each request, once more with a new token where the service no longer takes the one we have."""

    next: Any

    def __init__(self, authorize: Callable[[bool], str]) -> None:
        self._authorize = authorize

    def send(self, request: Any) -> Any:
        request.http_request.headers["Authorization"] = self._authorize(False)
        response = self.next.send(request)
        if response.http_response.status_code == 401:
            request.http_request.headers["Authorization"] = self._authorize(True)
            response = self.next.send(request)
        return response


def _text(response: Any) -> str:
    """The body, also of answers that a typed client wanted as a stream."""
    read = getattr(response, "read", None)
    if callable(read):
        read()
    return str(response.text())

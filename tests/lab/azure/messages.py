# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and answers, independent of the web server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from lab.azure.errors import ServiceError, arm_error

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request. Names of query parameters and headers are in lower case, as both compare without case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""

    def json(self) -> Json:
        """The body as an object.

        Raises:
            ServiceError: 400, as Resource Manager answers to what is no JSON object.
        """
        try:
            content = json.loads(self.body or b"{}")
        except ValueError as error:
            raise arm_error(
                400,
                "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: "
                f"'Unexpected character encountered while parsing value: {error}'.",
            ) from None
        if not isinstance(content, dict):
            raise arm_error(400, "InvalidRequestContent", "The request content has to be a JSON object.")
        return content

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Response:
    """An answer: ``body`` is sent as JSON, a string as text, None as nothing."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body).encode()

    @property
    def content_type(self) -> str:
        return (
            "text/plain; charset=utf-8" if isinstance(self.body, str) else "application/json; charset=utf-8"
        )


def response_of(error: ServiceError) -> Response:
    return Response(error.status, error.body, error.headers)

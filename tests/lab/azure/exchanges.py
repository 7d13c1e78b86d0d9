# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of every HTTP exchange, with tokens, secrets and kubeconfigs blanked."""

from __future__ import annotations

import datetime
import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from lab.azure.messages import Request, Response

BLANK = "***"
_SECRET_KEYS = frozenset(
    {
        "access_token",
        "adminpassword",
        "assertion",
        "client_assertion",
        "client_secret",
        "id_token",
        "password",
        "refresh_token",
        "secret",
        "serverappsecret",
    }
)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "x-ms-authorization-auxiliary"})
_TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]+\.[\w-]*")
_SIGNATURE = re.compile(r"([?&][cs]=)[^&\"\s]+")


class Exchanges:
    """Appends one JSON object a line; safe for threads and complete after each line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        self.path = path

    def write(self, request: Request, response: Response | None) -> None:
        """``response`` None: the connection was cut."""
        line = json.dumps(
            {
                "time": datetime.datetime.now(datetime.UTC).isoformat(),
                "method": request.method,
                "url": _text(request.url),
                "request_headers": _headers(request.headers),
                "request_body": _body(request.body, request.headers.get("content-type", "")),
                "status": response.status if response else None,
                "response_headers": _headers(response.headers) if response else {},
                "response_body": _body(response.content(), response.content_type) if response else None,
            }
        )
        with self._lock:
            self._file.write(line + "\n")

    def read(self) -> list[dict[str, Any]]:
        with self._lock:
            self._file.flush()
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: BLANK if name.lower() in _SECRET_HEADERS else _text(value) for name, value in headers.items()
    }


def _text(value: str) -> str:
    return _SIGNATURE.sub(rf"\1{BLANK}", _TOKEN.sub(BLANK, value))


def _body(content: bytes, content_type: str) -> object:
    if not content:
        return None
    text = content.decode("utf-8", "replace")
    if "form" in content_type:
        pairs = parse_qsl(text, keep_blank_values=True)
        return urlencode(
            [(name, BLANK if name.lower() in _SECRET_KEYS else _text(value)) for name, value in pairs],
            safe="*",
        )
    try:
        return _blanked(json.loads(text))
    except ValueError:
        return _text(text)


def _blanked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: BLANK
            if (name.lower() in _SECRET_KEYS and isinstance(inner, str))
            else _kubeconfigs(inner)
            if name == "kubeconfigs"
            else _blanked(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_blanked(inner) for inner in value]
    return _text(value) if isinstance(value, str) else value


def _kubeconfigs(entries: Any) -> Any:
    return [{**entry, "value": BLANK} for entry in entries]

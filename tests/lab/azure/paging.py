# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists in pages, linked by ``nextLink``."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from lab.azure.azure import Azure
from lab.azure.errors import arm_error
from lab.azure.messages import Json, Request, Response


def page(azure: Azure, request: Request, items: Sequence[Json]) -> Response:
    """The page that the request asks for (``$skiptoken``); ``$top`` makes pages shorter."""
    size = azure.world.dials.page_size
    try:
        start = int(request.query.get("$skiptoken", "0"))
        size = min(size, int(request.query.get("$top", size)))
    except ValueError:
        raise arm_error(400, "InvalidSkipToken", "The skip token is invalid.") from None
    body: Json = {"value": list(items[start : start + size])}
    if start + size < len(items):
        query = {**request.query, "$skiptoken": str(start + size)}
        body["nextLink"] = f"{azure.url}{request.path}?{urlencode(query)}"
    return Response(body=body)

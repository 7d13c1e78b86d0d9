# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which function answers which method and path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.azure.messages import Request, Response

if TYPE_CHECKING:
    from lab.azure.azure import Azure

Handler = Callable[..., Response]


@dataclass(frozen=True)
class Route:
    """One operation.

    Attributes:
        action: the Azure RBAC action that it needs; None: it is not Resource Manager's and needs no token.
        locked: the handler is short and runs with the world locked; others lock it themselves where they must.
        plain: it needs a token but neither a right, nor an API version, nor a subscription.
    """

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    action: str | None
    locked: bool
    plain: bool


@dataclass(frozen=True)
class Match:
    route: Route
    parameters: dict[str, str]

    def call(self, azure: Azure, request: Request, **more: Any) -> Response:
        return self.route.handler(azure, request, **self.parameters, **more)


@dataclass
class Routes:
    """A table of operations; templates have ``{name}`` for one segment and ``{name:path}`` for any number."""

    table: list[Route] = field(default_factory=list)

    def on(
        self,
        method: str,
        template: str,
        action: str | None = None,
        *,
        locked: bool = True,
        plain: bool = False,
    ) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.table.append(Route(method, _compiled(template), handler, action, locked, plain))
            return handler

        return add


class Router:
    """Finds the operation of a request; the first match wins."""

    def __init__(self, tables: Iterable[Routes]) -> None:
        self._routes = [route for routes in tables for route in routes.table]

    def match(self, method: str, path: str) -> Match | None:
        for route in self._routes:
            if route.method == method and (found := route.pattern.fullmatch(path)):
                return Match(route, found.groupdict())
        return None

    def known(self, path: str) -> bool:
        """Whether any method is there for the path."""
        return any(route.pattern.fullmatch(path) for route in self._routes)


def _compiled(template: str) -> re.Pattern[str]:
    pattern = ""
    for part in re.split(r"(\{[a-z_]+(?::path)?\})", template):
        if part.startswith("{"):
            name, kind = part.strip("{}").partition(":")[::2]
            pattern += f"(?P<{name}>{'.*' if kind else '[^/]+'})"
        else:
            pattern += re.escape(part)
    return re.compile(pattern.rstrip("/") + "/?", re.IGNORECASE)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a request to its answer: faults, Resource Manager's checks, the operation, the log."""

from __future__ import annotations

import contextlib
import copy
import inspect
import logging
import traceback

from lab.azure import (
    cluster_credentials,
    cluster_power,
    clusters,
    control,
    features,
    federated_credentials,
    identities,
    instance_metadata,
    issuers,
    role_assignments,
    scale_sets,
    subscriptions,
    token_endpoint,
)
from lab.azure.azure import Azure
from lab.azure.errors import ServiceError, arm_error
from lab.azure.exchanges import Exchanges
from lab.azure.faults import ConnectionCut, Rule, ordered_outcome
from lab.azure.messages import Request, Response, response_of
from lab.azure.resource_manager import admit, dressed, unknown_route
from lab.azure.routing import Match, Router

_log = logging.getLogger(__name__)
CONTROL = "/_lab/"

# Order matters where templates overlap: role assignments have any scope, issuers any two segments.
ROUTER = Router(
    module.routes
    for module in (
        control,
        instance_metadata,
        role_assignments,
        subscriptions,
        features,
        clusters,
        cluster_credentials,
        cluster_power,
        federated_credentials,
        identities,
        scale_sets,
        token_endpoint,
        issuers,
    )
)


def answer(azure: Azure, exchanges: Exchanges, request: Request) -> Response:
    """Answers one request, from any thread.

    Raises:
        ConnectionCut: there is to be no answer.
    """
    if request.path.startswith(CONTROL):
        return _acted(azure, request, [])
    rules = azure.faults.matching(request)
    response: Response | None = None
    try:
        response = azure.faults.carry_out(rules, "before")
        if response is None:
            response = _acted(azure, request, rules)
            response = azure.faults.carry_out(rules, "after") or response
        response = dressed(azure, request, response)
    except ConnectionCut:
        response = None
        raise
    finally:
        exchanges.write(request, response)
    return response


def _acted(azure: Azure, request: Request, rules: list[Rule]) -> Response:
    match = ROUTER.match(request.method, request.path)
    try:
        if match is None:
            raise unknown_route(request, ROUTER.known(request.path))
        return _called(azure, request, match, rules)
    except ServiceError as error:
        return response_of(error)
    except Exception as error:
        _log.error("%s %s\n%s", request.method, request.path, traceback.format_exc())
        return response_of(arm_error(500, "InternalServerError", f"{type(error).__name__}: {error}"))


def _called(azure: Azure, request: Request, match: Match, rules: list[Rule]) -> Response:
    more: dict[str, object] = {}
    if match.route.action is not None:
        more["principal"] = admit(azure, request, match)
    told = ordered_outcome(rules)
    if told is not None and "told" in inspect.signature(match.route.handler).parameters:
        more["told"] = told
    with azure.world.lock if match.route.locked else contextlib.nullcontext():
        response = match.call(azure, request, **more)
        # Taken while nothing changes: bodies are the world's own objects.
        return Response(response.status, _frozen(response), response.headers)


def _frozen(response: Response) -> object:
    return copy.deepcopy(response.body)

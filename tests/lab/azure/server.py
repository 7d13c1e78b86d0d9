# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web server: HTTPS with an authority of the lab's own, requests answered in threads."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from lab.azure.azure import Azure
from lab.azure.certificates import Certificates
from lab.azure.clock import Clock
from lab.azure.dispatch import answer
from lab.azure.effects import ClusterEffects
from lab.azure.exchanges import Exchanges
from lab.azure.faults import ConnectionCut, Faults
from lab.azure.memory_effects import MemoryEffects
from lab.azure.messages import Request
from lab.azure.world import World

HOST = "localhost"
THREADS = 64
_METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]
_PATIENCE_SECONDS = 20.0


class CuttableProtocol(H11Protocol):
    """Puts the connection where the application can cut it without an answer."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


def create_app(azure: Azure, exchanges: Exchanges) -> Callable[..., Awaitable[None]]:
    """The ASGI application. Without the lab's own web server a cut connection is an exception."""
    threads = concurrent.futures.ThreadPoolExecutor(THREADS, thread_name_prefix="azure")

    async def endpoint(web: WebRequest) -> WebResponse:
        request = Request(
            web.method,
            web.url.path,
            {name.lower(): value for name, value in parse_qsl(web.url.query, keep_blank_values=True)},
            {name.lower(): value for name, value in web.headers.items()},
            await web.body(),
            str(web.url),
        )
        loop = asyncio.get_running_loop()
        try:
            response = await loop.run_in_executor(threads, answer, azure, exchanges, request)
        except ConnectionCut:
            connection = web.scope.get("state", {}).get("connection")
            if connection is None:
                raise
            connection.abort()
            return WebResponse(status_code=503)
        headers = {"content-type": response.content_type, **response.headers}
        return WebResponse(response.content(), response.status, headers)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=_METHODS)])


@dataclass
class RunningServer:
    """An emulator that serves. ``ca``: the certificate authority that clients have to trust, PEM."""

    url: str
    ca: Path
    azure: Azure
    exchanges: Exchanges

    @property
    def world(self) -> World:
        return self.azure.world

    @property
    def clock(self) -> Clock:
        return self.azure.clock

    @property
    def faults(self) -> Faults:
        return self.azure.faults


@contextlib.contextmanager
def serve(
    world: World,
    state_dir: Path,
    effects: ClusterEffects | None = None,
    *,
    speed: float = 1.0,
    port: int = 0,
    exchanges: Path | None = None,
    effects_for: Callable[[str], ClusterEffects] | None = None,
) -> Iterator[RunningServer]:
    """Serves in a thread until the block ends.

    Args:
        state_dir: gets ``ca.pem`` and the log ``exchanges.jsonl`` (or the file ``exchanges``).
        effects: the clusters; by default in memory.
        effects_for: makes them once the emulator's URL is known.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    certificates = Certificates(state_dir)
    certificates.make()
    listener = _listening(port)
    url = f"https://{HOST}:{listener.getsockname()[1]}"
    chosen = effects_for(url) if effects_for else effects or MemoryEffects()
    azure = Azure(url, world, chosen, Clock(speed))
    log = Exchanges(exchanges or state_dir / "exchanges.jsonl")
    server = uvicorn.Server(_configuration(create_app(azure, log), certificates))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="azure-server", daemon=True
    )
    thread.start()
    _await_started(server, thread)
    try:
        yield RunningServer(url, certificates.ca, azure, log)
    finally:
        azure.faults.remove()
        # Idle connections of clients are not waited for, nor is the web server's own rest of 0.2 s.
        server.should_exit = server.force_exit = True


def _listening(port: int) -> socket.socket:
    """A socket that names TCP as its protocol: asyncio switches Nagle's algorithm off for such ones only, and with
    it each answer, sent in two parts, waits 40 ms for the client's delayed acknowledgement."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(256)
    return listener


def _configuration(app: Callable[..., Awaitable[None]], certificates: Certificates) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=CuttableProtocol,
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=str(certificates.certificate),
        ssl_keyfile=str(certificates.key),
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=2,
    )


def _await_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the emulated Azure did not start to serve")
        time.sleep(0.01)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``login.microsoftonline.com`` for a program that insists on asking it about unknown authorities.

MSAL for Go validates every unknown authority at ``https://login.microsoftonline.com/common/discovery/instance``
(``internal/oauth/ops/authority``); the migration proxy has no switch for that. So it gets an HTTPS proxy
that answers in the name of that host, and nothing else. Go never uses a proxy for localhost, so all other
requests go to the emulated Azure.
"""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

HOST = "login.microsoftonline.com"


@contextmanager
def instance_discovery(authority: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Serves until the block ends; gives the proxy's URL and the certificate authority to trust (PEM)."""
    authority_key = trustme.CA(organization_name="Lab, in the name of Entra")
    certificate = authority_key.issue_cert(HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            request = _head(self.request)
            if not request.startswith(f"CONNECT {HOST}:443 "):
                self.request.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with context.wrap_socket(self.request, server_side=True) as secured:
                secured.sendall(_answer(_head(secured), authority))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", authority_key.cert_pem.bytes()
        finally:
            server.shutdown()


def _head(connection: ssl.SSLSocket) -> str:
    """A request without a body, up to its empty line."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(4096)
        if not part:
            break
        received += part
    return received.decode("latin-1")


def _answer(request: str, authority: str) -> bytes:
    target = urllib.parse.urlsplit(request.split(" ")[1])
    asked = urllib.parse.parse_qs(target.query).get("authorization_endpoint", [""])[0]
    tenant = urllib.parse.urlsplit(asked).path.strip("/").split("/")[0]
    host = urllib.parse.urlsplit(authority).netloc
    body = json.dumps(
        {
            "tenant_discovery_endpoint": f"https://{host}/{tenant}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }
    ).encode()
    head = (
        "HTTP/1.1 200 OK",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join([*head, "", ""]).encode() + body

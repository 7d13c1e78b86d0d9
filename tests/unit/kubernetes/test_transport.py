# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who answers has to show the cluster's certificate, whatever urllib3 is installed."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from urllib3.exceptions import SSLError

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.kubeconfig import Endpoint
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.transport import api_client


class Version(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        """Nothing: requests are no news here."""


@contextmanager
def api_server(authority: trustme.CA, named: str) -> Iterator[int]:
    """A TLS server on 127.0.0.1 whose certificate is for ``named``; gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(named).configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Version) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def status(server: str, authority: trustme.CA, **settings: object) -> int:
    endpoint = Endpoint(server=server, ca=authority.cert_pem.bytes(), **settings)  # type: ignore[arg-type]
    client = api_client(endpoint, "test")
    answer = client.rest_client.pool_manager.request("GET", f"{server}/version")
    return int(answer.status)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_for_the_host_is_accepted(host: str) -> None:
    authority = trustme.CA()
    with api_server(authority, host) as port:
        assert status(f"https://{host}:{port}", authority) == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_for_another_host_is_refused(host: str) -> None:
    authority = trustme.CA()
    with api_server(authority, "10.9.8.7") as port, pytest.raises(SSLError):
        status(f"https://{host}:{port}", authority)


def test_the_name_that_a_kubeconfig_gives_stands_for_the_host() -> None:
    authority = trustme.CA()
    with api_server(authority, "aks-1.example.org") as port:
        assert status(f"https://127.0.0.1:{port}", authority, server_name="aks-1.example.org") == 200


def test_a_foreign_authority_is_refused(tmp_path: Path) -> None:
    with api_server(trustme.CA(), "127.0.0.1") as port, pytest.raises(SSLError):
        status(f"https://127.0.0.1:{port}", trustme.CA())

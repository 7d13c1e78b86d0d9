# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""One TLS connection pool to one API server: kubernetes.client.ApiClient with credentials that lie in no
file."""

from __future__ import annotations

import ipaddress
import os
import ssl
import tempfile
import urllib.request
from importlib.metadata import version
from typing import Any, Optional
from urllib.parse import urlsplit

from .errors import KubernetesError
from .kubeconfig import Endpoint

CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 60.0  # seconds; also the API server's own limit for requests that are not watches
_POOL_SIZE = 8  # connections that are kept: as many as lists are read side by side


def api_client(endpoint: Endpoint, user_agent: str) -> Any:
    """A kubernetes.client.ApiClient for ``endpoint``, without the Authorization header (the caller adds it).

    Its connection pool is replaced by one with our SSL context: the client itself takes certificates from
    files only. It neither retries nor follows redirects, since the one retry policy is client.py's.
    Raises KubernetesError where the client certificate is unusable.
    """
    import urllib3
    from kubernetes.client import ApiClient, Configuration

    configuration = Configuration()
    configuration.host = endpoint.server
    configuration.verify_ssl = not endpoint.insecure
    client = ApiClient(configuration)
    client.user_agent = user_agent
    context = _ssl_context(endpoint)
    if context.check_hostname and version("urllib3").startswith("1.") and _is_address(endpoint.server):
        # urllib3 1.26 gives OpenSSL no name to check where the host is an address, and then compares the
        # certificate with the address itself, as it does for all contexts that do not check.
        context.check_hostname = False
    arguments: dict[str, Any] = {
        "ssl_context": context,
        "maxsize": _POOL_SIZE,
        "retries": False,
        "timeout": urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
    }
    if endpoint.server_name:
        arguments["server_hostname"] = endpoint.server_name
        arguments["assert_hostname"] = endpoint.server_name
    proxy = _proxy(endpoint)
    pool: Any
    if proxy:
        pool = urllib3.ProxyManager(proxy, **arguments)
    else:
        pool = urllib3.PoolManager(**arguments)
    client.rest_client.pool_manager = pool
    return client


def _is_address(server: str) -> bool:
    try:
        ipaddress.ip_address(urlsplit(server).hostname or "")
    except ValueError:
        return False
    return True


def _proxy(endpoint: Endpoint) -> Optional[str]:
    """The kubeconfig's own proxy goes before the environment's, and NO_PROXY is about the latter alone, as in
    kubectl."""
    if endpoint.proxy:
        return endpoint.proxy
    parts = urlsplit(endpoint.server)
    proxies = urllib.request.getproxies()
    if not parts.hostname or urllib.request.proxy_bypass(parts.netloc):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")


def _ssl_context(endpoint: Endpoint) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if endpoint.ca:
        # A cluster's CA is the only one that may speak for it, so the system's are not kept beside it.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=endpoint.ca.decode("ascii", "replace"))
    elif os.environ.get("REQUESTS_CA_BUNDLE"):
        context.load_verify_locations(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    if endpoint.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if endpoint.certificate and endpoint.key:
        _load_client_certificate(context, endpoint.certificate, endpoint.key)
    return context


def _load_client_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """OpenSSL reads certificates from paths only, so the path leads to memory where the system has that."""
    try:
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("client-certificate")
            try:
                os.write(descriptor, certificate + b"\n" + key)
                context.load_cert_chain(f"/proc/self/fd/{descriptor}")
            finally:
                os.close(descriptor)
            return
        with tempfile.NamedTemporaryFile() as stream:  # mode 0600, gone with this block
            stream.write(certificate + b"\n" + key)
            stream.flush()
            context.load_cert_chain(stream.name)
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise KubernetesError(f"The client certificate of the kubeconfig cannot be used: {reason}.") from None

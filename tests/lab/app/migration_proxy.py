# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The webhook's migration proxy: the real program, with environment and token of the pod's own sidecar."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lab.app.instance_discovery import instance_discovery
from lab.kubernetes.ports import free_ports

CONTAINER = "azwi-proxy"
PATIENCE_SECONDS = 15.0


class ProxyNotServing(Exception):
    """The proxy did not come up; the text ends with its log."""


@contextmanager
def migration_proxy(
    program: Path, environment: Mapping[str, str], folder: Path, certificates: bytes
) -> Iterator[str]:
    """Runs the proxy until the block ends; gives the address that the pod's iptables rules lead to.

    Args:
        certificates: the image's certificate authorities, PEM.

    Raises:
        ProxyNotServing
    """
    (port,) = free_ports(1)
    log = folder / "azwi-proxy.log"
    with instance_discovery(environment["AZURE_AUTHORITY_HOST"], folder) as (entra, authority):
        bundle = folder / "azwi-proxy-certificates.pem"
        bundle.write_bytes(certificates + authority)
        variables = {**environment, "SSL_CERT_FILE": str(bundle), "HTTPS_PROXY": entra}
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [str(program), f"--proxy-port={port}", "--log-level=info"],
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        try:
            _await_ready(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=10)


def _await_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ProxyNotServing(log.read_text(errors="replace")[-2000:]) from None
        time.sleep(0.1)

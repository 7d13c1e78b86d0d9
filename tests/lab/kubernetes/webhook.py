# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real mutating webhook: one process for all clusters of a lab, one URL path per cluster."""

from __future__ import annotations

import fcntl
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from lab.kubernetes.azure_environment import CLOUD_NAME
from lab.kubernetes.ports import free_ports
from lab.kubernetes.process import BackgroundProgram

PATIENCE_SECONDS = 20.0


class WebhookNotServing(Exception):
    """The process did not come up; the text ends with its log."""


@dataclass(frozen=True)
class WebhookServer:
    """The webhook of a lab. Its port, certificates and clusters lie in ``<home>/webhook``.

    It takes what a registration says; whether an API server calls it is up to the
    MutatingWebhookConfiguration there.
    """

    home: Path
    tools: Path

    def start(self) -> None:
        """Starts the process unless it runs; returns when it serves.

        Raises:
            WebhookNotServing
        """
        with self._alone():
            self._make_certificates()
            if not self._port_file.exists():
                self._port_file.write_text(str(free_ports(1)[0]))
            self._process.start(
                [
                    self.tools / "webhook",
                    f"--address=127.0.0.1:{self._port}",
                    f"--clusters={self._clusters}",
                    f"--tls-cert-file={self._folder / 'server.pem'}",
                    f"--tls-private-key-file={self._folder / 'server.key'}",
                ]
            )
            self._await_serving()

    def stop(self) -> None:
        with self._alone():
            self._process.stop()

    def running(self) -> bool:
        return self._process.running()

    def url(self, cluster: str) -> str:
        """Where the API server of this cluster sends admission reviews."""
        return f"https://127.0.0.1:{self._port}/clusters/{cluster}/mutate-v1-pod"

    def ca_bundle(self) -> bytes:
        """The authority of the serving certificate, PEM."""
        return (self._folder / "ca.pem").read_bytes()

    def register(
        self, cluster: str, kubeconfig: Path, tenant_id: str, environment: Path, audience: str = ""
    ) -> None:
        """Makes the webhook answer for a cluster.

        Args:
            cluster: its name, a path segment of its URL.
            kubeconfig: how the webhook reads service accounts and the version of the API server.
            tenant_id: default of ``AZURE_TENANT_ID`` in mutated pods.
            environment: file of ``write_environment``; gives ``AZURE_AUTHORITY_HOST``.
            audience: of the projected token; empty for ``api://AzureADTokenExchange``.
        """
        wanted = {
            "kubeconfig": str(kubeconfig),
            "audience": audience,
            "environment": {
                "AZURE_TENANT_ID": tenant_id,
                "AZURE_ENVIRONMENT": CLOUD_NAME,
                "AZURE_ENVIRONMENT_FILEPATH": str(environment),
            },
        }
        with self._alone():
            self._clusters.mkdir(parents=True, exist_ok=True)
            fresh = self._clusters / f"{cluster}.new"
            fresh.write_text(json.dumps(wanted, indent=2))
            fresh.replace(self._clusters / f"{cluster}.json")

    def unregister(self, cluster: str) -> None:
        (self._clusters / f"{cluster}.json").unlink(missing_ok=True)

    # ---- inside

    @property
    def _folder(self) -> Path:
        return self.home / "webhook"

    @property
    def _clusters(self) -> Path:
        return self._folder / "clusters"

    @property
    def _port_file(self) -> Path:
        return self._folder / "port"

    @property
    def _port(self) -> int:
        return int(self._port_file.read_text())

    @property
    def _process(self) -> BackgroundProgram:
        return BackgroundProgram("webhook", self._folder)

    def _make_certificates(self) -> None:
        self._clusters.mkdir(parents=True, exist_ok=True)
        if (self._folder / "ca.pem").exists():
            return
        authority = trustme.CA()
        server = authority.issue_cert("127.0.0.1", "localhost")
        server.cert_chain_pems[0].write_to_path(str(self._folder / "server.pem"))
        server.private_key_pem.write_to_path(str(self._folder / "server.key"))
        authority.cert_pem.write_to_path(str(self._folder / "ca.pem"))

    def _await_serving(self) -> None:
        context = ssl.create_default_context(cadata=self.ca_bundle().decode())
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with opener.open(f"https://127.0.0.1:{self._port}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() >= deadline or not self._process.running():
                    raise WebhookNotServing(f"{error}\n{self._process.last_words()}") from error
                time.sleep(0.1)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

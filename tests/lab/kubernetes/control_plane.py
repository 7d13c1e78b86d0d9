# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real control plane: etcd, API server, controllers and scheduler, with nodes that KWOK simulates."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab.kubernetes.api_server import ApiServer
from lab.kubernetes.kwokctl import PATIENCE_SECONDS, Kwokctl, component_of
from lab.toolchain.programs import KUBERNETES_VERSION

# As on AKS; its admissions enforcer goes by them.
_LABELS_OF_KUBE_SYSTEM = {
    "addonmanager.kubernetes.io/mode": "Reconcile",
    "control-plane": "true",
    "kubernetes.azure.com/managedby": "aks",
    "kubernetes.io/cluster-service": "true",
}
_ISSUER_FLAG = "--service-account-issuer="
_KEYS_FLAG = "--service-account-jwks-uri="


@dataclass(frozen=True)
class ControlPlane:
    """One cluster. All about it lies below ``<home>/clusters/<name>``: any process can build the same object.

    Attributes:
        name: lower-case letters, digits and dashes.
        home: kwokctl's working folder, shared by the clusters of one lab.
        tools: the folder of the binaries (``lab.toolchain.build()``).
        version: what the API server reports and emulates; other than the default one, 1.31.13 is built.

    Every method may be called from several threads and processes; those that change the processes take turns.
    """

    name: str
    home: Path
    tools: Path
    version: str = KUBERNETES_VERSION

    # ---- where things are

    @property
    def directory(self) -> Path:
        return self._kwokctl.directory

    @property
    def kubeconfig(self) -> Path:
        """An administrator's kubeconfig (client certificate, group system:masters)."""
        return self.directory / "kubeconfig.yaml"

    @property
    def audit_log(self) -> Path:
        """One JSON object (audit.k8s.io/v1 Event, level Metadata) per line for every request."""
        return self.directory / "logs" / "audit.log"

    @property
    def ca_file(self) -> Path:
        return self.directory / "pki" / "ca.crt"

    @property
    def ca(self) -> bytes:
        """The certificate authority of the API server and of client certificates, PEM."""
        return self.ca_file.read_bytes()

    @property
    def server(self) -> str:
        """``https://127.0.0.1:<port>``"""
        return f"https://127.0.0.1:{self._kwokctl.component('kube-apiserver')['ports'][0]['port']}"

    def api(self) -> ApiServer:
        """A new client with an administrator's rights; keep it when it is used often."""
        pki = self.directory / "pki"
        return ApiServer(self.server, self.ca_file, pki / "admin.crt", pki / "admin.key")

    # ---- its life

    def exists(self) -> bool:
        return self._kwokctl.configuration.exists()

    def running(self) -> bool:
        """Whether the API server answers and is ready."""
        return self.exists() and self.api().ready()

    def create(self) -> None:
        """Creates and starts it, or starts one that exists; returns when it is ready.

        Raises:
            lab.kubernetes.kwokctl.KwokctlFailed
        """
        with self._alone():
            if self.exists():
                self._start()
                return
            self._kwokctl.create()
            self._await_ready()
            self.api().patch(
                "/api/v1/namespaces/kube-system", {"metadata": {"labels": _LABELS_OF_KUBE_SYSTEM}}
            )

    def start(self) -> None:
        """Starts what is stopped; returns when it is ready."""
        with self._alone():
            self._start()

    def stop(self) -> None:
        """Ends its processes and keeps its data."""
        with self._alone():
            if self.exists():
                self._kwokctl.stop()

    def delete(self) -> None:
        """Ends its processes and removes its data."""
        with self._alone():
            self._kwokctl.delete()

    # ---- its issuer

    def issuer(self) -> str:
        """The ``iss`` of the service account tokens that it signs."""
        arguments = self._kwokctl.component("kube-apiserver")["args"]
        issuers = [
            str(value).removeprefix(_ISSUER_FLAG) for value in arguments if value.startswith(_ISSUER_FLAG)
        ]
        return issuers[0]

    def set_issuer(self, issuer_url: str) -> None:
        """Makes the API server sign with this issuer; restarts the control plane, as AKS does, and waits.

        The API server signs with the first ``--service-account-issuer`` and accepts tokens of the others, so
        that tokens issued before stay valid until they expire. All objects are kept.
        """
        with self._alone():
            if self.issuer() == issuer_url:
                return
            documents = self._kwokctl.read()
            component = component_of(documents, "kube-apiserver")
            kept = [
                value
                for value in component["args"]
                if not value.startswith(_KEYS_FLAG) and value != f"{_ISSUER_FLAG}{issuer_url}"
            ]
            first = next(index for index, value in enumerate(kept) if value.startswith(_ISSUER_FLAG))
            keys = f"{_KEYS_FLAG}{issuer_url.rstrip('/')}/openid/v1/jwks"
            component["args"] = [*kept[:first], f"{_ISSUER_FLAG}{issuer_url}", keys, *kept[first:]]
            self._kwokctl.write(documents)
            self._kwokctl.stop()
            self._start()

    # ---- inside

    @cached_property
    def _kwokctl(self) -> Kwokctl:
        return Kwokctl(self.name, self.home, self.tools, self.version)

    def _start(self) -> None:
        if not self.api().ready():
            self._kwokctl.start()
            self._await_ready()

    def _await_ready(self) -> None:
        """Ready, and with the default service account, without which no pod can be made."""
        api = self.api()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (api.ready() and api.find("/api/v1/namespaces/default/serviceaccounts/default")):
            if time.monotonic() >= deadline:
                raise TimeoutError(
                    f"cluster {self.name} at {self.server} is not ready after {PATIENCE_SECONDS} s"
                )
            time.sleep(0.1)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

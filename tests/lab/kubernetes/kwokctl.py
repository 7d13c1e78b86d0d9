# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""kwokctl, which creates and supervises the processes of a control plane, and the files it works from."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.kubernetes.certificates import Authority
from lab.kubernetes.ports import free_ports
from lab.kubernetes.stages import stages
from lab.toolchain.programs import KUBERNETES_VERSION

AUDIT_POLICY = Path(__file__).parent / "audit-policy.yaml"
PATIENCE_SECONDS = 60


class KwokctlFailed(Exception):
    """kwokctl ended with an error; the text holds its last lines and those of the component that is down."""


@dataclass(frozen=True)
class Kwokctl:
    """kwokctl for one cluster ``name`` whose files lie in ``<home>/clusters/<name>``."""

    name: str
    home: Path
    tools: Path
    version: str

    @property
    def directory(self) -> Path:
        return self.home / "clusters" / self.name

    @property
    def configuration(self) -> Path:
        return self.directory / "kwok.yaml"

    def create(self) -> None:
        """Creates and starts the cluster.

        Raises:
            KwokctlFailed
        """
        self.home.mkdir(parents=True, exist_ok=True)
        Authority(self.directory / "pki").make()
        wish = self.home / f"{self.name}.create.yaml"
        wish.write_text(yaml.safe_dump_all([self._wanted(), *stages()], sort_keys=False))
        # --kubeconfig "": the user's own kubeconfig is not touched.
        self._run(
            "create", "cluster", "--config", str(wish), "--kubeconfig", "", "--wait", f"{PATIENCE_SECONDS}s"
        )
        wish.unlink()

    def start(self) -> None:
        self._run("start", "cluster", "--wait", f"{PATIENCE_SECONDS}s")

    def stop(self) -> None:
        self._run("stop", "cluster")

    def delete(self) -> None:
        """Kills what runs and removes the files. Does without kwokctl, whose binary may be gone."""
        for file in self.directory.glob("pids/*.pid"):
            self._kill(int(file.read_text()))
        shutil.rmtree(self.directory, ignore_errors=True)
        (self.home / f"{self.name}.create.yaml").unlink(missing_ok=True)

    def _kill(self, pid: int) -> None:
        """Kills the process, if it is a component of this cluster and not a stranger with that pid."""
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            if str(self.directory / "bin") in command:
                os.kill(pid, signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            return

    def read(self) -> list[dict[str, Any]]:
        """The documents of kwok.yaml."""
        return list(yaml.safe_load_all(self.configuration.read_text()))

    def write(self, documents: list[dict[str, Any]]) -> None:
        """Replaces kwok.yaml; takes effect at the next start."""
        fresh = self.configuration.with_suffix(".new")
        fresh.write_text(yaml.safe_dump_all(documents, sort_keys=False))
        fresh.replace(self.configuration)

    def component(self, name: str) -> dict[str, Any]:
        """The description of one component: ``args``, ``binary``, ``ports``, ...

        Raises:
            KeyError: the cluster has no such component.
        """
        return component_of(self.read(), name)

    def _wanted(self) -> dict[str, Any]:
        peer, etcd, server, controllers, scheduler, kwok = free_ports(6, self._ports_of_neighbours())
        options = {
            "runtime": "binary",
            "bindAddress": "127.0.0.1",
            "disableQPSLimits": True,
            "kubeAuditPolicy": str(AUDIT_POLICY),
            "etcdBinary": str(self.tools / "etcd"),
            "kubeApiserverBinary": str(self._binaries / "kube-apiserver"),
            "kubeControllerManagerBinary": str(self._binaries / "kube-controller-manager"),
            "kubeSchedulerBinary": str(self._binaries / "kube-scheduler"),
            "kwokControllerBinary": str(self.tools / "kwok"),
            "kubectlBinary": str(self.tools / "kubectl"),
            "etcdPeerPort": peer,
            "etcdPort": etcd,
            "kubeApiserverPort": server,
            "kubeControllerManagerPort": controllers,
            "kubeSchedulerPort": scheduler,
            "kwokControllerPort": kwok,
        }
        return {
            "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
            "kind": "KwokctlConfiguration",
            "options": options,
            "componentsPatches": self._patches(),
        }

    @property
    def _binaries(self) -> Path:
        return self.tools if self.version == KUBERNETES_VERSION else self.tools / self.version

    def _patches(self) -> list[dict[str, Any]]:
        """Arguments beyond kwokctl's own."""
        # There is one of each: an election would only let them wait for the lease of a killed predecessor.
        alone = {"key": "leader-elect", "value": "false"}
        arguments: dict[str, list[dict[str, str]]] = {
            "kube-apiserver": [],
            "kube-controller-manager": [alone],
            "kube-scheduler": [alone],
        }
        # Likewise for the nodes: without leases the simulated kubelets go on at once after a restart.
        kubelets = {"key": "node-lease-duration-seconds", "value": "0"}
        if self.version != KUBERNETES_VERSION:
            # An older version is the newer code, linked with an older number, and emulates that version. The
            # default of this flag, one version below, is out of the range that such a binary accepts.
            compatible = {"key": "min-compatibility-version", "value": self.version.rpartition(".")[0]}
            for flags in arguments.values():
                flags.append(compatible)
        arguments["kwok-controller"] = [kubelets]
        return [{"name": name, "extraArgs": flags} for name, flags in arguments.items() if flags]

    def _ports_of_neighbours(self) -> frozenset[int]:
        """Ports of this lab's other clusters, also of those that are stopped or just being created."""
        files = [*self.home.glob("clusters/*/kwok.yaml"), *self.home.glob("*.create.yaml")]
        taken: set[int] = set()
        for file in files:
            for document in yaml.safe_load_all(file.read_text()):
                options = (document or {}).get("options", {})
                taken.update(value for key, value in options.items() if key.endswith("Port") and value)
        return frozenset(taken)

    def _run(self, *arguments: str) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("KWOK_")}
        environment["KWOK_WORKDIR"] = str(self.home)
        environment["PATH"] = f"{self.tools}{os.pathsep}{environment.get('PATH', '')}"
        # A proxy must not come between kwokctl and 127.0.0.1.
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "KUBECONFIG"):
            environment.pop(name, None)
        command = [str(self.tools / "kwokctl"), "--name", self.name, *arguments]
        # Output to a file: the components inherit it and would keep a pipe open for as long as they live.
        log = self.home / f"{self.name}.kwokctl.log"
        with log.open("wb") as sink:
            try:
                done = subprocess.run(
                    command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    timeout=PATIENCE_SECONDS + 30,
                    check=False,
                )
                outcome = f"ended with {done.returncode}" if done.returncode else ""
            except subprocess.TimeoutExpired as expired:
                outcome = f"did not end within {expired.timeout:.0f} s"
        if outcome:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
            raise KwokctlFailed(f"{' '.join(command)} {outcome}:\n{last}\n{self._complaints()}")

    def _complaints(self) -> str:
        logs = sorted((self.directory / "logs").glob("kube-apiserver.log")) + sorted(
            (self.directory / "logs").glob("etcd.log")
        )
        parts = [
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-8:]) for log in logs
        ]
        return "\n".join(parts)


def component_of(documents: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The named component among the documents of a kwok.yaml, to read or to change in place."""
    for document in documents:
        for component in document.get("components") or []:
            if component["name"] == name:
                return dict_of(component)
    raise KeyError(name)


def dict_of(value: object) -> dict[str, Any]:
    """The value, which must be a mapping."""
    if not isinstance(value, dict):
        raise TypeError(f"expected a mapping, not {type(value).__name__}")
    return value

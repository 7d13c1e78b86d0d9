# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""A kubeconfig document reduced to one way into one API server.

Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ (fields of Cluster and AuthInfo).
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .errors import KubernetesError


@dataclass(frozen=True)
class ExecCommand:
    """A credential plugin (client.authentication.k8s.io)."""

    command: str
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    api_version: str = "client.authentication.k8s.io/v1"


@dataclass(frozen=True)
class Endpoint:
    """One API server and the credentials for it. Secrets are kept out of ``repr``."""

    server: str  # https://host:port, maybe with a path
    ca: Optional[bytes] = None  # PEM; None: the system's or REQUESTS_CA_BUNDLE
    insecure: bool = False
    server_name: Optional[str] = None  # tls-server-name
    proxy: Optional[str] = None  # proxy-url
    certificate: Optional[bytes] = field(default=None, repr=False)  # PEM
    key: Optional[bytes] = field(default=None, repr=False)  # PEM
    token: Optional[str] = field(default=None, repr=False)
    token_file: Optional[str] = None
    username: Optional[str] = None
    password: Optional[str] = field(default=None, repr=False)
    exec: Optional[ExecCommand] = None
    entra_server_id: Optional[str] = None  # set: sign in with a token for this Entra application


def endpoint(document: Any, source: str, context: Optional[str] = None, folder: str = ".") -> Endpoint:
    """The endpoint of ``context`` (default: current-context) of a parsed kubeconfig.

    ``source`` says in errors where it comes from; relative file names are relative to ``folder``.
    Raises KubernetesError naming what is missing.
    """
    if not isinstance(document, Mapping):
        raise KubernetesError(f"{source} is not a kubeconfig: expected a mapping. Check the file.")
    chosen = context or document.get("current-context")
    if not chosen:
        raise KubernetesError(f"{source} has no current-context. Name one with the option context.")
    link = _named(document, "contexts", str(chosen), "context", source)
    cluster = _named(document, "clusters", str(link.get("cluster")), "cluster", source)
    user = _named(document, "users", str(link.get("user")), "user", source) if link.get("user") else {}
    if not cluster.get("server"):
        raise KubernetesError(f"{source}: cluster {link.get('cluster')!r} has no server.")
    command = user.get("exec")
    provider = user.get("auth-provider") or {}
    server_id = None
    if (
        provider.get("name") == "azure"
    ):  # what listClusterUserCredential?format=azure gives for Entra clusters
        server_id = (provider.get("config") or {}).get("apiserver-id")
    elif isinstance(command, Mapping) and os.path.basename(str(command.get("command"))).startswith(
        "kubelogin"
    ):
        server_id = _after(list(command.get("args") or ()), "--server-id")
    return Endpoint(
        server=str(cluster["server"]).rstrip("/"),
        ca=_material(cluster, "certificate-authority", folder, source),
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
        server_name=cluster.get("tls-server-name"),
        proxy=cluster.get("proxy-url"),
        certificate=_material(user, "client-certificate", folder, source),
        key=_material(user, "client-key", folder, source),
        token=user.get("token"),
        token_file=os.path.join(folder, user["tokenFile"]) if user.get("tokenFile") else None,
        username=user.get("username"),
        password=user.get("password"),
        exec=_command(command) if isinstance(command, Mapping) else None,
        entra_server_id=server_id,
    )


def _named(document: Mapping[str, Any], group: str, name: str, key: str, source: str) -> Mapping[str, Any]:
    entries = document.get(group) or ()
    for entry in entries:
        if entry.get("name") == name:
            found: Mapping[str, Any] = entry.get(key) or {}
            return found
    known = ", ".join(sorted(str(entry.get("name")) for entry in entries)) or "none"
    raise KubernetesError(f"{source} has no {key} {name!r} (there are: {known}).")


def _material(entry: Mapping[str, Any], key: str, folder: str, source: str) -> Optional[bytes]:
    """Inline data goes before a file, as in kubectl."""
    inline = entry.get(f"{key}-data")
    if inline:
        try:
            return base64.b64decode("".join(str(inline).split()), validate=True)
        except (binascii.Error, ValueError):
            raise KubernetesError(f"{source}: {key}-data is not base64.") from None
    if not entry.get(key):
        return None
    path = os.path.join(folder, entry[key])
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise KubernetesError(f"{source}: {key} {path} cannot be read: {error.strerror}.") from None


def _command(entry: Mapping[str, Any]) -> ExecCommand:
    return ExecCommand(
        command=str(entry.get("command")),
        args=tuple(str(item) for item in entry.get("args") or ()),
        env=tuple((str(item["name"]), str(item["value"])) for item in entry.get("env") or ()),
        api_version=str(entry.get("apiVersion") or "client.authentication.k8s.io/v1"),
    )


def _after(arguments: list[str], option: str) -> Optional[str]:
    for index, item in enumerate(arguments):
        if item == option and index + 1 < len(arguments):
            return arguments[index + 1]
        if item.startswith(option + "="):
            return item.split("=", 1)[1]
    return None

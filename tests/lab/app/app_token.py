# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose token an application gets, right now, in the way that its code asks for it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.app.container import Container, containers_of, materialize
from lab.app.live_pod import live_pod
from lab.app.migration_proxy import CONTAINER as PROXY
from lab.app.migration_proxy import migration_proxy
from lab.fleet.scenario import Application
from lab.kubernetes.api_server import ApiServer

APP = Path(__file__).parent / "ask.py"
PATIENCE_SECONDS = 90


class NoToken(Exception):
    """The app did not get a token; the text is what it was told."""


@dataclass(frozen=True)
class AppToken:
    """What is in the token that an application got. The token itself stays with the app.

    Attributes:
        client_id: ``appid`` of the token.
        principal_id: ``oid`` of the token.
        identity_id: ``xms_mirid``, the resource ID of the managed identity.
        way: who handed it out: ``workload identity``, ``instance metadata`` or ``migration proxy``.
    """

    client_id: str
    principal_id: str
    identity_id: str
    way: str
    pod: str


@dataclass(frozen=True)
class Stage:
    """Where apps of one cluster are played.

    Attributes:
        metadata_url: address that instance metadata of a pod is asked at, with ``{namespace}`` and ``{pod}``.
        certificates: the certificate authorities that images carry, a PEM file.
        resource: what tokens are asked for.
        folder: where the containers' files are put; it is emptied after each app.
        proxy: the migration proxy's program.
    """

    api: ApiServer
    metadata_url: str
    certificates: Path
    resource: str
    folder: Path
    proxy: Path


def app_token(stage: Stage, application: Application) -> AppToken:
    """Lets the application ask for a token, in a pod of its own that lives now.

    Raises:
        NoToken: the app got an error.
        lab.app.live_pod.NoPod
    """
    with live_pod(stage.api, application) as pod:
        name = pod["metadata"]["name"]
        root = stage.folder / f"{application.namespace}.{name}"
        try:
            return _asked(stage, application, pod, root)
        finally:
            shutil.rmtree(root, ignore_errors=True)


def _asked(stage: Stage, application: Application, pod: dict[str, Any], root: Path) -> AppToken:
    app = materialize(stage.api, pod, pod["spec"]["containers"][-1]["name"], root / "app")
    metadata = stage.metadata_url.format(namespace=application.namespace, pod=pod["metadata"]["name"])
    if PROXY not in {container["name"] for container in containers_of(pod)}:
        return _run(stage, application, pod, app, metadata, "instance metadata")
    sidecar = materialize(stage.api, pod, PROXY, root / "proxy")
    with migration_proxy(
        stage.proxy, sidecar.environment, root / "proxy", stage.certificates.read_bytes()
    ) as address:
        return _run(stage, application, pod, app, address, "migration proxy")


def _run(
    stage: Stage, application: Application, pod: dict[str, Any], app: Container, metadata: str, way: str
) -> AppToken:
    """Runs the app with exactly the pod's environment.

    And what node and image add to it: where 169.254.169.254 leads to, and the image's certificates.
    """
    environment = {
        **app.environment,
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": metadata,
        "REQUESTS_CA_BUNDLE": str(stage.certificates),
        "SSL_CERT_FILE": str(stage.certificates),
    }
    done = subprocess.run(
        [sys.executable, "-I", str(APP), application.asks, stage.resource],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise NoToken(
            f"{application.key}: the app ended with {done.returncode}: {done.stderr[-2000:]}"
        ) from None
    if "error" in answer:
        raise NoToken(f"{application.key}: {answer['error']}")
    claims = answer["claims"]
    if answer["source"] == "WorkloadIdentityCredential":
        way = "workload identity"
    return AppToken(claims["appid"], claims["oid"], claims.get("xms_mirid", ""), way, pod["metadata"]["name"])

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container of a live pod as a process sees it: its environment, and its token files.

The files are those of the pod's projected volumes, with tokens bound to this very pod, as the kubelet
asks for them. They lie below a folder that stands for the container's root; variables that name a file there
are given with that folder in front, and nothing else of the environment differs from the pod's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lab.kubernetes.api_server import ApiServer

Pod = Mapping[str, Any]


class NotPlayable(Exception):
    """The pod uses something that this stage has no props for; the text names it."""


@dataclass(frozen=True)
class Container:
    """What a process in a container of a pod finds."""

    environment: dict[str, str]
    token_files: tuple[Path, ...]


def containers_of(pod: Pod) -> list[Mapping[str, Any]]:
    """All containers, those of native sidecars, too."""
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def materialize(api: ApiServer, pod: Pod, name: str, root: Path) -> Container:
    """Puts the container's token files below ``root`` and gives its environment.

    Raises:
        NotPlayable: an environment variable comes from somewhere that is not played here.
        KeyError: no such container.
    """
    container = {item["name"]: item for item in containers_of(pod)}[name]
    files = _write_tokens(api, pod, container, root)
    variables = {item["name"]: _value(pod, item) for item in container.get("env", ())}
    inside = {str(PurePosixPath("/") / file.relative_to(root)): str(file) for file in files}
    return Container(
        environment={key: inside.get(value, value) for key, value in variables.items()},
        token_files=tuple(files),
    )


def _write_tokens(api: ApiServer, pod: Pod, container: Mapping[str, Any], root: Path) -> list[Path]:
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", ())}
    files = []
    for mount in container.get("volumeMounts", ()):
        for source in volumes[mount["name"]].get("projected", {}).get("sources", ()):
            wanted = source.get("serviceAccountToken")
            if wanted is None:
                continue
            token = api.token(
                pod["metadata"]["namespace"],
                pod["spec"].get("serviceAccountName", "default"),
                wanted.get("audience"),
                pod,
                wanted.get("expirationSeconds", 3600),
            )
            file = root / mount["mountPath"].lstrip("/") / wanted["path"]
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as sink:
                sink.write(token)
            files.append(file)
    return files


def _value(pod: Pod, variable: Mapping[str, Any]) -> str:
    if "valueFrom" not in variable:
        return str(variable.get("value", ""))
    field = variable["valueFrom"].get("fieldRef", {}).get("fieldPath")
    if field is None:
        raise NotPlayable(
            f"variable {variable['name']} of pod {pod['metadata']['name']} is taken from elsewhere"
        )
    value: Any = pod
    for part in field.split("."):
        value = value.get(part, "")
    return str(value)

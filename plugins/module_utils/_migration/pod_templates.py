# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What a pod template says that matters to a migration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from .objects import at, containers, items, mapping, spec, words

CLIENT_ID_VARIABLE = "AZURE_CLIENT_ID"
# What the webhook sets where it is not set: azure-workload-identity pkg/webhook/webhook.go.
PRESET_VARIABLES = ("AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST")
_NATIVE_SIDECARS = (
    1,
    32,
)  # from here on the webhook injects native sidecars, which do not keep Jobs from ending


def service_account(template: Mapping[str, Any]) -> str:
    pod = spec(template)
    return str(pod.get("serviceAccountName") or pod.get("serviceAccount") or "default")


def pinned_client_ids(template: Mapping[str, Any]) -> tuple[str, ...]:
    """Literal values of AZURE_CLIENT_ID, in lower case, each once."""
    found = (
        str(variable["value"]).lower()
        for container in containers(template)
        for variable in items(container.get("env"))
        if variable.get("name") == CLIENT_ID_VARIABLE and variable.get("value")
    )
    return tuple(dict.fromkeys(found))


def client_id_elsewhere(template: Mapping[str, Any]) -> tuple[str, ...]:
    """Where AZURE_CLIENT_ID is taken from, if not from the template itself: "ConfigMap x"."""
    found: dict[str, None] = {}
    for container in containers(template):
        for variable in items(container.get("env")):
            if variable.get("name") == CLIENT_ID_VARIABLE and "valueFrom" in variable:
                source = mapping(variable["valueFrom"])
                for key, what in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                    if key in source:
                        found[f"{what} {mapping(source[key]).get('name')}"] = None
                if "fieldRef" in source:
                    found[f"field {mapping(source['fieldRef']).get('fieldPath')}"] = None
    return tuple(found)


def bulk_environment(template: Mapping[str, Any]) -> tuple[str, ...]:
    """ConfigMaps and Secrets that are taken over whole (envFrom): they may hold a client ID, too."""
    found: dict[str, None] = {}
    for container in containers(template):
        for source in items(container.get("envFrom")):
            for key, what in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if key in source:
                    found[f"{what} {mapping(source[key]).get('name')}"] = None
    return tuple(found)


def preset_variables(template: Mapping[str, Any]) -> tuple[str, ...]:
    found = (
        str(variable.get("name"))
        for container in containers(template)
        for variable in items(container.get("env"))
        if variable.get("name") in PRESET_VARIABLES
    )
    return tuple(sorted(set(found)))


def mentions(template: Mapping[str, Any], text: str) -> bool:
    """Whether a variable, an argument or a command holds ``text``, in any case."""
    wanted = text.lower()
    for container in containers(template):
        texts = [str(variable.get("value", "")) for variable in items(container.get("env"))]
        texts += [word for key in ("command", "args") for word in words(container.get(key))]
        if any(wanted in each.lower() for each in texts):
            return True
    return False


def secret_provider_classes(template: Mapping[str, Any]) -> Iterator[str]:
    """Names of the classes that its CSI volumes mount."""
    for volume in items(spec(template).get("volumes")):
        csi = mapping(volume.get("csi"))
        if csi.get("driver") == "secrets-store.csi.k8s.io":
            yield str(at(csi, ("volumeAttributes",)).get("secretProviderClass", ""))


def host_network(template: Mapping[str, Any]) -> bool:
    return bool(spec(template).get("hostNetwork"))


def windows(template: Mapping[str, Any]) -> bool:
    pod = spec(template)
    if mapping(pod.get("os")).get("name") == "windows":
        return True
    return mapping(pod.get("nodeSelector")).get("kubernetes.io/os") == "windows"


def proxy_refused(
    kind: str,
    template: Mapping[str, Any],
    namespace_labels: Mapping[str, Any],
    server_version: tuple[int, int],
) -> Optional[str]:
    """Why the proxy sidecar cannot run with this template, or None.

    Rules: azure-workload-identity pkg/webhook (host network), pkg/proxy (Linux), native sidecars from 1.32 on.
    """
    if host_network(template):
        return "it is on the host network, where the webhook refuses the proxy"
    if windows(template):
        return "it runs on Windows, and the proxy needs Linux"
    if kind in ("Job", "CronJob") and server_version < _NATIVE_SIDECARS:
        major, minor = _NATIVE_SIDECARS
        return f"its pods are to end, and below Kubernetes {major}.{minor} the proxy keeps them from ending"
    level = namespace_labels.get("pod-security.kubernetes.io/enforce")
    if level in ("baseline", "restricted"):
        return f"its namespace enforces pod security level {level!r}, and the proxy's init container is privileged"
    return None


def has_init_containers(template: Mapping[str, Any]) -> bool:
    return bool(items(spec(template).get("initContainers")))

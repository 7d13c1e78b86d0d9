# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What the workload identity webhook put into a pod, and whether that is what was planned (pure).

Names and rules: facts of azure-workload-identity, pkg/webhook/webhook.go and consts.go (v1.0 to v1.6). The
token's path and the volume's name changed between versions, so neither is looked at: the environment variable
and the projection are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Optional

USE_LABEL = "azure.workload.identity/use"
PROXY_CONTAINER = "azwi-proxy"
PROXY_INIT_CONTAINER = "azwi-proxy-init"
_SKIP_ANNOTATION = "azure.workload.identity/skip-containers"
_TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE"
_CLIENT_ID = "AZURE_CLIENT_ID"


@dataclass(frozen=True)
class Expected:
    """What a pod of a switched workload has to show."""

    service_account: str
    client_ids: Collection[str]  # of the planned identities; a pod may ask for any of them
    proxy: bool = False
    audience: Optional[str] = None


def faults(pod: Mapping[str, Any], expected: Expected) -> tuple[str, ...]:
    """What is missing or wrong in a pod; nothing: it will get the planned identity's tokens."""
    metadata, spec = pod.get("metadata") or {}, pod.get("spec") or {}
    found = []
    account = spec.get("serviceAccountName") or "default"
    if account != expected.service_account:
        found.append(f"it runs as service account {account} and not {expected.service_account}")
    if (metadata.get("labels") or {}).get(USE_LABEL) != "true":
        found.append(f'it lacks the label {USE_LABEL}: "true"')
    containers = _app_containers(metadata, spec)
    blind = [item["name"] for item in containers if not _value(item, _TOKEN_FILE)]
    if blind:
        found.append(f"the webhook gave no token file to {', '.join(blind)}")
    found += [text for item in containers for text in _client_id_faults(item, expected.client_ids)]
    if not blind and not _token_volume(spec, expected.audience):
        found.append("it has no projected service account token volume with the planned audience")
    if expected.proxy and PROXY_CONTAINER not in _names(spec):
        found.append(f"the proxy container {PROXY_CONTAINER} was not added")
    return tuple(found)


def _app_containers(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    skipped = {
        name.strip() for name in str((metadata.get("annotations") or {}).get(_SKIP_ANNOTATION, "")).split(";")
    }
    skipped |= {PROXY_CONTAINER, PROXY_INIT_CONTAINER}
    return [item for item in spec.get("containers") or () if item.get("name") not in skipped]


def _client_id_faults(container: Mapping[str, Any], client_ids: Collection[str]) -> list[str]:
    """A variable that the template sets itself is never replaced by the webhook, so it may still name another
    identity."""
    for variable in container.get("env") or ():
        if variable.get("name") != _CLIENT_ID:
            continue
        if "valueFrom" in variable:
            return []  # its value is in a ConfigMap or Secret: a finding of discovery, not to be seen here
        value = str(variable.get("value", ""))
        if value.lower() not in {item.lower() for item in client_ids}:
            return [
                f"{_CLIENT_ID} of {container.get('name')} is {value or 'empty'}, planned is"
                f" {' or '.join(client_ids)}"
            ]
        return []
    return [f"{container.get('name')} has no {_CLIENT_ID}: the service account carries no client ID"]


def _value(container: Mapping[str, Any], name: str) -> Optional[str]:
    for variable in container.get("env") or ():
        if variable.get("name") == name:
            return variable.get("value") or ("(from elsewhere)" if "valueFrom" in variable else None)
    return None


def _token_volume(spec: Mapping[str, Any], audience: Optional[str]) -> bool:
    for volume in spec.get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            token = source.get("serviceAccountToken") or {}
            # The stock token volume has no audience of its own.
            if token.get("audience") and (audience is None or token["audience"] == audience):
                return True
    return False


def _names(spec: Mapping[str, Any]) -> set[str]:
    return {
        str(item.get("name")) for group in ("containers", "initContainers") for item in spec.get(group) or ()
    }

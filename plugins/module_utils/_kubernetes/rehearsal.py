# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Check mode: would the pods of a new template be admitted, and would the webhook give them their identity?

A dry run of a Deployment never reaches the admission of its pods, so each new template is sent as a dry-run
pod, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .client import KubernetesClient
from .errors import Forbidden, Invalid, KubernetesError, NotFound
from .injection import Expected, faults
from .paths import collection, single
from .service_accounts import CLIENT_ID

# the same name for the add-on and the open-source chart
_WEBHOOK = "azure-wi-webhook-mutating-webhook-configuration"


@dataclass(frozen=True)
class Rehearsed:
    """``fault``: the real switch would fail. ``note``: why nothing can be said yet. Both empty: it would
    work."""

    fault: str = ""
    note: str = ""


class Rehearsal:
    """Remembers what it read: one GET for the webhook, and one for each service account."""

    def __init__(self, client: KubernetesClient) -> None:
        self._client = client
        self._webhook: Optional[bool] = None
        self._accounts: dict[tuple[str, str], Optional[Mapping[str, Any]]] = {}

    def of(self, workload: Mapping[str, Any], template: Mapping[str, Any], expected: Expected) -> Rehearsed:
        """Tries the pod of ``template`` in the workload's namespace; nothing is stored."""
        namespace = str(workload["metadata"]["namespace"])
        if not self._installed():
            return Rehearsed(note="not checked: the workload identity webhook is not installed yet")
        account = self._account(namespace, expected.service_account)
        if account is None:
            return Rehearsed(
                note=f"not checked: the service account {expected.service_account} is not there yet"
            )
        annotated = (account["metadata"].get("annotations") or {}).get(CLIENT_ID, "")
        if annotated.lower() not in {item.lower() for item in expected.client_ids}:
            return Rehearsed(
                note=f"not checked: the service account {expected.service_account} is not annotated yet"
            )
        body = pod(str(workload["metadata"]["name"]), namespace, template)
        try:
            admitted = self._client.create_dry(collection("Pod", namespace), body)
        except (Invalid, Forbidden) as error:
            words = str(error)
            if "does not support dry run" in words or "exceeded quota" in words:
                return Rehearsed(note=f"not checked: {words}")
            return Rehearsed(fault=f"its pods would be refused: {words}")
        except KubernetesError as error:
            return Rehearsed(note=f"not checked: {error}")
        found = faults(admitted, expected)
        return Rehearsed(fault=f"its pods would not get the identity: {'; '.join(found)}" if found else "")

    def _installed(self) -> bool:
        if self._webhook is None:
            try:
                path = single("MutatingWebhookConfiguration", "", _WEBHOOK)
                self._webhook = self._client.find(path) is not None
            except Forbidden:  # cannot be told; the dry-run pod will show it
                self._webhook = True
        return self._webhook

    def _account(self, namespace: str, name: str) -> Optional[Mapping[str, Any]]:
        key = (namespace, name)
        if key not in self._accounts:
            try:
                self._accounts[key] = self._client.find(single("ServiceAccount", namespace, name))
            except NotFound:
                self._accounts[key] = None
        return self._accounts[key]


def pod(name: str, namespace: str, template: Mapping[str, Any]) -> dict[str, Any]:
    """The pod that a controller would make of a template (pure)."""
    metadata = template.get("metadata") or {}
    kept = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": f"{name[:50]}-", "namespace": namespace, **kept},
        "spec": template.get("spec") or {},
    }

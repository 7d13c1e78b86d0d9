# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the emulated AKS does to real clusters, and what it learns from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lab.azure.messages import Json


@dataclass(frozen=True)
class ControlPlaneName:
    """Which control plane is a managed cluster's own."""

    name: str
    version: str


class Unreachable(Exception):
    """The cluster does not answer (it is stopped or restarting)."""


class ClusterEffects(Protocol):
    """Every method may be called from several threads, and returns when the cluster is as asked.

    Those that read raise ``Unreachable`` while the cluster does not answer.
    """

    def admin_kubeconfig(self, plane: ControlPlaneName) -> str:
        """With rights to everything, of ``az aks get-credentials --admin``."""

    def user_kubeconfig(self, plane: ControlPlaneName) -> str:
        """As ``az aks get-credentials`` gives it."""

    def key_set(self, plane: ControlPlaneName) -> Json:
        """The public keys of its service account tokens (a JSON web key set)."""

    def switch_issuer(self, plane: ControlPlaneName, url: str) -> None:
        """Makes it sign with this issuer; restarts the API server."""

    def install_webhook(self, plane: ControlPlaneName, tenant_id: str) -> None:
        """Installs the webhook of Workload Identity, which names this tenant to pods."""

    def remove_webhook(self, plane: ControlPlaneName) -> None:
        """Removes the webhook of Workload Identity."""

    def install_pod_identity(self, plane: ControlPlaneName, profile: Mapping[str, Any]) -> None:
        """Installs the add-on or brings it in line with the profile (ARM ``podIdentityProfile``)."""

    def remove_pod_identity(self, plane: ControlPlaneName) -> None:
        """Removes the add-on with all that it runs."""

    def start(self, plane: ControlPlaneName) -> None:
        """Lets a stopped cluster answer again."""

    def stop(self, plane: ControlPlaneName) -> None:
        """Makes the cluster unreachable and keeps its objects."""

    def delete(self, plane: ControlPlaneName) -> None:
        """Ends the cluster and forgets its objects."""

    def list(self, plane: ControlPlaneName, path: str) -> list[Json]:
        """Items of a list of the Kubernetes API; none when the kind is not served."""

    def find(self, plane: ControlPlaneName, path: str) -> Json | None:
        """An object of the Kubernetes API, None when it is not there."""

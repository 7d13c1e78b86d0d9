# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Switching a cluster's OIDC issuer and workload identity webhook on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from . import clusters
from .errors import AzureError
from .features import register_provider
from .issuer_plan import Switches, Wanted, body, current, refusal, target
from .session import AzureSession
from .waiting import Waiter

_RACES = 10  # reads anew after somebody else's write; each is a race lost, and so many in a row are none


@dataclass(frozen=True)
class Enabled:
    """How it ended. ``operation``: none, submitted (by this run), running (by somebody else), busy (not sent)."""

    cluster: Mapping[str, Any]  # as last seen
    before: Switches
    after: Switches  # as wanted, in check mode and before the operation has ended, too
    operation: str

    @property
    def changed(self) -> bool:
        return self.operation == "submitted"


class Issuer:
    """One cluster and what is wanted of it."""

    def __init__(
        self, session: AzureSession, resource_group: str, name: str, wanted: Wanted, waiter: Waiter
    ) -> None:
        self._session = session
        self._group = resource_group
        self._name = name
        self._wanted = wanted
        self._waiter = waiter
        self._registered = False

    def plan(self) -> Enabled:
        """What ``ensure`` would do. Raises AzureError where it would be refused."""
        cluster = self._read()
        before, after = current(cluster), target(cluster, self._wanted)
        if before == after:
            return Enabled(cluster, before, after, "running" if clusters.is_busy(cluster) else "none")
        self._check(cluster)
        return Enabled(cluster, before, after, "submitted")

    def ensure(self, wait: bool) -> Enabled:
        """Sends the change unless it is there, and waits until the cluster has settled where ``wait`` is set.

        A cluster that is busy with something else is waited for first; without ``wait`` it is left, and a
        later call sends the change. Raises AzureError.
        """
        cluster = self._read()
        before, after = current(cluster), target(cluster, self._wanted)
        races = 0
        while current(cluster) != after:
            if clusters.is_busy(cluster):
                if not wait:
                    return Enabled(cluster, before, after, "busy")
                cluster = self._later(cluster)
                continue
            self._check(cluster)
            try:
                answer = self._put(cluster)
            except AzureError as error:
                if _is_busy(error):
                    if not wait:
                        return Enabled(cluster, before, after, "busy")
                    cluster = self._later(cluster, "another operation is running")
                    continue
                if not (_is_race(error) or self._was_not_propagated(error)) or races >= _RACES:
                    raise
                races += 1
                cluster = self._later(cluster, "somebody else wrote the cluster")
                continue
            sent = answer.body if isinstance(answer.body, dict) else cluster
            if not wait:
                return Enabled(sent, before, after, "submitted")
            ended = self._settled(sent, answer.headers.get("azure-asyncoperation"))
            return Enabled(ended, before, after, "submitted")
        if not clusters.is_busy(cluster):
            if wait:
                self._raise_if_failed(cluster, None)
            return Enabled(cluster, before, after, "none")
        if not wait:
            return Enabled(cluster, before, after, "running")
        return Enabled(self._settled(cluster, None), before, after, "none")

    def _read(self) -> dict[str, Any]:
        return clusters.get(self._session, self._group, self._name)

    def _check(self, cluster: Mapping[str, Any]) -> None:
        reason = refusal(cluster, self._wanted)
        if reason:
            raise AzureError(f"{reason} Nothing was changed.", resource_id=str(cluster.get("id") or ""))

    def _put(self, cluster: Mapping[str, Any]) -> Any:
        tag = clusters.etag(cluster)
        path = clusters.cluster_id(self._session.subscription_id, self._group, self._name)
        headers = {"If-Match": tag} if tag else {}
        return self._session.put(path, body(cluster, self._wanted), clusters.API_VERSION, headers)

    def _later(self, cluster: Mapping[str, Any], why: str = "") -> dict[str, Any]:
        """Pauses and reads again. Raises AzureError at the time limit."""
        state = clusters.provisioning_state(cluster)
        if self._waiter.expired:
            raise AzureError(
                f"AKS cluster {self._name}: the issuer could not be switched on within {self._waiter.timeout:.0f} s,"
                f" the cluster is still busy (provisioning state {state}). Wait for that operation or end it"
                " (az aks operation-abort), and run again.",
                resource_id=str(cluster.get("id") or ""),
            )
        self._waiter.pause(f"{self._name}: issuer: {why or state}")
        return self._read()

    def _settled(self, cluster: Mapping[str, Any], operation: Optional[str]) -> Mapping[str, Any]:
        while clusters.is_busy(cluster):
            if self._waiter.expired:
                raise AzureError(
                    f"AKS cluster {self._name}: still {clusters.provisioning_state(cluster)} after"
                    f" {self._waiter.timeout:.0f} s. The operation goes on in Azure: run again to wait for it.",
                    resource_id=str(cluster.get("id") or ""),
                    data={"changed": operation is not None},
                )
            self._waiter.pause(f"{self._name}: issuer: {clusters.provisioning_state(cluster)}")
            cluster = self._read()
        self._raise_if_failed(cluster, operation)
        return cluster

    def _raise_if_failed(self, cluster: Mapping[str, Any], operation: Optional[str]) -> None:
        state = clusters.provisioning_state(cluster)
        if state.lower() == "succeeded":
            return
        words = clusters.failure(cluster)
        if operation and not words:
            words = ": ".join(text for text in self._session.operation_error(operation) if text)
        raise AzureError(
            f"AKS cluster {self._name}: its last operation ended as {state}: {words or 'Azure gives no reason'}."
            " Repair the cluster (az aks update without other options reconciles it) and run again.",
            resource_id=str(cluster.get("id") or ""),
            data={"changed": operation is not None},
        )

    def _was_not_propagated(self, error: AzureError) -> bool:
        """A feature that is registered works only after the provider was registered once more: a run that was
        killed in between, or somebody who did not know, leaves it so (AKS issues 2463 and 2587)."""
        if self._registered or error.status != 400 or "is not enabled" not in error.message:
            return False
        self._registered = True
        register_provider(self._session, "Microsoft.ContainerService", self._waiter)
        return True


def _is_busy(error: AzureError) -> bool:
    words = error.message.lower().replace("-", " ")
    return error.status == 409 and error.code != "EtagMismatch" and "in progress" in words


def _is_race(error: AzureError) -> bool:
    """Two wordings of the same: the precondition did not hold, or AKS noticed two writers itself."""
    return error.status == 412 or (error.status == 409 and error.code == "EtagMismatch")

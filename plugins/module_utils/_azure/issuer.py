# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Switching a cluster's OIDC issuer and workload identity webhook on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from . import clusters
from .errors import AzureError
from .features import read, register_provider
from .issuer_plan import Switches, Wanted, body, current, refusal, target
from .session import AzureSession
from .waiting import Waiter

_RACE, _BUSY = "somebody else wrote the cluster", "another operation is running"
_SPREADING = "a preview feature has not reached the provider yet"
_SPREADING_TIME = 900.0  # seconds; guides speak of minutes
_SPREADING_TIME_UNWAITED = (
    60.0  # so that a fleet's operations begin side by side even right after a registration
)
_FEATURE = re.compile(r"feature ([\w.]+)/(\w+) is not enabled", re.IGNORECASE)
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
        self._submitted = False

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
        later call sends the change. Raises AzureError, whose data tell whether the change was sent.
        """
        try:
            return self._ensured(wait)
        except AzureError as error:
            error.data = {**error.data, "changed": self._submitted}
            raise

    def _ensured(self, wait: bool) -> Enabled:
        cluster = self._read()
        before, after = current(cluster), target(cluster, self._wanted)
        operation, url, races = "none", None, 0
        while current(cluster) != target(cluster, self._wanted):
            if clusters.is_busy(cluster):
                if not wait:
                    return Enabled(cluster, before, after, "busy")
                cluster = self._later(cluster)
                continue
            self._check(cluster)
            try:
                answer = self._put(cluster)
            except AzureError as error:
                why = self._obstacle(error)
                if why is None or races >= _RACES:
                    raise _with_remedy(error) from None
                if not wait and not self._passes_soon(why):
                    return Enabled(cluster, before, after, "busy")
                # The answer to a PUT that was accepted may have been lost: then it is met as somebody else's.
                self._submitted = self._submitted or (error.answer_lost and why in (_RACE, _BUSY))
                operation = "submitted" if self._submitted else operation
                races += 1 if why == _RACE else 0
                cluster = self._later(cluster, why)
                continue
            self._submitted = True
            operation, url = "submitted", answer.headers.get("azure-asyncoperation", "")
            cluster = answer.body if isinstance(answer.body, dict) else self._read()
            break
        if not wait:
            running = operation == "none" and clusters.is_busy(cluster)
            return Enabled(cluster, before, after, "running" if running else operation)
        return Enabled(self._settled(cluster, url), before, after, operation)

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
        )

    def _passes_soon(self, why: str) -> bool:
        return why == _RACE or (why == _SPREADING and self._waiter.elapsed < _SPREADING_TIME_UNWAITED)

    def _obstacle(self, error: AzureError) -> Optional[str]:
        """What is in the way for now, in words; None where the refusal is final."""
        words = error.message.lower().replace("-", " ")
        # Two wordings of one race: the precondition did not hold, or AKS noticed two writers itself.
        if error.status == 412 or (error.status == 409 and error.code == "EtagMismatch"):
            return _RACE
        if error.status == 409 and "in progress" in words:
            return _BUSY
        if error.status == 400 and "is not enabled" in words and self._is_spreading(error.message):
            return _SPREADING
        return None

    def _is_spreading(self, message: str) -> bool:
        """Whether the feature that the service misses is registered and has not reached it yet.

        That takes a registration of the provider after the feature's, which a run that was killed in between
        still owes, and some minutes (AKS issues 2463 and 2587).
        """
        named = _FEATURE.search(message)
        if named is None or self._waiter.elapsed > _SPREADING_TIME:
            return False
        namespace, name = named.groups()
        if read(self._session, namespace, name).state.lower() != "registered":
            return False
        if not self._registered:
            self._registered = True
            register_provider(self._session, namespace, None)
        return True


def _with_remedy(error: AzureError) -> AzureError:
    """The refusal with what to do about a feature that is not registered, which the service words too briefly."""
    named = _FEATURE.search(error.message)
    if named is None:
        return error
    return AzureError(
        f"{error} Register {named.group(2)} with the module feature_registration and run again.",
        status=error.status,
        code=error.code,
        message=error.message,
        resource_id=error.resource_id,
    )

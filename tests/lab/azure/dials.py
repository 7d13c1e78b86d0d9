# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of the emulated services that tests turn."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Dials:
    """Durations are emulated seconds (the clock's speed divides them).

    Attributes:
        long_operation: a cluster's update, start or stop, at least.
        feature_registration: Registering to Registered, and Unregistering to Unregistered.
        provider_registration: until a registration of a provider makes its features effective.
        propagation: until a federated credential is known to the token endpoint, and a new identity to it and to
            role assignments.
        propagation_flaps: how often the token endpoint forgets a new credential again after its first success.
        federated_write: how long a write of a federated credential takes; a second one to the same identity
            meanwhile is a conflict.
        page_size: length of a page of clusters, identities, credentials and role assignments.
        conflict: shape of the answer when a cluster is busy: ``operation`` (409 OperationNotAllowed), ``older``
            (the same with the older words) or ``etag`` (409 EtagMismatch without an envelope).
        minimum_version: Kubernetes versions below it cannot have the issuer or workload identity.
        token_lifetime: of access tokens, real seconds.
        federated_limit: federated credentials per identity.
        write_rate: writes per second to one resource of Microsoft.ManagedIdentity; 0: no limit.
        write_burst: how many of them may come at once.
        cluster_write_rate: the same for PUT of managed clusters, per subscription.
        cluster_write_burst: the same.
    """

    long_operation: float = 4.0
    feature_registration: float = 2.0
    provider_registration: float = 1.0
    propagation: float = 1.0
    propagation_flaps: int = 0
    federated_write: float = 0.05
    page_size: int = 50
    conflict: str = "operation"
    minimum_version: str = "1.24"
    token_lifetime: int = 3600
    federated_limit: int = 20
    write_rate: float = 0.0
    write_burst: int = 10
    cluster_write_rate: float = 0.0
    cluster_write_burst: int = 20

    def turned(self, changes: dict[str, Any]) -> Dials:
        """
        Raises:
            ValueError: there is no such dial.
        """
        unknown = changes.keys() - {field.name for field in fields(self)}
        if unknown:
            raise ValueError(f"no such dial: {', '.join(sorted(unknown))}")
        return replace(self, **changes)

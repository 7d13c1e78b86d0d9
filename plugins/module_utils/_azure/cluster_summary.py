# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Clusters for people and roles: small, flat, without credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._migration.records import to_data
from . import clusters
from .session import AzureSession
from .waiting import Waiter


def summaries(
    options: Mapping[str, Any], session: AzureSession, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """The clusters that the options name, by name; waits for busy ones where ``wait`` is set.

    A time limit that runs out is no failure: they are given as they were seen last. A cluster that is named and not
    there gives an empty list. Raises AzureError.
    """
    group, name = options.get("resource_group"), options.get("cluster_name")
    waiter = Waiter(float(options["wait_timeout"]), float(options["poll_interval"]), say)
    while True:
        if name:
            one = clusters.find(session, str(group), str(name))
            found = [one] if one else []
        else:
            found = list(clusters.find_all(session, group))
        busy = [item for item in found if clusters.is_busy(item)]
        if not busy or not options.get("wait") or waiter.expired:
            return [summary(item) for item in sorted(found, key=lambda item: str(item.get("name")).lower())]
        states = ", ".join(f"{item.get('name')}: {clusters.provisioning_state(item)}" for item in busy[:5])
        waiter.pause(states)


def summary(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """One cluster (pure)."""
    properties = cluster.get("properties") or {}
    data: dict[str, Any] = to_data(clusters.facts_of(cluster))
    profile = data.pop("pod_identity_profile", None)
    access = properties.get("apiServerAccessProfile") or {}
    return {
        **data,
        "pod_identity_addon": bool(profile and profile.get("enabled")),
        "etag": str(cluster.get("eTag") or cluster.get("etag") or ""),
        "tags": dict(cluster.get("tags") or {}),
        "fqdn": str(properties.get("fqdn") or properties.get("privateFQDN") or ""),
        "network_plugin": str((properties.get("networkProfile") or {}).get("networkPlugin") or ""),
        "private": bool(access.get("enablePrivateCluster")),
    }

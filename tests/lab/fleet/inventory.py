# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of a lab: dynamic, static, and the options that a team would keep beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from lab.fleet.principals import SUBSCRIPTIONS
from lab.fleet.scenario import Cluster

DYNAMIC = "fleet.aks.yml"
STATIC = "static.yml"
SETTINGS = "ansible.cfg"
# Workloads whose code knows only instance metadata, by name.
LEGACY = "legacy-*"


def write_inventory(folder: Path, clusters: Sequence[Cluster], identity_region: str) -> None:
    """Writes ``fleet.aks.yml``, ``static.yml`` and ``group_vars/aks.yml``, which both use.

    And an empty ``ansible.cfg``, so that the user's own does not decide how the lab's runs go.
    """
    _write(folder / DYNAMIC, {"plugin": "aksops.workload_identity.aks", "subscriptions": list(SUBSCRIPTIONS)})
    _write(folder / STATIC, {"aks": {"hosts": {cluster.name: _host(cluster) for cluster in clusters}}})
    (folder / SETTINGS).write_text("[defaults]\n")
    _write(folder / "group_vars" / "aks.yml", _options(identity_region))


def _host(cluster: Cluster) -> dict[str, str]:
    return {
        "ansible_connection": "local",
        "aks_subscription_id": cluster.subscription_id,
        "aks_resource_group": cluster.resource_group,
        "aks_cluster_name": cluster.name,
    }


def _options(identity_region: str) -> dict[str, Any]:
    return {
        # Where an identity is re-created when its own region has no federated credentials.
        "workload_identity_regions": [identity_region],
        # Code that cannot use a federated token yet goes behind the migration proxy.
        "workload_identity_rules": [{"name": LEGACY, "method": "proxy"}],
        # The lab's time runs faster than Azure's.
        "workload_identity_poll_interval": 1,
        "workload_identity_quiet_time": 2,
        "workload_identity_wait_timeout": 180,
    }


def _write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\n" + yaml.safe_dump(document, sort_keys=False))

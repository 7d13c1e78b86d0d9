# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that cannot be migrated: each names its remedy, is left untouched, and holds up no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from lab.fleet.handle import Fleet
from lab.fleet.manifests import azure_identity_binding, namespace, workload
from lab.fleet.principals import LIMITED_OPERATOR, OPERATOR
from lab.fleet.scenario import SUBSCRIPTION_APPS, TENANT, Cluster
from lab.playbook_run import Run
from lab.requests_sent import Sent

pytestmark = pytest.mark.lab

GROUP = "rg-troubled"


@dataclass(frozen=True)
class Trouble:
    """``words``: all of them stand in the message; ``cluster``: the name that it gives."""

    cluster: str
    words: tuple[str, ...]


TROUBLES = {
    "unknown": Trouble("no-such-aks", ("resource group",)),
    "old": Trouble("old-aks", ("1.23", "1.24", "pgrade")),
    "stopped": Trouble("stopped-aks", ("topped", "az aks start")),
    "failed": Trouble("failed-aks", ("Failed", "az aks update")),
    "busy": Trouble("busy-aks", ("Upgrading",)),
    "wrong-secret": Trouble("plain-aks", ("AADSTS7000215",)),
    "missing-right": Trouble("addon-aks", ("federatedIdentityCredentials/write",)),
    "unreachable": Trouble("helm-aks", ("API server",)),
    "malformed": Trouble(
        "manifests-aks", ("AzureIdentity broken/nonsense", "AzureIdentity broken/principal")
    ),
}


@dataclass(frozen=True)
class Troubled:
    fleet: Fleet
    run: Run
    sent: Sent
    before: Any


def _host(
    cluster: str, group: str, subscription: str = SUBSCRIPTION_APPS, **variables: Any
) -> dict[str, Any]:
    return {
        "ansible_connection": "local",
        "aks_subscription_id": subscription,
        "aks_resource_group": group,
        "aks_cluster_name": cluster,
        **variables,
    }


def _signed_in_as(client_id: str, secret: str) -> dict[str, Any]:
    return {"workload_identity_azure": {"tenant": TENANT, "client_id": client_id, "secret": secret}}


def _seed(fleet: Fleet) -> None:
    """Clusters that are only in Azure: nobody gets as far as their API servers."""
    states = {
        "old-aks": {"version": "1.23.12"},
        "stopped-aks": {"powerState": {"code": "Stopped"}},
        "failed-aks": {"provisioningState": "Failed"},
        "busy-aks": {"provisioningState": "Upgrading"},
    }
    for name, properties in states.items():
        version = str(properties.pop("version", "1.33.2"))
        fleet.controls.add_to_world(
            clusters=[
                {
                    "id": f"/subscriptions/{SUBSCRIPTION_APPS}/resourceGroups/{GROUP}"
                    f"/providers/Microsoft.ContainerService/managedClusters/{name}",
                    "location": "westeurope",
                    "kubernetes_version": version,
                    "node_resource_group": f"MC_{name}",
                    "control_plane": None,
                    "properties": properties,
                }
            ]
        )


def _spoil(fleet: Fleet, cluster: Cluster) -> None:
    """An AzureIdentity with a resource ID that is none, and one of a service principal, each with a user."""
    api = fleet.api(cluster)
    specs = {
        "nonsense": {"type": 0, "resourceID": "userAssignedIdentities/nonsense", "clientID": "none"},
        "principal": {
            "type": 1,
            "tenantID": TENANT,
            "clientID": OPERATOR.client_id,
            "clientPassword": {"name": "principal", "namespace": "broken"},
        },
    }
    api.apply([namespace("broken")])
    for name, spec in specs.items():
        identity = {
            "apiVersion": "aadpodidentity.k8s.io/v1",
            "kind": "AzureIdentity",
            "metadata": {"name": name, "namespace": "broken"},
            "spec": spec,
        }
        binding = azure_identity_binding("broken", f"{name}-binding", name, name)
        user = workload("Deployment", "broken", f"{name}-user", selector=name)
        api.apply([identity, binding, user], field_manager="kubectl")


@pytest.fixture(scope="module")
def troubled(start_fleet: Any) -> Troubled:
    """One run over all of them, and one healthy cluster between them."""
    fleet: Fleet = start_fleet(5)
    by_name = {cluster.name: cluster for cluster in fleet.clusters}
    _seed(fleet)
    _spoil(fleet, by_name["manifests-aks"])
    before = fleet.state()
    fleet.plane(by_name["helm-aks"]).stop()

    def real(name: str, **variables: Any) -> dict[str, Any]:
        cluster = by_name[name]
        return _host(name, cluster.resource_group, cluster.subscription_id, **variables)

    hosts = {
        "healthy": real("helm-aks-2"),
        "nothing": real("plain-aks"),
        "unknown": _host("no-such-aks", GROUP),
        "old": _host("old-aks", GROUP),
        "stopped": _host("stopped-aks", GROUP),
        "failed": _host("failed-aks", GROUP),
        "busy": _host("busy-aks", GROUP, workload_identity_wait_timeout=4),
        "wrong-secret": real("plain-aks", **_signed_in_as(OPERATOR.client_id, "not-the-secret")),
        "missing-right": real(
            "addon-aks", **_signed_in_as(LIMITED_OPERATOR.client_id, LIMITED_OPERATOR.secret)
        ),
        "unreachable": real("helm-aks"),
        "malformed": real("manifests-aks"),
    }
    inventory = fleet.folder.inventory / "troubled.yml"
    inventory.write_text(yaml.safe_dump({"aks": {"hosts": hosts}}))
    with fleet.sent() as sent:
        run = fleet.runner.run("migrate", inventory="troubled.yml")
    fleet.plane(by_name["helm-aks"]).start()
    return Troubled(fleet, run, sent, before)


@pytest.mark.parametrize("host", sorted(TROUBLES))
def test_it_fails_with_an_error_that_names_cluster_and_remedy(troubled: Troubled, host: str) -> None:
    trouble = TROUBLES[host]
    message = troubled.run.failures(host)
    assert host in troubled.run.failed_hosts, troubled.run.output[-4000:]
    for word in (trouble.cluster, *trouble.words):
        assert word in message
    assert "Traceback" not in message


@pytest.mark.parametrize("host", sorted(TROUBLES))
def test_nothing_of_it_was_changed(troubled: Troubled, host: str) -> None:
    name = TROUBLES[host].cluster
    touched = [
        write for write in troubled.sent.azure_writes() if f"/managedclusters/{name}?" in write.lower()
    ]
    assert touched == []
    if name in troubled.before["clusters"]:
        assert troubled.fleet.state()["clusters"][name] == troubled.before["clusters"][name]


def test_the_healthy_cluster_is_migrated_all_the_same(troubled: Troubled) -> None:
    assert "healthy" not in troubled.run.failed_hosts, troubled.run.failures("healthy")
    assert troubled.run.changed["healthy"] > 0
    (states,) = (
        {item["state"] for item in result["workloads"]} for result in troubled.run.results("workloads")
    )
    assert states <= {"switched", "waiting_for_pod"}


def test_a_cluster_without_pod_identity_is_no_error(troubled: Troubled) -> None:
    assert "nothing" not in troubled.run.failed_hosts, troubled.run.failures("nothing")
    assert troubled.run.changed["nothing"] == 0
    assert [result["state"] for result in troubled.run.results("migration_plan", "nothing")] == [
        "nothing_to_migrate"
    ]


def test_the_playbook_as_a_whole_tells_of_the_failures(troubled: Troubled) -> None:
    assert troubled.run.returncode == 2
    assert troubled.run.failed_hosts == set(TROUBLES)

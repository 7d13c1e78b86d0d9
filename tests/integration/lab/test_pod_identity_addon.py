# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AKS add-on for Pod Identity follows the profile, comes back when deleted, leaves without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab.kubernetes.addon_keeper import AddonKeeper
from lab.kubernetes.api_server import ApiServer
from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.pod_identity_addon import (
    addon_documents,
    install_pod_identity_addon,
    remove_pod_identity_addon,
)
from lab.waiting import eventually

pytestmark = pytest.mark.lab

IDENTITIES = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
CUSTOM = "/apis/aadpodidentity.k8s.io/v1"
NMI = "/apis/apps/v1/namespaces/kube-system/daemonsets/nmi"


def entry(name: str, namespace: str, **more: str) -> dict[str, Any]:
    identity = {
        "resourceId": f"{IDENTITIES}/{name}",
        "clientId": f"client-of-{name}",
        "objectId": f"object-{name}",
    }
    return {"name": name, "namespace": namespace, "identity": identity, **more}


PROFILE = {
    "enabled": True,
    "userAssignedIdentities": [entry("shop", "apps"), entry("mail", "apps", bindingSelector="mailer")],
    "userAssignedIdentityExceptions": [
        {"name": "monitor", "namespace": "ops", "podLabels": {"app": "monitor"}}
    ],
}


def specs(api: ApiServer, plural: str) -> dict[str, dict[str, Any]]:
    return {
        f"{one['metadata']['namespace']}/{one['metadata']['name']}": one["spec"]
        for one in api.list(f"{CUSTOM}/{plural}")
    }


@pytest.fixture
def with_addon(newest: ControlPlane) -> Iterator[ControlPlane]:
    install_pod_identity_addon(newest, PROFILE)
    yield newest
    remove_pod_identity_addon(newest)


def test_the_cluster_holds_what_the_profile_says(with_addon: ControlPlane) -> None:
    api = with_addon.api()
    assert specs(api, "azureidentities") == {
        f"apps/{name}": {"type": 0, "resourceID": f"{IDENTITIES}/{name}", "clientID": f"client-of-{name}"}
        for name in ("shop", "mail")
    }
    assert specs(api, "azureidentitybindings") == {
        "apps/shop-binding": {"azureIdentity": "shop", "selector": "shop"},
        "apps/mail-binding": {"azureIdentity": "mail", "selector": "mailer"},
    }
    assert specs(api, "azurepodidentityexceptions") == {
        "kube-system/aks-addon-exception": {"podLabels": {"kubernetes.azure.com/managedby": "aks"}},
        "ops/monitor": {"podLabels": {"app": "monitor"}},
    }
    assert api.get(NMI)["spec"]["template"]["spec"]["containers"][0]["image"].endswith("/nmi:v1.8.18")
    assert api.find(f"{CUSTOM}/azureassignedidentities") is None


def test_nmi_runs_on_every_node(with_addon: ControlPlane) -> None:
    api = with_addon.api()
    eventually(lambda: api.get(NMI)["status"], lambda seen: seen.get("numberReady") == 2)


def test_entries_that_leave_the_profile_leave_the_cluster_and_those_of_users_stay(
    with_addon: ControlPlane,
) -> None:
    api = with_addon.api()
    metadata = {"name": "mine", "namespace": "apps"}
    mine = {"apiVersion": "aadpodidentity.k8s.io/v1", "kind": "AzureIdentity", "metadata": metadata}
    api.apply([{**mine, "spec": {"type": 0}}])
    install_pod_identity_addon(
        with_addon, {"enabled": True, "userAssignedIdentities": [entry("mail", "apps")]}
    )
    assert set(specs(api, "azureidentities")) == {"apps/mail", "apps/mine"}
    assert specs(api, "azureidentitybindings") == {
        "apps/mail-binding": {"azureIdentity": "mail", "selector": "mail"}
    }
    assert set(specs(api, "azurepodidentityexceptions")) == {"kube-system/aks-addon-exception"}


def test_the_keeper_puts_back_what_a_user_deletes_until_it_is_stopped(with_addon: ControlPlane) -> None:
    api = with_addon.api()
    keeper = AddonKeeper(with_addon, lambda: addon_documents(PROFILE), interval=0.2)
    keeper.start()
    try:
        uid = api.get(NMI)["metadata"]["uid"]
        api.delete(NMI)
        eventually(lambda: api.find(NMI), lambda found: found is not None and found["metadata"]["uid"] != uid)
    finally:
        keeper.stop()
    api.delete(NMI)
    with pytest.raises(TimeoutError):
        eventually(lambda: api.find(NMI) is not None, seconds=1.0)


def test_removal_takes_the_definitions_along(newest: ControlPlane) -> None:
    install_pod_identity_addon(newest, PROFILE)
    remove_pod_identity_addon(newest)
    api = newest.api()
    definitions = api.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
    left = [one for one in definitions if "deletionTimestamp" not in one["metadata"]]
    assert left == []
    assert api.find(NMI) is None
    assert api.find("/apis/rbac.authorization.k8s.io/v1/clusterroles/aad-pod-id-nmi-role") is None
    remove_pod_identity_addon(newest)

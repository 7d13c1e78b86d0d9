# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client and the way into a cluster, against a real API server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.kubernetes.scenario import Cluster, service_account

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes import lists
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.access import connect
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    Invalid,
    KubernetesError,
    NotFound,
    Unreachable,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.service_accounts import (
    ensure,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import ObjectRef
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import (
    PlannedServiceAccount,
    unknown,
)
from lab.kubernetes.credentials import grant, user_kubeconfig

pytestmark = pytest.mark.lab

MAPS = "/api/v1/namespaces/{}/configmaps"


@dataclass(frozen=True)
class Kind:
    plural: str
    path: str


def config_map(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}}


def test_lists_are_paged_and_each_object_knows_its_kind(cluster: Cluster, namespace: str) -> None:
    client = cluster.client()
    for number in range(5):
        client.create(MAPS.format(namespace), config_map(f"m{number}"))
    before = client.requests
    found = client._pages(MAPS.format(namespace), {"labelSelector": "!x"}, page=2)
    assert client.requests - before == 3
    names = {item["metadata"]["name"] for item in found}
    assert {f"m{number}" for number in range(5)} <= names
    assert {(item["apiVersion"], item["kind"]) for item in found} == {("v1", "ConfigMap")}


def test_what_the_api_server_refuses_is_an_exception_of_its_own(cluster: Cluster, namespace: str) -> None:
    client, maps = cluster.client(), MAPS.format(namespace)
    made = client.create(maps, config_map("one"))
    with pytest.raises(AlreadyExists):
        client.create(maps, config_map("one"))
    with pytest.raises(NotFound):
        client.get(f"{maps}/two")
    assert client.find(f"{maps}/two") is None
    with pytest.raises(Invalid, match=r"metadata\.name"):
        client.create(maps, config_map("Not Legal"))
    old = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "data": {"a": "2"}}
    client.patch(f"{maps}/one", old)
    with pytest.raises(Conflict):
        client.patch(f"{maps}/one", {**old, "data": {"a": "3"}})


def test_a_change_is_made_anew_when_somebody_else_was_faster(cluster: Cluster, namespace: str) -> None:
    client, maps = cluster.client(), MAPS.format(namespace)
    client.create(maps, config_map("one"))
    seen: list[str] = []

    def wanted(current: dict[str, Any]) -> dict[str, Any]:
        if not seen:
            cluster.api.patch(f"{maps}/one", {"data": {"theirs": "x"}})
        seen.append(current["metadata"]["resourceVersion"])
        return {"data": {"ours": str(len(seen))}}

    assert client.change(f"{maps}/one", wanted)["data"] == {"a": "1", "theirs": "x", "ours": "2"}


def test_a_dry_run_stores_nothing(cluster: Cluster, namespace: str) -> None:
    client, maps = cluster.client(dry_run=True), MAPS.format(namespace)
    assert client.create(maps, config_map("dry"))["metadata"]["name"] == "dry"
    assert client.find(f"{maps}/dry") is None
    cluster.client().create(maps, config_map("wet"))
    assert client.delete(f"{maps}/wet")
    client.patch(f"{maps}/wet", {"data": {"a": "9"}})
    client.apply(f"{maps}/wet", {**config_map("wet"), "data": {"b": "1"}}, force=True)
    assert cluster.api.get(f"{maps}/wet")["data"] == {"a": "1"}


def test_unreadable_kinds_narrow_the_answer_and_are_told(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(user_kubeconfig(cluster.control_plane, user="reader", groups=()))
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]
    grant(cluster.control_plane, "reader", rules)
    client = connect({"kubeconfig": str(kubeconfig)}, None, dry_run=False)
    kinds = [
        Kind("configmaps", "/api/v1/configmaps"),
        Kind("pods", "/api/v1/pods"),
        Kind("foos.example.io", "/apis/example.io/v1/foos"),
    ]
    raw = lists.read(client, kinds)
    assert set(raw.objects) == {"configmaps"}
    told = {item.what: item for item in raw.unreadable}
    assert "Forbidden" in told["pods"].reason
    assert not told["pods"].missing
    with pytest.raises(Forbidden, match="Grant the missing right"):
        client.create(MAPS.format(namespace), config_map("x"))


def test_refused_credentials_stop_the_reading(cluster: Cluster, tmp_path: Path) -> None:
    document = yaml.safe_load(Path(cluster.control_plane.kubeconfig).read_text())
    document["users"][0]["user"] = {"token": "expired"}
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(yaml.safe_dump(document))
    client = connect({"kubeconfig": str(kubeconfig)}, None, dry_run=False)
    with pytest.raises(Forbidden, match="sign in again") as refused:
        lists.read(client, [Kind("pods", "/api/v1/pods")])
    assert "expired" not in str(refused.value).replace("have expired", "")


def test_an_api_server_with_another_certificate_is_not_spoken_to(cluster: Cluster, tmp_path: Path) -> None:
    document = yaml.safe_load(Path(cluster.control_plane.kubeconfig).read_text())
    entry = document["clusters"][0]["cluster"]
    for key in ("certificate-authority", "certificate-authority-data"):
        entry.pop(key, None)
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(yaml.safe_dump(document))
    client = connect({"kubeconfig": str(kubeconfig), "cluster_name": "aks-1"}, None, dry_run=False)
    with pytest.raises(Unreachable, match=r"aks-1: .*certificate"):
        client.get("/version")


def test_accounts_are_annotated_or_created_once(cluster: Cluster, namespace: str) -> None:
    place = f"/api/v1/namespaces/{namespace}"
    old = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": namespace, "name": "old"}}
    cluster.api.apply([{**old, "imagePullSecrets": [{"name": "registry"}]}])
    rbac = "rbac.authorization.k8s.io"
    subjects = [{"kind": "ServiceAccount", "name": "old", "namespace": namespace}]
    reference = {"apiGroup": rbac, "kind": "ClusterRole", "name": "view"}
    meta = {"namespace": namespace, "name": "viewers"}
    kind = {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding"}
    cluster.api.apply([{**kind, "metadata": meta, "subjects": subjects, "roleRef": reference}])
    binding = ObjectRef("RoleBinding", namespace, "viewers", f"{rbac}/v1")
    wanted = [
        PlannedServiceAccount(namespace, "old", "/i", "client", "tenant", create=False),
        PlannedServiceAccount(namespace, "new", "/i", "client", "tenant", True, "old", (binding,)),
    ]
    rehearsed = [item.outcome for item in ensure(cluster.client(dry_run=True), wanted)]
    assert rehearsed == ["annotated", "created"]
    assert cluster.api.find(f"{place}/serviceaccounts/new") is None

    done = ensure(cluster.client(), wanted)
    assert [item.outcome for item in done] == rehearsed
    assert done[1].bindings == (f"RoleBinding {namespace}/viewers",)
    account = cluster.api.get(f"{place}/serviceaccounts/new")
    assert account["imagePullSecrets"] == [{"name": "registry"}]
    assert (
        len(cluster.api.get(f"/apis/{rbac}/v1/namespaces/{namespace}/rolebindings/viewers")["subjects"]) == 2
    )
    assert not any(item.changed for item in ensure(cluster.client(), wanted))


def test_an_unknown_client_id_is_for_check_mode_only(cluster: Cluster, namespace: str) -> None:
    cluster.api.apply([service_account(namespace, "app")])
    later = unknown("client ID of /i")
    wanted = [PlannedServiceAccount(namespace, "app", "/i", later, "tenant", create=False)]
    assert ensure(cluster.client(dry_run=True), wanted)[0].outcome == "annotated"
    with pytest.raises(KubernetesError, match="not known yet"):
        ensure(cluster.client(), wanted)


def test_a_missing_account_or_namespace_is_named(cluster: Cluster, namespace: str) -> None:
    missing = PlannedServiceAccount(namespace, "nobody", "/i", "client", "tenant", create=False)
    with pytest.raises(KubernetesError, match=f"service account {namespace}/nobody does not exist"):
        ensure(cluster.client(), [missing])
    nowhere = PlannedServiceAccount("nowhere", "x", "/i", "client", "tenant", create=True)
    with pytest.raises(KubernetesError, match="namespace nowhere does not exist"):
        ensure(cluster.client(), [nowhere])

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workloads go over, come back, and end the same whatever happens in between: real rollouts, the real
webhook."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest
from integration.kubernetes.scenario import Cluster, TestAccess, cron_job, deployment, service_account

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes import moving, switching
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.errors import (
    KubernetesError,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import ObjectRef
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import PlannedWorkload

pytestmark = pytest.mark.lab

WITH_WORKLOAD_IDENTITY = "lab.aksops.io/behaviour-with-workload-identity"
UNDO = "workload-identity.aksops.io/undo"
HELD = "workload-identity.aksops.io/held"
VERIFIED = "workload-identity.aksops.io/verified"


def options(**changes: Any) -> dict[str, Any]:
    """The module's options with short times; proofs need Entra and have tests of their own."""
    return {
        "state": "workload_identity",
        "plan_path": None,
        "identities": [],
        "workloads": None,
        "until_wave": None,
        "wave": None,
        "prove": False,
        "wait_timeout": 20,
        "quiet_time": 1,
        "poll_interval": 1,
        "force": False,
        "retry_held": False,
        "hold": False,
        "export_path": None,
        **changes,
    }


def entry(namespace: str, name: str, kind: str = "Deployment", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "namespace": namespace, "name": name, "service_account": "app", **more}


def switch(
    cluster: Cluster, workloads: list[dict[str, Any]], *, check_mode: bool = False, **changes: Any
) -> dict[str, Any]:
    access = TestAccess(cluster.client(dry_run=check_mode))
    return _flat(moving.move(options(workloads=workloads, **changes), access, check_mode))


def undo(cluster: Cluster, namespace: str, *, check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    access = TestAccess(cluster.client(dry_run=check_mode))
    patterns = [{"namespace": namespace}]
    return _flat(
        moving.move(options(state="pod_identity", workloads=patterns, **changes), access, check_mode)
    )


def _flat(result: dict[str, Any]) -> dict[str, Any]:
    """As a task's result: the returned data beside changed."""
    return {**result, **result["data"]}


def states(result: dict[str, Any]) -> dict[str, str]:
    return {item["ref"].rsplit("/", 1)[1]: item["state"] for item in result["workloads"]}


def path(namespace: str, name: str, plural: str = "deployments", group: str = "apps/v1") -> str:
    return f"/apis/{group}/namespaces/{namespace}/{plural}/{name}"


def settled(cluster: Cluster, namespace: str, *documents: dict[str, Any]) -> None:
    """Applies workloads and waits until they are up, as they are before any migration."""
    cluster.api.apply([service_account(namespace, "app"), *documents])
    deadline = time.monotonic() + 20
    for document in documents:
        if document["kind"] == "CronJob":
            continue
        where = path(namespace, document["metadata"]["name"], f"{document['kind'].lower()}s")
        while _busy(cluster, where):
            assert time.monotonic() < deadline, f"{where} did not come up"
            time.sleep(0.2)


def _busy(cluster: Cluster, where: str) -> bool:
    from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.rollouts import rollout

    return not rollout(cluster.api.get(where)).done


def test_all_kinds_go_over_and_come_back_as_they_were(cluster: Cluster, namespace: str) -> None:
    documents = [
        deployment(namespace, "web", replicas=2),
        deployment(namespace, "db", kind="StatefulSet"),
        deployment(namespace, "agent", kind="DaemonSet"),
        deployment(namespace, "asleep", replicas=0),
        cron_job(namespace, "nightly"),
    ]
    settled(cluster, namespace, *documents)
    places = {
        "web": path(namespace, "web"),
        "db": path(namespace, "db", "statefulsets"),
        "agent": path(namespace, "agent", "daemonsets"),
        "asleep": path(namespace, "asleep"),
        "nightly": path(namespace, "nightly", "cronjobs", "batch/v1"),
    }
    before = {name: switching.template(cluster.api.get(where)) for name, where in places.items()}
    wanted = [
        entry(namespace, item["metadata"]["name"], item["kind"], wave=index)
        for index, item in enumerate(documents)
    ]

    first = switch(cluster, wanted)
    assert first["changed"]
    assert states(first) == {
        "web": "switched",
        "db": "switched",
        "agent": "switched",
        "asleep": "waiting_for_pod",
        "nightly": "waiting_for_pod",
    }
    for name, where in places.items():
        template = switching.template(cluster.api.get(where))
        assert template["spec"]["serviceAccountName"] == "app", name
        assert template["metadata"]["labels"]["azure.workload.identity/use"] == "true", name
        assert "aadpodidbinding" not in template["metadata"]["labels"], name

    second = switch(cluster, wanted)
    assert not second["changed"]
    assert states(second) == {**states(first), "web": "already", "db": "already", "agent": "already"}

    back = undo(cluster, namespace)
    assert set(states(back).values()) == {"rolled_back"}
    assert {name: switching.template(cluster.api.get(where)) for name, where in places.items()} == before
    assert not undo(cluster, namespace)["changed"]
    for where in places.values():
        left = set(cluster.api.get(where)["metadata"].get("annotations") or {})
        assert not left & {UNDO, HELD, VERIFIED}


def test_a_workload_that_crashes_goes_back_is_held_and_stops_later_waves(
    cluster: Cluster, namespace: str
) -> None:
    broken = deployment(namespace, "broken", annotations={WITH_WORKLOAD_IDENTITY: "crash-loop"})
    settled(cluster, namespace, broken, deployment(namespace, "sound"), deployment(namespace, "later"))
    before = switching.template(cluster.api.get(path(namespace, "broken")))
    wanted = [entry(namespace, "broken"), entry(namespace, "sound"), entry(namespace, "later", wave=1)]

    with pytest.raises(
        KubernetesError, match=r"1 of 3 workloads failed: Deployment .*/broken rolled back"
    ) as failure:
        switch(cluster, wanted, wait_timeout=8)
    assert states(failure.value.data) == {"broken": "rolled_back", "sound": "switched", "later": "blocked"}
    assert failure.value.data["changed"]
    after = cluster.api.get(path(namespace, "broken"))
    assert switching.template(after) == before
    assert HELD in after["metadata"]["annotations"]
    assert UNDO not in after["metadata"]["annotations"]

    again = switch(cluster, wanted)
    assert states(again) == {"broken": "held", "sound": "already", "later": "switched"}

    cluster.api.patch(
        path(namespace, "broken"),
        {"spec": {"template": {"metadata": {"annotations": {WITH_WORKLOAD_IDENTITY: None}}}}},
    )
    deadline = time.monotonic() + 20
    while _busy(cluster, path(namespace, "broken")):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    mended = switch(cluster, wanted)
    assert states(mended)["broken"] == "switched", "a new template ends the hold"
    assert HELD not in cluster.api.get(path(namespace, "broken"))["metadata"]["annotations"]


def test_retry_held_tries_again(cluster: Cluster, namespace: str) -> None:
    settled(cluster, namespace, deployment(namespace, "web"))
    undo_hold = [entry(namespace, "web")]
    switch(cluster, undo_hold)
    undo(cluster, namespace, hold=True)
    assert states(switch(cluster, undo_hold)) == {"web": "held"}
    assert states(switch(cluster, undo_hold, retry_held=True)) == {"web": "switched"}


def test_restarts_in_the_quiet_time_undo_the_switch(cluster: Cluster, namespace: str) -> None:
    restless = deployment(namespace, "restless", annotations={WITH_WORKLOAD_IDENTITY: "restart-after:2s"})
    settled(cluster, namespace, restless)
    with pytest.raises(KubernetesError, match="restart") as failure:
        switch(cluster, [entry(namespace, "restless")], quiet_time=6)
    assert states(failure.value.data) == {"restless": "rolled_back"}


def test_a_pinned_client_id_of_another_identity_is_seen_on_the_live_pod(
    cluster: Cluster, namespace: str
) -> None:
    pinned = deployment(namespace, "pinned", env=[{"name": "AZURE_CLIENT_ID", "value": "somebody-else"}])
    settled(cluster, namespace, pinned)
    with pytest.raises(KubernetesError, match="AZURE_CLIENT_ID of app is somebody-else"):
        switch(cluster, [entry(namespace, "pinned")])


def test_the_proxy_is_put_beside_the_app_where_it_is_asked_for(cluster: Cluster, namespace: str) -> None:
    settled(cluster, namespace, deployment(namespace, "old"))
    assert states(switch(cluster, [entry(namespace, "old", method="proxy")])) == {"old": "switched"}
    (pod,) = [
        item
        for item in cluster.api.list(f"/api/v1/namespaces/{namespace}/pods")
        if not item["metadata"].get("deletionTimestamp")
    ]
    names = {item["name"] for key in ("containers", "initContainers") for item in pod["spec"].get(key, [])}
    assert {"azwi-proxy", "azwi-proxy-init"} <= names


def test_a_killed_run_is_taken_up_a_switch_without_its_mark_is_verified_again(
    cluster: Cluster, namespace: str
) -> None:
    crashing = deployment(namespace, "web", annotations={WITH_WORKLOAD_IDENTITY: "never-ready"})
    settled(cluster, namespace, crashing)
    planned = PlannedWorkload(
        ObjectRef("Deployment", namespace, "web", "apps/v1"), "app", (), "direct", 0, "live"
    )
    # What a run leaves behind that dies right after its patch.
    cluster.client().change(path(namespace, "web"), lambda current: switching.switch_patch(current, planned))

    with pytest.raises(KubernetesError) as failure:
        switch(cluster, [entry(namespace, "web")], wait_timeout=5)
    assert states(failure.value.data) == {"web": "rolled_back"}


def test_a_verified_workload_that_fails_later_is_told_and_not_put_back(
    cluster: Cluster, namespace: str
) -> None:
    settled(cluster, namespace, deployment(namespace, "web"))
    switch(cluster, [entry(namespace, "web")])
    behaviour = {
        "spec": {"template": {"metadata": {"annotations": {"lab.aksops.io/behaviour": "never-ready"}}}}
    }
    cluster.api.patch(path(namespace, "web"), behaviour)
    with pytest.raises(KubernetesError) as failure:
        switch(cluster, [entry(namespace, "web")], wait_timeout=4)
    assert states(failure.value.data) == {"web": "failed"}
    assert UNDO in cluster.api.get(path(namespace, "web"))["metadata"]["annotations"]


def test_an_unhealthy_workload_is_passed_over_unless_forced(cluster: Cluster, namespace: str) -> None:
    sick = deployment(namespace, "sick", annotations={"lab.aksops.io/behaviour": "never-ready"})
    cluster.api.apply([service_account(namespace, "app"), sick])
    result = switch(cluster, [entry(namespace, "sick")])
    assert states(result) == {"sick": "blocked"}
    assert not result["changed"]
    with pytest.raises(KubernetesError) as failure:
        switch(cluster, [entry(namespace, "sick")], force=True, wait_timeout=4)
    assert states(failure.value.data) == {"sick": "rolled_back"}


def test_check_mode_stores_nothing_and_tries_the_pods(cluster: Cluster, namespace: str) -> None:
    wrong = deployment(namespace, "wrong", env=[{"name": "AZURE_CLIENT_ID", "value": "somebody-else"}])
    settled(cluster, namespace, deployment(namespace, "web"), wrong)
    before = [_stable(cluster.api.get(path(namespace, name))) for name in ("web", "wrong")]
    result = switch(cluster, [entry(namespace, "web")], check_mode=True)
    assert result["changed"]
    assert result["workloads"][0]["state"] == "switched"
    assert result["workloads"][0]["detail"] == ""
    with pytest.raises(KubernetesError, match="would not get the identity"):
        switch(cluster, [entry(namespace, "wrong")], check_mode=True)
    assert [_stable(cluster.api.get(path(namespace, name))) for name in ("web", "wrong")] == before


def test_an_undo_tells_what_somebody_changed_and_leaves_it_unless_forced(
    cluster: Cluster, namespace: str
) -> None:
    settled(cluster, namespace, deployment(namespace, "web"))
    switch(cluster, [entry(namespace, "web")])
    cluster.api.apply([service_account(namespace, "other")])
    mine = {"spec": {"template": {"spec": {"serviceAccountName": "other", "serviceAccount": "other"}}}}
    cluster.api.patch(path(namespace, "web"), mine)
    with pytest.raises(KubernetesError, match="changed by somebody since the switch"):
        undo(cluster, namespace)
    assert states(undo(cluster, namespace, force=True)) == {"web": "rolled_back"}
    template = switching.template(cluster.api.get(path(namespace, "web")))
    assert template["spec"]["serviceAccountName"] == "other"
    assert template["metadata"]["labels"]["aadpodidbinding"] == "team"


def test_until_wave_ends_the_run_there(cluster: Cluster, namespace: str) -> None:
    settled(cluster, namespace, deployment(namespace, "canary"), deployment(namespace, "rest"))
    wanted = [entry(namespace, "canary"), entry(namespace, "rest", wave=1)]
    assert states(switch(cluster, wanted, until_wave=0)) == {"canary": "switched", "rest": "blocked"}
    assert states(switch(cluster, wanted, wave=1)) == {"canary": "already", "rest": "switched"}


def _stable(document: dict[str, Any]) -> dict[str, Any]:
    """Without what controllers write at any time."""
    kept = copy.deepcopy(document)
    kept.pop("status", None)
    kept["metadata"].pop("managedFields", None)
    kept["metadata"].pop("resourceVersion", None)
    return kept

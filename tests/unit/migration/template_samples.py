# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workloads and plans for them by the hundred, the same in every run: what a rewriting has to survive."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import ObjectRef
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.kinds import template_path
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import PlannedWorkload

KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "ReplicaSet", "Job")
OLD = "11111111-aaaa-bbbb-cccc-111111111111"
NEW = "22222222-aaaa-bbbb-cccc-222222222222"


def samples(count: int, seed: int = 20261123) -> Iterator[tuple[dict[str, Any], PlannedWorkload]]:
    chance = random.Random(seed)
    for number in range(count):
        kind = chance.choice(KINDS)
        yield _object(chance, kind, number), _planned(chance, kind, number)


def _object(chance: random.Random, kind: str, number: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": kind,
        "metadata": {"name": f"w{number}", "namespace": "team", "resourceVersion": "5"},
    }
    if chance.random() < 0.6:
        body["metadata"]["annotations"] = chance.choice(
            ({}, {"a": "b"}, {"deployment.kubernetes.io/revision": "3"})
        )
    body["spec"] = {"replicas": 2}
    holder: Any = body
    path = template_path(kind)
    for key in path[:-1]:
        holder = holder.setdefault(key, {})
    holder[path[-1]] = _template(chance)
    return body


def _template(chance: random.Random) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if chance.random() < 0.3:
        metadata["creationTimestamp"] = None
    if chance.random() < 0.9:
        metadata["labels"] = chance.choice(({}, {"app": "x"}, {"azure.workload.identity/use": "false"}))
        metadata["labels"] = dict(metadata["labels"])
        if chance.random() < 0.8:
            metadata["labels"]["aadpodidbinding"] = "demo"
    if chance.random() < 0.4:
        metadata["annotations"] = dict(
            chance.choice(({}, {"x": "y"}, {"azure.workload.identity/inject-proxy-sidecar": ""}))
        )
    pod: dict[str, Any] = {"containers": [_container(chance, f"c{n}") for n in range(chance.randint(1, 3))]}
    if chance.random() < 0.3:
        pod["initContainers"] = [_container(chance, "init")]
    account = chance.choice((None, "", "app", "app-wi"))
    if account is not None:
        pod["serviceAccountName"] = account
        if chance.random() < 0.8:
            pod["serviceAccount"] = account
    if chance.random() < 0.4:
        pod["volumes"] = [
            {"name": "tmp", "emptyDir": {}},
            {
                "name": "secrets",
                "csi": {
                    "driver": "secrets-store.csi.k8s.io",
                    "volumeAttributes": {"secretProviderClass": "keys"},
                },
            },
        ]
    template: dict[str, Any] = {"spec": pod}
    if metadata or chance.random() < 0.5:
        template["metadata"] = metadata
    return template


def _container(chance: random.Random, name: str) -> dict[str, Any]:
    container: dict[str, Any] = {"name": name, "image": "x", "resources": {}}
    if chance.random() < 0.7:
        container["env"] = [
            {"name": "AZURE_CLIENT_ID", "value": chance.choice((OLD, OLD.upper(), "other"))},
            {"name": "FROM", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "URL", "value": f"https://x/?client={OLD}"},
        ][: chance.randint(0, 3)]
    if chance.random() < 0.4:
        container["args"] = ["--verbose", f"--identity-client-id={OLD}"]
    return container


def _planned(chance: random.Random, kind: str, number: int) -> PlannedWorkload:
    return PlannedWorkload(
        ref=ObjectRef(kind, "team", f"w{number}", "apps/v1"),
        service_account=chance.choice(("default", "app", "app-wi")),
        identity_ids=("/id",),
        method=chance.choice(("direct", "proxy")),
        wave=0,
        apply="live",
        client_ids=chance.choice((None, {OLD: NEW})),
        keep_label=chance.random() < 0.2,
        dependants=chance.choice((None, {"keys": "keys-wi"})),
        client_id_env=chance.choice((None, NEW)),
    )

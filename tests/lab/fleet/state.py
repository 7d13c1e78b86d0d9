# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole state of a fleet as far as a migration may touch it, without what differs from run to run."""

from __future__ import annotations

import json
import re
from typing import Any

from lab.fleet.administrator import AzureAdministrator
from lab.fleet.scenario import Cluster
from lab.kubernetes.api_server import ApiServer

PREFIX = "workload-identity.aksops.io/"
UNDO = f"{PREFIX}undo"
State = dict[str, Any]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
WORKLOADS = ("deployments", "statefulsets", "daemonsets")


def cluster_state(api: ApiServer, azure: AzureAdministrator, cluster: Cluster) -> State:
    """Workloads, accounts, bindings, custom resources; ARM properties and the identities on the nodes."""
    properties = azure.cluster(cluster)["properties"]
    return {
        "workloads": workloads(api),
        "service_accounts": _objects(api, "/api/v1/serviceaccounts"),
        "role_bindings": _objects(
            api, "/apis/rbac.authorization.k8s.io/v1/rolebindings", "subjects", "roleRef"
        ),
        "pod_identity": _pod_identity(api),
        "oidc_issuer": properties.get("oidcIssuerProfile"),
        "security": properties.get("securityProfile"),
        "pod_identity_profile": properties.get("podIdentityProfile"),
        "scale_set_identities": [identity.lower() for identity in azure.scale_set_identities(cluster)],
    }


def azure_state(azure: AzureAdministrator, subscriptions: tuple[str, ...]) -> State:
    """Identities by resource ID, with their federated credentials and role assignments."""
    state: State = {}
    for subscription in subscriptions:
        for identity in azure.identities(subscription):
            credentials = azure.federated_credentials(identity["id"])
            state[identity["id"].lower()] = {
                "location": identity["location"],
                "credentials": None
                if credentials is None
                else sorted(
                    (item["name"], *(item["properties"][key] for key in ("issuer", "subject")))
                    for item in credentials
                ),
                "roles": sorted(
                    role
                    for scope in subscriptions
                    for role in azure.role_assignments(scope, identity["properties"]["principalId"])
                ),
            }
    return state


def workloads(api: ApiServer) -> State:
    """Pod template, labels and this collection's annotations of each workload, by ``Kind namespace/name``."""
    found: State = {}
    lists = [f"/apis/apps/v1/{plural}" for plural in WORKLOADS] + ["/apis/batch/v1/cronjobs"]
    for path in lists:
        for item in api.list(path):
            metadata, spec = item["metadata"], item["spec"]
            template = (spec["jobTemplate"]["spec"] if item["kind"] == "CronJob" else spec)["template"]
            found[f"{item['kind']} {metadata['namespace']}/{metadata['name']}"] = {
                "template": template,
                "replicas": spec.get("replicas"),
                "annotations": _own(metadata.get("annotations")),
            }
    return found


def templates(api: ApiServer) -> dict[str, str]:
    """Each workload's pod template, as the bytes that the API server gives."""
    return {
        name: json.dumps(workload["template"], sort_keys=False) for name, workload in workloads(api).items()
    }


def _own(annotations: dict[str, str] | None) -> dict[str, str]:
    """The collection's annotations; times in them are the run's, not the state's."""
    return {
        key: _TIME.sub("<time>", value)
        for key, value in sorted((annotations or {}).items())
        if key.startswith(PREFIX)
    }


def _objects(api: ApiServer, path: str, *fields: str) -> State:
    found: State = {}
    for item in api.list(path):
        metadata = item["metadata"]
        if metadata["namespace"].startswith("kube-"):
            continue
        found[f"{metadata['namespace']}/{metadata['name']}"] = {
            "labels": metadata.get("labels"),
            "annotations": metadata.get("annotations"),
            **{key: item.get(key) for key in (*fields, "imagePullSecrets", "automountServiceAccountToken")},
        }
    return found


def _pod_identity(api: ApiServer) -> State:
    found: State = {}
    for plural in ("azureidentities", "azureidentitybindings", "azurepodidentityexceptions"):
        answer = api.find(f"/apis/aadpodidentity.k8s.io/v1/{plural}")
        if answer is not None:
            found[plural] = {
                f"{item['metadata'].get('namespace')}/{item['metadata']['name']}": item.get("spec")
                for item in answer["items"]
            }
    return found


def differences(one: Any, other: Any, where: str = "$") -> list[str]:
    """Paths at which two states differ, with both values; empty when they are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            line
            for key in sorted({*one, *other})
            for line in differences(one.get(key, "<absent>"), other.get(key, "<absent>"), f"{where}.{key}")
        ]
    return [] if one == other else [f"{where}: {one!r} and {other!r}"]

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab's fleet has to hold, so that a migration of it says something."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch

import pytest

from lab.fleet.clusters import fleet
from lab.fleet.inventory import LEGACY
from lab.fleet.manifests import BINDING_LABEL
from lab.fleet.scenario import LOCATION_WITHOUT_FEDERATION, Application, Cluster
from lab.fleet.world import world
from lab.toolchain import pod_identity_sources


@pytest.fixture(scope="module")
def clusters() -> tuple[Cluster, ...]:
    return fleet(5, pod_identity_sources())


def applications(clusters: tuple[Cluster, ...]) -> list[Application]:
    return [application for cluster in clusters[:3] for application in cluster.applications]


def test_pod_identity_is_installed_in_three_ways(clusters: tuple[Cluster, ...]) -> None:
    assert [cluster.installation for cluster in clusters] == ["helm", "manifests", "addon", "none", "helm"]


def test_one_cluster_is_too_old_for_native_sidecars_and_has_an_app_behind_the_proxy(
    clusters: tuple[Cluster, ...],
) -> None:
    old = [cluster for cluster in clusters if int(cluster.version.split(".")[1]) < 32]
    assert old
    assert any(application.asks == "metadata" for application in old[0].applications)


def test_every_kind_of_workload_occurs(clusters: tuple[Cluster, ...]) -> None:
    kinds = {application.kind for application in applications(clusters)}
    assert kinds == {"Deployment", "StatefulSet", "DaemonSet", "CronJob"}
    assert any(application.manifest["spec"].get("replicas") == 0 for application in applications(clusters))


def test_some_apps_run_on_the_default_account_and_some_share_an_identity(
    clusters: tuple[Cluster, ...],
) -> None:
    found = applications(clusters)
    assert any("serviceAccountName" not in application.template["spec"] for application in found)
    shop = [application for application in found if application.identity.name == "id-shop"]
    assert len(shop) == 2


def test_an_identity_lies_where_there_are_no_federated_credentials_and_its_client_id_is_pinned(
    clusters: tuple[Cluster, ...],
) -> None:
    (app,) = (
        application
        for application in clusters[0].applications
        if application.identity.location == LOCATION_WITHOUT_FEDERATION
    )
    env = {item["name"]: item["value"] for item in app.template["spec"]["containers"][0]["env"]}
    assert env["AZURE_CLIENT_ID"] == app.identity.client_id
    assert len(app.identity.grants) == 2


def test_every_binding_label_has_its_binding(clusters: tuple[Cluster, ...]) -> None:
    for cluster in clusters:
        bound = {
            manifest["spec"]["selector"]
            for manifest in cluster.manifests
            if manifest["kind"] == "AzureIdentityBinding"
        } | {entry["bindingSelector"] for entry in cluster.profile}
        used = {
            application.template["metadata"]["labels"][BINDING_LABEL] for application in cluster.applications
        }
        assert used <= bound, cluster.name


def test_the_rule_of_the_inventory_puts_just_the_legacy_apps_behind_the_proxy(
    clusters: tuple[Cluster, ...],
) -> None:
    for application in applications(clusters):
        assert fnmatch(application.name, LEGACY) is (application.asks == "metadata"), application.key


def test_no_placeholder_of_upstreams_manifests_is_left(clusters: tuple[Cluster, ...]) -> None:
    for cluster in clusters:
        text = json.dumps(
            [*cluster.manifests, *(application.manifest for application in cluster.applications)]
        )
        assert not re.search(r"<[^>]+>|RESOURCE_ID|\bCLIENT_ID\b(?!\")|=[A-Z_]{6,}", text), cluster.name


def test_the_world_names_each_resource_once(clusters: tuple[Cluster, ...]) -> None:
    document = world(clusters)
    for kind in ("identities", "scale_sets", "clusters", "subscriptions"):
        ids = [item["id"].lower() for item in document[kind]]
        assert len(ids) == len(set(ids)), kind
    known = {item["principal_id"] for item in document["identities"]} | {
        item["object_id"] for item in document["service_principals"]
    }
    assert {item["principal_id"] for item in document["role_assignments"]} <= known

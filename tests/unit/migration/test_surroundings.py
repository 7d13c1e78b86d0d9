# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of findings on what stands around a workload, where they carry more than a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from unit.migration import cluster_cases

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import discover
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import Finding
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.kinds import KINDS
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.known_software import (
    MAKERS,
    USERS,
)

IDENTITY = {"identities": [{"name": "app"}]}


def findings(case: Mapping[str, Any], code: str) -> list[Finding]:
    whole = {**IDENTITY, **case}
    found = discover(cluster_cases.raw_cluster(whole), cluster_cases.azure_side(whole)).findings
    return [item for item in found if item.code == code]


def test_the_remedy_for_known_software_is_its_own_setting() -> None:
    image = {"spec": {"containers": [{"name": "c", "image": "ghcr.io/kedacore/keda:2.14"}]}}
    short = {"is": "Deployment keda/keda-operator", "label": "app", "account": "keda", "template": image}
    (found,) = findings({"workloads": [short]}, "well-known-software")
    assert "It is KEDA." in found.message
    assert "podIdentity.azureWorkload.enabled" in found.remedy


@pytest.mark.parametrize("software", [*USERS, *MAKERS], ids=lambda item: str(item.name))
def test_every_known_software_says_what_to_change(software: Any) -> None:
    assert software.change.endswith(".")
    assert software.images
    assert all(image == image.lower() and "/" not in image and ":" not in image for image in software.images)


def test_the_password_of_a_proxy_is_in_no_finding() -> None:
    env = {"HTTPS_PROXY": "http://user:hunter2@proxy:3128"}
    case = {"workloads": [{"is": "Deployment default/web", "label": "app", "account": "web", "env": env}]}
    (found,) = findings(case, "proxy-environment")
    assert "HTTPS_PROXY" in found.message
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"automated": {"selfHeal": True}}, "it heals itself"),
        ({"automated": {}}, "it does not heal itself"),
        (None, "it does not heal itself"),
    ],
)
def test_what_argo_cd_does_with_a_live_change_is_told(policy: Any, words: str) -> None:
    tracked = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:default/web"}}
    case = {
        "workloads": [
            {"is": "Deployment default/web", "label": "app", "account": "web", "metadata": tracked},
        ],
        "objects": [
            {
                "kind": "Application",
                "metadata": {"namespace": "argocd", "name": "shop"},
                "spec": {"syncPolicy": policy},
            }
        ],
    }
    (found,) = findings(case, "owned-by-gitops")
    assert words in found.message


def test_an_application_that_nobody_can_read_is_not_judged() -> None:
    tracked = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:default/web"}}
    short = {"is": "Deployment default/web", "label": "app", "account": "web", "metadata": tracked}
    (found,) = findings({"workloads": [short]}, "owned-by-gitops")
    assert found.message.startswith("Owner: Argo CD application shop.")


def test_the_scaled_objects_of_a_trigger_authentication_are_named() -> None:
    case = {
        "objects": [
            {
                "kind": "TriggerAuthentication",
                "metadata": {"namespace": "a", "name": "queue"},
                "spec": {"podIdentity": {"provider": "azure"}},
            },
            *(
                {
                    "kind": "ScaledObject",
                    "metadata": {"namespace": where, "name": "worker"},
                    "spec": {"triggers": [{"authenticationRef": {"name": "queue"}}]},
                }
                for where in ("a", "b")
            ),
        ]
    }
    (found,) = findings(case, "keda-trigger-authentication")
    assert found.message.startswith("Used by ScaledObject a/worker. ")


def test_a_binding_that_nothing_matches_names_who_may_make_its_pods() -> None:
    image = {"spec": {"containers": [{"name": "c", "image": "apache/airflow:2.9"}]}}
    case = {"workloads": [{"is": "StatefulSet air/scheduler", "template": image}]}
    (found,) = findings(case, "binding-without-workload")
    assert "Airflow (StatefulSet air/scheduler)" in found.message


def test_discovery_stays_within_its_requests() -> None:
    pages = (
        7  # more, of the lists that are longer than one page, on a cluster of 500 workloads and 2,000 pods
    )
    assert len(KINDS) + 1 + pages <= 40

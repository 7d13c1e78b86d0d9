# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Helm release put into a cluster, from Helm's own secrets."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.errors import (
    KubernetesError,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.helm_release import objects
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import ObjectRef

MANIFEST = """
---
# Source: aad-pod-identity/templates/mic-deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: aad-pod-identity-mic
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: aad-pod-identity-mic
  namespace: ignored
---
apiVersion: example.io/v1
kind: Unheard
metadata:
  name: x
"""


def secret(version: int, manifest: str, *, packed: bool = True) -> dict[str, Any]:
    text = json.dumps({"name": "r", "manifest": manifest, "hooks": None}).encode()
    inner = base64.b64encode(gzip.compress(text) if packed else text)
    return {
        "type": "helm.sh/release.v1",
        "metadata": {
            "namespace": "kube-system",
            "name": f"r.v{version}",
            "labels": {"version": str(version)},
        },
        "data": {"release": base64.b64encode(inner).decode()},
    }


@pytest.mark.parametrize("packed", [True, False])
def test_the_newest_revision_counts_and_namespaces_are_filled_in(packed: bool) -> None:
    found = objects([secret(2, "{}"), secret(10, MANIFEST, packed=packed), secret(9, "{}")], "kube-system")
    assert found == (
        ObjectRef("Deployment", "kube-system", "aad-pod-identity-mic", "apps/v1"),
        ObjectRef("ClusterRole", "", "aad-pod-identity-mic", "rbac.authorization.k8s.io/v1"),
    )


def test_no_release_has_no_objects() -> None:
    assert objects([], "kube-system") == ()


def test_an_unreadable_release_is_named() -> None:
    broken = secret(1, MANIFEST)
    broken["data"]["release"] = "bm90IGEgcmVsZWFzZQ=="
    with pytest.raises(KubernetesError, match=r"Secret kube-system/r\.v1 holds no readable Helm release"):
        objects([broken], "kube-system")

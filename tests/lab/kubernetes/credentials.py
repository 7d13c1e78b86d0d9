# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfigs as AKS hands them out: complete, with certificates or tokens inside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import yaml

from lab.kubernetes.certificates import Authority
from lab.kubernetes.control_plane import ControlPlane


def admin_kubeconfig(control_plane: ControlPlane) -> str:
    """What ``listClusterAdminCredential`` gives: user ``clusterAdmin_...`` in the group system:masters."""
    return user_kubeconfig(control_plane, "clusterAdmin")


def user_kubeconfig(
    control_plane: ControlPlane, user: str = "clusterUser", groups: Sequence[str] = ("system:masters",)
) -> str:
    """A kubeconfig whose client certificate, signed by the cluster's authority, names user and groups.

    By default what ``listClusterUserCredential`` gives on a cluster without Entra: also a cluster
    administrator. With ``groups=()`` the user may do nothing but what ``grant`` allows.
    """
    pair = Authority(control_plane.directory / "pki").issue(user, groups)
    credential = {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)}
    return _kubeconfig(control_plane, user, credential)


def token_kubeconfig(
    control_plane: ControlPlane, namespace: str, service_account: str, expiration_seconds: int = 3600
) -> str:
    """A kubeconfig with a service account's token for the API server."""
    token = control_plane.api().token(namespace, service_account, expiration_seconds=expiration_seconds)
    return _kubeconfig(control_plane, f"{namespace}-{service_account}", {"token": token})


def grant(
    control_plane: ControlPlane, user: str, rules: Sequence[dict[str, Any]], namespace: str | None = None
) -> None:
    """Lets a user do what the RBAC rules say: in the whole cluster, or in one namespace."""
    name = f"lab-{user}".lower()
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": list(rules),
    }
    binding: dict[str, Any] = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    control_plane.api().apply([role, binding])


def _kubeconfig(control_plane: ControlPlane, user: str, credential: dict[str, str]) -> str:
    name = control_plane.name
    cluster = {"server": control_plane.server, "certificate-authority-data": _base64(control_plane.ca)}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": f"{user}_{name}", "user": credential}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": f"{user}_{name}"}}],
            "current-context": name,
            "preferences": {},
        },
        sort_keys=False,
    )


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfigs as AKS hands them out: complete, with certificates or tokens inside."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Sequence
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.kubernetes.control_plane import ControlPlane

VALIDITY = datetime.timedelta(days=30)


def admin_kubeconfig(control_plane: ControlPlane) -> str:
    """What ``listClusterAdminCredential`` gives: user ``clusterAdmin_...`` in the group system:masters."""
    return user_kubeconfig(control_plane, "clusterAdmin")


def user_kubeconfig(
    control_plane: ControlPlane, user: str = "clusterUser", groups: Sequence[str] = ("system:masters",)
) -> str:
    """A kubeconfig whose client certificate, signed by the cluster's authority, names the user and the groups.

    By default what ``listClusterUserCredential`` gives on a cluster without Entra: also a cluster administrator.
    With ``groups=()`` the user may do nothing but what ``grant`` allows.
    """
    certificate, key = _client_certificate(control_plane, user, groups)
    return _kubeconfig(
        control_plane,
        user,
        {"client-certificate-data": _base64(certificate), "client-key-data": _base64(key)},
    )


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


def _client_certificate(control_plane: ControlPlane, user: str, groups: Sequence[str]) -> tuple[bytes, bytes]:
    authority = x509.load_pem_x509_certificate(control_plane.ca)
    signer = _authority_key(control_plane)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            *(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups),
            x509.NameAttribute(NameOID.COMMON_NAME, user),
        ]
    )
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _authority_key(control_plane: ControlPlane) -> CertificateIssuerPrivateKeyTypes:
    content = (control_plane.directory / "pki" / "ca.key").read_bytes()
    key = serialization.load_pem_private_key(content, password=None)
    if not isinstance(key, CertificateIssuerPrivateKeyTypes):
        raise TypeError(f"the cluster's authority has a key that signs no certificates: {type(key).__name__}")
    return key


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig reduced to one way into one API server."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.errors import (
    KubernetesError,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.kubeconfig import endpoint


def document(user: dict[str, Any], cluster: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://api:443/", **(cluster or {})}}],
        "users": [{"name": "u", "user": user}],
    }


def test_inline_certificates_go_before_files_and_stay_out_of_repr() -> None:
    secret = base64.b64encode(b"-----KEY-----").decode()
    found = endpoint(
        document({"client-certificate-data": secret, "client-key-data": secret, "client-key": "/none"}), "x"
    )
    assert found.server == "https://api:443"
    assert found.key == b"-----KEY-----"
    assert "KEY" not in repr(found)


def test_files_are_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"pem")
    found = endpoint(document({}, {"certificate-authority": "ca.pem"}), "x", folder=str(tmp_path))
    assert found.ca == b"pem"


@pytest.mark.parametrize(
    "user",
    [
        {"auth-provider": {"name": "azure", "config": {"apiserver-id": "server"}}},
        {"exec": {"command": "/usr/bin/kubelogin", "args": ["get-token", "--server-id", "server"]}},
        {"exec": {"command": "kubelogin", "args": ["get-token", "--server-id=server"]}},
    ],
)
def test_entra_clusters_name_their_server_application(user: dict[str, Any]) -> None:
    assert endpoint(document(user), "x").entra_server_id == "server"


def test_other_credential_plugins_are_kept_as_commands() -> None:
    found = endpoint(
        document({"exec": {"command": "aws", "args": ["token"], "env": [{"name": "A", "value": "b"}]}}), "x"
    )
    assert found.exec is not None
    assert (found.exec.command, found.exec.args, found.exec.env) == ("aws", ("token",), (("A", "b"),))
    assert found.entra_server_id is None


@pytest.mark.parametrize(
    ("broken", "context", "words"),
    [
        ([], None, "not a kubeconfig"),
        ({}, None, "no current-context"),
        (document({}), "two", r"no context 'two' \(there are: one\)"),
        ({**document({}), "users": []}, None, "no user 'u'"),
        (document({"client-key-data": "!"}), None, "client-key-data is not base64"),
        (document({"client-key": "/none"}), None, "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(broken: Any, context: str | None, words: str) -> None:
    with pytest.raises(KubernetesError, match=words):
        endpoint(broken, "file", context)

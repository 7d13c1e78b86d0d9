# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Control planes: what they report, and that objects outlive a restart and a change of the issuer."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lab.kubernetes.control_plane import ControlPlane
from lab.kubernetes.credentials import admin_kubeconfig, grant, token_kubeconfig, user_kubeconfig

pytestmark = pytest.mark.lab

AUDIENCE = "api://AzureADTokenExchange"


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    parsed: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return parsed


def kubectl(
    control_plane: ControlPlane, kubeconfig: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    command = [control_plane.tools / "kubectl", "--kubeconfig", kubeconfig, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def authenticated(control_plane: ControlPlane, token: str) -> bool:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    answer = control_plane.api().create("/apis/authentication.k8s.io/v1/tokenreviews", review)
    return bool(answer["status"].get("authenticated", False))


@pytest.mark.parametrize(("fixture", "version"), [("newest", "v1.36.3"), ("older", "v1.31.13")])
def test_reports_its_version(request: pytest.FixtureRequest, fixture: str, version: str) -> None:
    control_plane: ControlPlane = request.getfixturevalue(fixture)
    assert control_plane.api().version()["gitVersion"] == version


def test_an_older_control_plane_lacks_what_came_later(newest: ControlPlane, older: ControlPlane) -> None:
    policies = "/apis/admissionregistration.k8s.io/v1"
    kinds = {
        plane.name: {resource["kind"] for resource in plane.api().get(policies)["resources"]}
        for plane in (newest, older)
    }
    assert "MutatingAdmissionPolicy" in kinds["newest"]
    assert "MutatingAdmissionPolicy" not in kinds["older"]


def test_creating_what_runs_changes_nothing(newest: ControlPlane) -> None:
    before = (newest.server, newest.ca)
    newest.create()
    assert (newest.server, newest.ca) == before


def test_a_new_issuer_signs_new_tokens_and_keeps_objects_and_old_tokens(older: ControlPlane) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app"}}
    uid = older.api().apply([account])[0]["metadata"]["uid"]
    old_token = older.api().token("default", "app")
    keys = older.api().jwks()

    issuer = "https://127.0.0.1:9/tenant/guid/"
    older.set_issuer(issuer)

    api = older.api()
    assert older.issuer() == issuer
    assert api.get("/api/v1/namespaces/default/serviceaccounts/app")["metadata"]["uid"] == uid
    new = claims(api.token("default", "app", AUDIENCE))
    assert (new["iss"], new["aud"], new["sub"]) == (issuer, [AUDIENCE], "system:serviceaccount:default:app")
    assert api.jwks() == keys
    assert authenticated(older, old_token)
    discovery = api.get("/.well-known/openid-configuration")
    assert discovery["issuer"] == issuer
    assert discovery["jwks_uri"] == f"{issuer}openid/v1/jwks"


def test_a_token_can_be_bound_to_a_pod(newest: ControlPlane) -> None:
    api = newest.api()
    pod = api.create(
        "/api/v1/namespaces/default/pods",
        {"metadata": {"name": "bound"}, "spec": {"containers": [{"name": "main", "image": "app"}]}},
    )
    token = api.token("default", "default", AUDIENCE, pod=pod)
    assert claims(token)["kubernetes.io"]["pod"] == {"name": "bound", "uid": pod["metadata"]["uid"]}


def test_a_stopped_control_plane_does_not_answer_and_comes_back_whole(older: ControlPlane) -> None:
    mark = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mark"}, "data": {"kept": "yes"}}
    older.api().apply([mark])
    older.stop()
    assert not older.running()
    older.start()
    assert older.running()
    assert older.api().get("/api/v1/namespaces/default/configmaps/mark")["data"] == {"kept": "yes"}


def test_users_may_do_what_their_credentials_say(newest: ControlPlane, tmp_path: Path) -> None:
    files = {
        "admin": admin_kubeconfig(newest),
        "user": user_kubeconfig(newest),
        "reader": user_kubeconfig(newest, "reader", groups=()),
        "token": token_kubeconfig(newest, "default", "default"),
    }
    paths = {name: tmp_path / name for name in files}
    for name, text in files.items():
        paths[name].write_text(text)
    grant(newest, "reader", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])

    for name in ("admin", "user"):
        assert kubectl(newest, paths[name], "auth", "can-i", "*", "*").stdout.strip() == "yes"
    assert kubectl(newest, paths["reader"], "get", "pods").returncode == 0
    refused = kubectl(newest, paths["reader"], "get", "secrets")
    assert 'User "reader" cannot list resource "secrets"' in refused.stderr
    refused = kubectl(newest, paths["token"], "get", "pods")
    assert 'User "system:serviceaccount:default:default" cannot list' in refused.stderr


def test_the_audit_log_tells_who_did_what(newest: ControlPlane, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "audited"
    kubeconfig.write_text(user_kubeconfig(newest, "audited", groups=()))
    kubectl(newest, kubeconfig, "get", "configmaps")
    events = [json.loads(line) for line in newest.audit_log.read_text().splitlines()]
    mine = [event for event in events if event["user"]["username"] == "audited"]
    asked = {(event["verb"], event["objectRef"]["resource"]) for event in mine if "objectRef" in event}
    assert asked == {("list", "configmaps")}
    assert not any("requestObject" in event for event in events)

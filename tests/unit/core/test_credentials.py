# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way to sign in is taken, and what azure-identity is given for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import azure.identity
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.cloud import PUBLIC, Cloud
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.credentials import SignIn
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.errors import SignInError
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.sign_in import Settings

PRIVATE = Cloud("private", "https://login.private", "https://arm.private", "https://arm.private", known=False)
WHO: dict[str, Any] = {"tenant": "t", "client_id": "c"}
KINDS = (
    "ClientSecretCredential",
    "CertificateCredential",
    "ClientAssertionCredential",
    "UsernamePasswordCredential",
    "AzureCliCredential",
    "ManagedIdentityCredential",
)


class Made:
    """Stands for every kind of credential; keeps what it was made with, and gives a token or refuses."""

    all: list[Made]
    refused: frozenset[str]

    def __init__(self, kind: str, *arguments: Any, **options: Any) -> None:
        self.kind, self.arguments, self.options = kind, arguments, options
        Made.all.append(self)

    def get_token(self, _scope: str) -> AccessToken:
        if self.kind in Made.refused:
            raise ClientAuthenticationError(f"{self.kind} is refused")
        return AccessToken(f"token of {self.kind}", 2000000000)


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    Made.all, Made.refused = [], frozenset()
    for kind in KINDS:

        def make(*arguments: Any, kind: str = kind, **options: Any) -> Made:
            return Made(kind, *arguments, **options)

        monkeypatch.setattr(azure.identity, kind, make)


def token(cloud: Cloud = PUBLIC, **options: Any) -> str:
    return SignIn(Settings.of(options, {}), cloud).token("scope")[0]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({**WHO, "secret": "s"}, "ClientSecretCredential"),
        ({**WHO, "x509_certificate_path": "/c.pem"}, "CertificateCredential"),
        ({**WHO, "federated_token_file": "/token"}, "ClientAssertionCredential"),
        ({"ad_user": "u", "password": "p"}, "UsernamePasswordCredential"),
        ({**WHO, "secret": "s", "federated_token_file": "/token"}, "ClientSecretCredential"),
        ({**WHO, "secret": "s", "auth_source": "cli"}, "AzureCliCredential"),
        ({**WHO, "secret": "s", "auth_source": "msi"}, "ManagedIdentityCredential"),
    ],
)
def test_what_is_given_decides(options: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _program: "/usr/bin/az")
    assert token(**options) == f"token of {kind}"
    assert [made.kind for made in Made.all] == [kind]


def test_a_wrong_secret_does_not_become_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _program: "/usr/bin/az")
    Made.refused = frozenset({"ClientSecretCredential"})
    with pytest.raises(
        SignInError, match="with a client secret as c failed: ClientSecretCredential is refused"
    ):
        token(**WHO, secret="s")
    assert [made.kind for made in Made.all] == ["ClientSecretCredential"]


def test_the_machines_own_sources_are_tried_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _program: "/usr/bin/az")
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://localhost")
    Made.refused = frozenset({"AzureCliCredential"})
    assert token() == "token of ManagedIdentityCredential"


def test_a_managed_identity_is_chosen_by_its_client_id() -> None:
    token(auth_source="msi", client_id="c")
    assert Made.all[0].options == {"client_id": "c"}


def test_the_federated_token_is_read_anew_each_time_and_without_its_line_break(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    token(**WHO, federated_token_file=str(path))
    assertion = Made.all[0].arguments[2]
    assert assertion() == "first"
    path.write_text("second\n")
    assert assertion() == "second"
    path.unlink()
    with pytest.raises(SignInError, match="cannot be read: No such file"):
        assertion()


@pytest.mark.parametrize(("cloud", "disabled"), [(PUBLIC, False), (PRIVATE, True)])
def test_a_private_cloud_is_not_looked_up_at_microsofts_login(cloud: Cloud, disabled: bool) -> None:
    token(cloud, **WHO, secret="s")
    assert Made.all[0].options == {"authority": cloud.authority, "disable_instance_discovery": disabled}


def test_one_credential_serves_all_tokens_until_it_is_forgotten() -> None:
    sign_in = SignIn(Settings.of({**WHO, "secret": "s"}, {}), PUBLIC)
    sign_in.token("one")
    sign_in.token("two")
    assert len(Made.all) == 1
    sign_in.forget()
    sign_in.token("one")
    assert len(Made.all) == 2


def test_a_way_to_sign_in_that_does_not_exist_is_told() -> None:
    with pytest.raises(SignInError, match="none of auto, env, cli, msi"):
        SignIn(Settings(auth_source="magic"), PUBLIC)

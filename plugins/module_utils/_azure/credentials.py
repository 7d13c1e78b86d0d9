# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""One small class for each way to sign in, and the order in which they are tried.

Each says with ``missing`` what it would need and does not have, and makes an azure-identity credential.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .cloud import Cloud
from .errors import SignInError
from .sign_in import SOURCES, Settings

# "Microsoft Azure CLI", a public client that every tenant has: whom users with a password sign in through.
_CLI_APPLICATION = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_METADATA_ADDRESS = ("169.254.169.254", 80)
_METADATA_PATIENCE = 0.5  # seconds; on Azure it answers within milliseconds, elsewhere often never
_HOSTED = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST")


@dataclass(frozen=True)
class Source:
    """A way to sign in. ``missing`` gives the reason why it cannot be tried, or None."""

    name: str
    missing: Callable[[Settings], Optional[str]]
    make: Callable[[Settings, Cloud], Any]


def _needs(*names: str) -> Callable[[Settings], Optional[str]]:
    def missing(settings: Settings) -> Optional[str]:
        absent = [name for name in names if not getattr(settings, name)]
        return f"{' and '.join(absent)} not given" if absent else None

    return missing


def _common(cloud: Cloud) -> dict[str, Any]:
    """Clouds that Microsoft's login service does not list must not be looked up there."""
    return {"authority": cloud.authority, "disable_instance_discovery": not cloud.known}


def _secret(settings: Settings, cloud: Cloud) -> Any:
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(
        str(settings.tenant), str(settings.client_id), str(settings.secret), **_common(cloud)
    )


def _certificate(settings: Settings, cloud: Cloud) -> Any:
    from azure.identity import CertificateCredential

    path = os.path.expanduser(str(settings.x509_certificate_path))
    try:
        return CertificateCredential(
            str(settings.tenant),
            str(settings.client_id),
            path,
            password=settings.certificate_password,
            **_common(cloud),
        )
    except (OSError, ValueError) as error:
        raise SignInError(f"Sign-in with the certificate {path} failed: {error}.") from None


def _federated(settings: Settings, cloud: Cloud) -> Any:
    from azure.identity import ClientAssertionCredential

    path = os.path.expanduser(str(settings.federated_token_file))

    def assertion() -> str:
        # Read each time, since it is rotated; stripped, since Entra refuses a token with a line break.
        try:
            with open(path, encoding="utf-8") as stream:
                return stream.read().strip()
        except OSError as error:
            raise SignInError(f"The federated token file {path} cannot be read: {error.strerror}.") from None

    return ClientAssertionCredential(
        str(settings.tenant), str(settings.client_id), assertion, **_common(cloud)
    )


def _user(settings: Settings, cloud: Cloud) -> Any:
    from azure.identity import UsernamePasswordCredential

    return UsernamePasswordCredential(
        settings.client_id or _CLI_APPLICATION,
        str(settings.ad_user),
        str(settings.password),
        tenant_id=settings.tenant or "organizations",
        **_common(cloud),
    )


def _no_cli(_settings: Settings) -> Optional[str]:
    return None if shutil.which("az") else "the program az was not found"


def _cli(settings: Settings, _cloud: Cloud) -> Any:
    from azure.identity import AzureCliCredential

    return AzureCliCredential(tenant_id=settings.tenant or "")


def _no_metadata(_settings: Settings) -> Optional[str]:
    if any(os.environ.get(name) for name in _HOSTED):
        return None
    try:
        socket.create_connection(_METADATA_ADDRESS, timeout=_METADATA_PATIENCE).close()
    except OSError:
        return "this machine has no instance metadata service"
    return None


def _managed_identity(settings: Settings, _cloud: Cloud) -> Any:
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=settings.client_id)


_GIVEN = (
    Source("a client secret", _needs("tenant", "client_id", "secret"), _secret),
    Source("a certificate", _needs("tenant", "client_id", "x509_certificate_path"), _certificate),
    Source("a federated token", _needs("tenant", "client_id", "federated_token_file"), _federated),
    Source("user and password", _needs("ad_user", "password"), _user),
)
_CLI = Source("the Azure CLI", _no_cli, _cli)
_METADATA = Source("a managed identity", _no_metadata, _managed_identity)
_BY_SOURCE: Mapping[str, tuple[Source, ...]] = {
    "auto": (*_GIVEN, _CLI, _METADATA),
    "env": _GIVEN,
    "cli": (_CLI,),
    "msi": (Source("a managed identity", lambda _settings: None, _managed_identity),),
}


class SignIn:
    """Tokens for one set of settings: from the first source that gives one.

    What the options or the environment name is not passed over when it is refused: a wrong secret must not
    turn into another user. Only the machine's own sources (CLI, managed identity) are tried in turn.
    """

    def __init__(self, settings: Settings, cloud: Cloud) -> None:
        if settings.auth_source not in SOURCES:
            raise SignInError(f"auth_source: {settings.auth_source!r} is none of {', '.join(SOURCES)}.")
        self._settings = settings
        self._cloud = cloud
        self._chosen: Optional[tuple[Source, Any]] = None

    def token(self, scope: str) -> tuple[str, float]:
        """An access token and the time (seconds since the epoch) until which it holds. Raises SignInError."""
        if self._chosen is not None:
            return self._ask(*self._chosen, scope)
        reasons = []
        for source in _BY_SOURCE[self._settings.auth_source]:
            missing = source.missing(self._settings)
            if missing is not None:
                reasons.append(f"{source.name}: {missing}")
                continue
            credential = source.make(self._settings, self._cloud)
            try:
                answer = self._ask(source, credential, scope)
            except SignInError as error:
                if source in _GIVEN:
                    raise
                reasons.append(f"{source.name}: {error}")
                continue
            self._chosen = (source, credential)
            return answer
        raise SignInError(
            f"Nobody to sign in to Azure as. Tried: {'; '.join(reasons)}. Give tenant, client_id and secret (or their"
            " environment variables), or run az login."
        )

    def forget(self) -> None:
        """Makes the next token a new one: a fresh credential has an empty cache."""
        self._chosen = None

    def _ask(self, source: Source, credential: Any, scope: str) -> tuple[str, float]:
        from azure.core.exceptions import AzureError as SdkError

        try:
            token = credential.get_token(scope)
        except SdkError as error:
            who = self._settings.ad_user or self._settings.client_id or ""
            as_whom = f" as {who}" if who and source in _GIVEN else ""
            words = " ".join(str(error).split())[:800].rstrip(".")
            raise SignInError(
                f"Sign-in to {self._cloud.authority} with {source.name}{as_whom} failed: {words}. Check tenant,"
                " client ID and credentials."
            ) from None
        return str(token.token), float(token.expires_on)

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Who signs in: options and environment variables of both families, and one source of tokens after another."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Optional

from .._module import MissingLibrary
from .cloud import Cloud
from .errors import SignInError

# azure.azcollection's names first, those of the Azure SDKs after them. AWX sets some of them to an empty string.
_ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "subscription_id": ("AZURE_SUBSCRIPTION_ID",),
    "tenant": ("AZURE_TENANT", "AZURE_TENANT_ID"),
    "client_id": ("AZURE_CLIENT_ID",),
    "secret": ("AZURE_SECRET", "AZURE_CLIENT_SECRET"),
    "ad_user": ("AZURE_AD_USER", "AZURE_USERNAME"),
    "password": ("AZURE_PASSWORD",),
    "x509_certificate_path": ("AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"),
    "federated_token_file": ("AZURE_FEDERATED_TOKEN_FILE",),
    "cloud_environment": ("AZURE_CLOUD_ENVIRONMENT",),
    "auth_source": ("ANSIBLE_AZURE_AUTH_SOURCE",),
}
# The application of Azure CLI, as azure.azcollection takes it for a user without an application of his own.
_CLI_APPLICATION = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


@dataclass(frozen=True)
class Settings:
    """What was given to sign in with; None is unset."""

    subscription_id: Optional[str] = None
    tenant: Optional[str] = None
    client_id: Optional[str] = None
    secret: Optional[str] = None
    ad_user: Optional[str] = None
    password: Optional[str] = None
    x509_certificate_path: Optional[str] = None
    federated_token_file: Optional[str] = None
    cloud_environment: Optional[str] = None
    auth_source: Optional[str] = None

    def key(self) -> str:
        """The same for the same sign-in; holds no secret."""
        text = "\0".join(
            str(getattr(self, field.name)) for field in fields(self) if field.name != "subscription_id"
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"Settings({self.key()[:8]})"


def settings_of(options: Mapping[str, Any], environment: Optional[Mapping[str, str]] = None) -> Settings:
    """Options before environment variables; empty counts as unset. ``auth_source: env`` passes options over."""
    variables = os.environ if environment is None else environment
    only_environment = options.get("auth_source") == "env"

    def value(name: str) -> Optional[str]:
        given = options.get(name)
        if given and not (
            only_environment and name not in ("subscription_id", "cloud_environment", "auth_source")
        ):
            return str(given)
        return next((variables[variable] for variable in _ENVIRONMENT[name] if variables.get(variable)), None)

    return Settings(**{name: value(name) for name in _ENVIRONMENT})


@dataclass(frozen=True)
class Source:
    """One way to sign in. ``make`` gives an azure-identity credential."""

    name: str
    make: Callable[[], Any]


def sources_of(settings: Settings, cloud: Cloud) -> list[Source]:
    """The sources to try, in this order; what was given decides, and only without anything given the machine is asked.

    Raises SignInError where the settings can lead nowhere.
    """
    try:
        import azure.identity as identity
    except ImportError as error:
        raise MissingLibrary("azure-identity", error) from error
    common: dict[str, Any] = {"authority": cloud.authority}
    if not cloud.known:
        common["disable_instance_discovery"] = True
    chosen = settings.auth_source or "auto"
    given = _given(settings, identity, common)
    cli = Source("Azure CLI", lambda: identity.AzureCliCredential(tenant_id=settings.tenant or ""))
    managed = Source(
        "managed identity",
        lambda: identity.ManagedIdentityCredential(client_id=settings.client_id, connection_timeout=5),
    )
    if chosen == "cli":
        return [cli]
    if chosen == "msi":
        return [managed]
    if given:
        return [given]
    if chosen == "env":
        raise SignInError(
            "auth_source is env, and the environment holds no complete sign-in. Set AZURE_TENANT, AZURE_CLIENT_ID and"
            " AZURE_SECRET (or a certificate, a user, a federated token file)."
        )
    return [cli, managed]


def _given(settings: Settings, identity: Any, common: Mapping[str, Any]) -> Optional[Source]:
    application = bool(settings.client_id and settings.tenant)
    if settings.secret and application:
        return Source(
            "service principal with secret",
            lambda: identity.ClientSecretCredential(
                settings.tenant, settings.client_id, settings.secret, **common
            ),
        )
    if settings.x509_certificate_path and application:
        return Source(
            "service principal with certificate",
            lambda: identity.CertificateCredential(
                settings.tenant, settings.client_id, certificate_path=settings.x509_certificate_path, **common
            ),
        )
    if settings.ad_user and settings.password:
        return Source(
            "user and password",
            lambda: identity.UsernamePasswordCredential(
                settings.client_id or _CLI_APPLICATION,
                settings.ad_user,
                settings.password,
                tenant_id=settings.tenant or "organizations",
                **common,
            ),
        )
    if settings.federated_token_file and application:
        return Source(
            "workload identity",
            lambda: identity.WorkloadIdentityCredential(
                tenant_id=settings.tenant,
                client_id=settings.client_id,
                token_file_path=settings.federated_token_file,
                **common,
            ),
        )
    if settings.secret or settings.x509_certificate_path:
        missing = [name for name in ("tenant", "client_id") if not getattr(settings, name)]
        raise SignInError(
            f"A secret or certificate alone does not sign in: {' and '.join(missing)} is missing."
        )
    return None

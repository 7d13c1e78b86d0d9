# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Who signs in: the options of a module with the environment behind them (pure)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from typing import Any, Optional

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
_CERTIFICATE_PASSWORD = "AZURE_CLIENT_CERTIFICATE_PASSWORD"
# They prove who somebody is, so those of the environment belong to the environment's client ID alone.
# The token of a pod is another matter: any number of identities may trust it.
_PROOFS = ("secret", "x509_certificate_path")
SOURCES = ("auto", "env", "cli", "msi")


@dataclass(frozen=True)
class Settings:
    """All that a sign-in depends on; empty texts are None."""

    subscription_id: Optional[str] = None
    tenant: Optional[str] = None
    client_id: Optional[str] = None
    secret: Optional[str] = field(default=None, repr=False)
    ad_user: Optional[str] = None
    password: Optional[str] = field(default=None, repr=False)
    x509_certificate_path: Optional[str] = None
    federated_token_file: Optional[str] = None
    cloud_environment: Optional[str] = None
    auth_source: str = "auto"
    certificate_password: Optional[str] = field(default=None, repr=False)

    @classmethod
    def of(cls, options: Mapping[str, Any], environ: Optional[Mapping[str, str]] = None) -> Settings:
        environment = os.environ if environ is None else environ
        surroundings = {name: _first(environment, names) for name, names in _ENVIRONMENT.items()}
        given = {name: _text(options.get(name)) for name in _ENVIRONMENT}
        source = given["auth_source"] or surroundings["auth_source"] or "auto"
        if source == "env":
            kept = ("subscription_id", "cloud_environment")
            given = {name: value if name in kept else None for name, value in given.items()}
        foreign = _is_foreign(given["client_id"], surroundings["client_id"])
        by_user = bool(given["ad_user"])
        values = {
            name: given[name] or (None if _withheld(name, foreign, by_user) else surroundings[name])
            for name in _ENVIRONMENT
            if name != "auth_source"
        }
        password = None if foreign else _text(environment.get(_CERTIFICATE_PASSWORD))
        return cls(**values, auth_source=source, certificate_password=password)

    @property
    def names_somebody(self) -> bool:
        """Whether anything but the machine itself says who signs in."""
        proofs = (self.secret, self.x509_certificate_path, self.federated_token_file, self.ad_user)
        return any(proofs) or self.auth_source in ("cli", "msi")

    @property
    def key(self) -> str:
        """The same for the same sign-in, whichever subscription it is used for; gives nothing away."""
        mine = (*astuple(self)[1:], os.environ.get("AZURE_CONFIG_DIR", ""))
        return hashlib.sha256(repr(mine).encode()).hexdigest()


def _is_foreign(given: Optional[str], surrounding: Optional[str]) -> bool:
    return given is not None and (surrounding or "").lower() != given.lower()


def _withheld(name: str, foreign: bool, by_user: bool) -> bool:
    if name in _PROOFS:
        return foreign or by_user
    return by_user and name in ("client_id", "federated_token_file")


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> Optional[str]:
    return next((value for value in (_text(environment.get(name)) for name in names) if value), None)


def _text(value: Any) -> Optional[str]:
    return str(value) if value not in (None, "") else None

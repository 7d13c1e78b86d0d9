# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Which cloud: where Resource Manager and the authority are, and for which audience tokens are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .errors import AzureError

_METADATA_API_VERSION = "2022-09-01"


@dataclass(frozen=True)
class Cloud:
    name: str
    resource_manager: str  # https://management.azure.com
    authority: str  # https://login.microsoftonline.com
    audience: str  # of Resource Manager's tokens
    known: bool = True  # False: found by metadata, so nobody but itself can vouch for its authority

    @property
    def scope(self) -> str:
        return f"{self.audience.rstrip('/')}/.default"


_PUBLIC = Cloud(
    "AzureCloud",
    "https://management.azure.com",
    "https://login.microsoftonline.com",
    "https://management.azure.com",
)
_US_GOVERNMENT = Cloud(
    "AzureUSGovernment",
    "https://management.usgovcloudapi.net",
    "https://login.microsoftonline.us",
    "https://management.usgovcloudapi.net",
)
_CHINA = Cloud(
    "AzureChinaCloud",
    "https://management.chinacloudapi.cn",
    "https://login.chinacloudapi.cn",
    "https://management.chinacloudapi.cn",
)
_KNOWN: Mapping[str, Cloud] = {
    "azurecloud": _PUBLIC,
    "azurepubliccloud": _PUBLIC,
    "azureusgovernment": _US_GOVERNMENT,
    "azureusgovernmentcloud": _US_GOVERNMENT,
    "azurechinacloud": _CHINA,
}
_found: dict[str, Cloud] = {}  # by URL, for this process and the workers that it forks


def cloud_of(name: Optional[str]) -> Cloud:
    """The cloud of a known name, or of the URL of a Resource Manager. Raises AzureError."""
    if not name:
        return _PUBLIC
    known = _KNOWN.get(name.replace("_", "").lower())
    if known:
        return known
    if not name.lower().startswith("https://"):
        raise AzureError(
            f"cloud_environment {name!r} is not known. Give AzureCloud, AzureUSGovernment, AzureChinaCloud or the"
            " https URL of a Resource Manager."
        )
    url = name.rstrip("/")
    if url not in _found:
        _found[url] = _by_metadata(url)
    return _found[url]


def _by_metadata(url: str) -> Cloud:
    import requests

    try:
        answer = requests.get(f"{url}/metadata/endpoints?api-version={_METADATA_API_VERSION}", timeout=30)
        answer.raise_for_status()
        return _cloud(url, answer.json())
    except (requests.RequestException, ValueError, KeyError, IndexError, TypeError) as error:
        raise AzureError(
            f"{url}/metadata/endpoints does not describe a cloud ({type(error).__name__}: {error}). Check"
            " cloud_environment, and REQUESTS_CA_BUNDLE where the cloud has a private CA."
        ) from error


def _cloud(url: str, metadata: Any) -> Cloud:
    # Newer API versions answer with one object, older ones with a list of clouds.
    entry = metadata[0] if isinstance(metadata, list) else metadata
    authentication = entry["authentication"]
    return Cloud(
        str(entry.get("name") or url),
        str(entry.get("resourceManager") or url).rstrip("/"),
        str(authentication["loginEndpoint"]).rstrip("/"),
        str(authentication["audiences"][0]),
        known=False,
    )

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Azure clouds: where to sign in, and where Resource Manager is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .errors import AzureError

_METADATA_API_VERSION = "2022-09-01"


@dataclass(frozen=True)
class Cloud:
    """``audience`` is whom Resource Manager's tokens are for; ``known``: Microsoft's login service lists it."""

    name: str
    authority: str
    resource_manager: str
    audience: str
    known: bool = True

    @property
    def scope(self) -> str:
        return f"{self.audience.rstrip('/')}/.default"


PUBLIC = Cloud(
    "AzureCloud",
    "https://login.microsoftonline.com",
    "https://management.azure.com",
    "https://management.azure.com",
)
GOVERNMENT = Cloud(
    "AzureUSGovernment",
    "https://login.microsoftonline.us",
    "https://management.usgovcloudapi.net",
    "https://management.usgovcloudapi.net",
)
CHINA = Cloud(
    "AzureChinaCloud",
    "https://login.chinacloudapi.cn",
    "https://management.chinacloudapi.cn",
    "https://management.chinacloudapi.cn",
)
# The second name of each is what the Go SDKs, Terraform and AWX call it.
_BY_NAME: Mapping[str, Cloud] = {
    "azurecloud": PUBLIC,
    "azurepublic": PUBLIC,
    "azure_public_cloud": PUBLIC,
    "azurepubliccloud": PUBLIC,
    "azureusgovernment": GOVERNMENT,
    "azure_us_government": GOVERNMENT,
    "azure_us_government_cloud": GOVERNMENT,
    "azurechinacloud": CHINA,
    "azure_china_cloud": CHINA,
}
_described: dict[str, Cloud] = {}  # by URL: asked once in a process, and inherited by workers


def cloud_of(wanted: Optional[str]) -> Cloud:
    """By name, or by the URL of a Resource Manager. Raises AzureError for neither."""
    if not wanted:
        return PUBLIC
    found = _BY_NAME.get(wanted.lower())
    if found is not None:
        return found
    if not wanted.lower().startswith("https://"):
        raise AzureError(
            f"cloud_environment: {wanted!r} is no cloud. Give AzureCloud, AzureUSGovernment, AzureChinaCloud or the"
            " https URL of a Resource Manager."
        )
    url = wanted.rstrip("/")
    if url not in _described:
        _described[url] = _ask(url)
    return _described[url]


def _ask(url: str) -> Cloud:
    import requests

    try:
        answer = requests.get(
            f"{url}/metadata/endpoints", params={"api-version": _METADATA_API_VERSION}, timeout=(10, 30)
        )
        answer.raise_for_status()
        described = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise AzureError(
            f"cloud_environment: {url}/metadata/endpoints does not describe a cloud: {error}. Check the URL, the proxy"
            " settings and REQUESTS_CA_BUNDLE."
        ) from None
    return from_metadata(url, described)


def from_metadata(url: str, described: Any) -> Cloud:
    """A cloud from its own description, which is an object, or a list of them in older API versions (pure)."""
    clouds = described if isinstance(described, list) else [described]
    for cloud in clouds:
        if not isinstance(cloud, dict) or not isinstance(cloud.get("authentication"), dict):
            continue
        manager = str(cloud.get("resourceManager") or url).rstrip("/")
        if len(clouds) > 1 and manager.lower() != url.lower():
            continue
        authentication = cloud["authentication"]
        audiences = authentication.get("audiences") or [manager]
        return Cloud(
            name=str(cloud.get("name") or url),
            authority=str(authentication.get("loginEndpoint") or "").rstrip("/"),
            resource_manager=manager,
            audience=str(audiences[0]).rstrip("/"),
            known=False,
        )
    raise AzureError(f"cloud_environment: what {url}/metadata/endpoints answers describes no cloud.")

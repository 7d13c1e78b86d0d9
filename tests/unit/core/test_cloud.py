# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds by name and by their own description."""

from __future__ import annotations

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.cloud import (
    CHINA,
    GOVERNMENT,
    PUBLIC,
    cloud_of,
    from_metadata,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.errors import AzureError

STACK = {
    "name": "stack",
    "authentication": {"loginEndpoint": "https://login.stack/", "audiences": ["https://manage.stack/guid"]},
    "resourceManager": "https://arm.stack/",
}


@pytest.mark.parametrize(
    ("name", "cloud"),
    [
        (None, PUBLIC),
        ("AzureCloud", PUBLIC),
        ("AZURE_PUBLIC_CLOUD", PUBLIC),
        ("azureusgovernment", GOVERNMENT),
        ("AzureChinaCloud", CHINA),
    ],
)
def test_a_known_cloud_goes_by_name(name: str, cloud: object) -> None:
    assert cloud_of(name) is cloud


@pytest.mark.parametrize("wanted", ["AzureMoonCloud", "http://arm.stack"])
def test_anything_else_than_a_name_or_an_https_url_is_refused(wanted: str) -> None:
    with pytest.raises(AzureError, match="is no cloud"):
        cloud_of(wanted)


def test_a_cloud_describes_itself() -> None:
    cloud = from_metadata("https://arm.stack", STACK)
    assert (cloud.authority, cloud.resource_manager) == ("https://login.stack", "https://arm.stack")
    assert cloud.scope == "https://manage.stack/guid/.default"
    assert not cloud.known


def test_older_api_versions_list_all_clouds_and_the_one_at_the_url_is_chosen() -> None:
    other = {**STACK, "name": "other", "resourceManager": "https://arm.other"}
    assert from_metadata("https://arm.stack", [other, STACK]).name == "stack"


@pytest.mark.parametrize("described", [[], {}, {"authentication": None}, "html"])
def test_what_describes_no_cloud_is_told(described: object) -> None:
    with pytest.raises(AzureError, match="describes no cloud"):
        from_metadata("https://arm.stack", described)

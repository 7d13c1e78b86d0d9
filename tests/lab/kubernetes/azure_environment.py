# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that tells MIC and the webhook about a cloud that is none of the built-in ones."""

from __future__ import annotations

import json
from pathlib import Path

# The name go-autorest looks for in AZURE_ENVIRONMENT (and MIC in azure.json) to read the file.
CLOUD_NAME = "AZURESTACKCLOUD"
_RESOURCES = ("graph", "keyVault", "datalake", "batch", "operationalInsights", "storage")


def write_environment(path: Path, resource_manager: str, authority: str) -> Path:
    """Writes the description of a cloud and returns its path.

    Args:
        path: where to, by convention ``env.json``.
        resource_manager: URL of the Resource Manager, with or without a trailing slash.
        authority: URL of the token service; becomes ``AZURE_AUTHORITY_HOST`` of mutated pods.
    """
    manager, login = (f"{url.rstrip('/')}/" for url in (resource_manager, authority))
    description = {
        "name": CLOUD_NAME,
        "managementPortalURL": manager,
        "resourceManagerEndpoint": manager,
        "serviceManagementEndpoint": manager,
        "tokenAudience": manager,
        "activeDirectoryEndpoint": login,
        "resourceIdentifiers": dict.fromkeys(
            ("graph", "keyVault", "datalake", "batch", "operationalInsights", "storage"), manager
        ),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(description, indent=2) + "\n")
    return path

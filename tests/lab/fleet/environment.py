# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment that points any Azure or Kubernetes client at a lab."""

from __future__ import annotations

import shlex
from pathlib import Path

from lab.fleet.inventory import DYNAMIC
from lab.fleet.principals import OPERATOR, ServicePrincipal
from lab.fleet.scenario import SUBSCRIPTION_APPS, TENANT
from lab.folder import LabFolder


def environment(
    folder: LabFolder, azure_url: str, tools: Path, principal: ServicePrincipal = OPERATOR
) -> dict[str, str]:
    """Variables for a client that signs in as ``principal``, the lab's operator by default."""
    return {
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION_APPS,
        "AZURE_TENANT": TENANT,
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": principal.client_id,
        "AZURE_SECRET": principal.secret,
        "AZURE_CLIENT_SECRET": principal.secret,
        "AZURE_CLOUD_ENVIRONMENT": azure_url,
        "AZURE_AUTHORITY_HOST": azure_url,
        "REQUESTS_CA_BUNDLE": str(folder.ca),
        "SSL_CERT_FILE": str(folder.ca),
        "LAB_DIR": str(folder.root),
        "LAB_INVENTORY": str(folder.inventory / DYNAMIC),
        "LAB_TOOLS": str(tools),
    }


def write_environment_file(path: Path, variables: dict[str, str]) -> None:
    """``export`` lines, readable by the owner only: they hold a secret."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("".join(lines))

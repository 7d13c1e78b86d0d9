# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the collection's playbooks are run against a lab: the command and its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.fleet.environment import environment
from lab.fleet.inventory import DYNAMIC, SETTINGS
from lab.fleet.principals import OPERATOR, ServicePrincipal
from lab.fleet.running import LabDescription
from lab.folder import LabFolder

CHECKOUT = Path(__file__).resolve().parents[2]
COLLECTIONS = CHECKOUT / ".cache" / "collections"
COLLECTION = "aksops.workload_identity"


def playbook_command(
    folder: LabFolder,
    name: str,
    *arguments: str,
    inventory: str = DYNAMIC,
    run_folder: Path | None = None,
    ansible: Path | None = None,
) -> list[str]:
    """``ansible-playbook`` (``ansible``: of another environment) for one of the collection's playbooks, on the
    fleet of a lab."""
    program = ansible or Path(sys.executable).parent / "ansible-playbook"
    run_folder = run_folder or folder.root / "run"
    return [
        str(program),
        "-i",
        str(folder.inventory / inventory),
        f"{COLLECTION}.{name}",
        "-e",
        f"workload_identity_run_dir={run_folder}",
        *arguments,
    ]


def playbook_environment(
    folder: LabFolder,
    description: LabDescription,
    *,
    principal: ServicePrincipal = OPERATOR,
    callback: str = f"{COLLECTION}.fleet",
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The environment for it: signed in as ``principal``, with Ansible's own settings at their defaults."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANSIBLE_", "AZURE_", "ARM_"))
    }
    return {
        **kept,
        **environment(folder, description.azure_url, Path(description.tools), principal),
        "ANSIBLE_CONFIG": str(folder.inventory / SETTINGS),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_STDOUT_CALLBACK": callback,
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
        # Clusters that Ansible works on at once; the machine's cores set the pace anyway.
        "ANSIBLE_FORKS": "8",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **(extra or {}),
    }

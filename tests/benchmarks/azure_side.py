# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Azure side of a migration, by this collection and by the manual procedure with the Azure CLI."""

from __future__ import annotations

import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from subprocess import run

from benchmarks.cost import Cost, cost_of
from benchmarks.emulated_azure import (
    CLIENT_ID,
    SECRET,
    SUBSCRIPTION,
    TENANT,
    EmulatedAzure,
    cluster_name,
    emulated_azure,
)

AZURE_CLI = "azure-cli==2.91.0"
PLAYBOOK = Path(__file__).with_name("azure_side.yml")
_NAMESPACE = ("--namespace", "Microsoft.ContainerService")
_FEATURES_SECONDS = 60.0  # let pass in the emulator, at no cost, until the features are in effect
_GROUP = ("--resource-group", "rg-bench")


def by_collection(folder: Path, clusters: int, forks: int = 10) -> tuple[Cost, int]:
    """Cost of all clusters in one run, and the requests that Azure got."""
    with emulated_azure(folder / f"collection-{clusters}", clusters) as azure:
        inventory = folder / "fleet.aks.yml"
        inventory.write_text(f"plugin: aksops.workload_identity.aks\nsubscriptions: [{SUBSCRIPTION}]\n")
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            "--inventory",
            str(inventory),
            "--forks",
            str(forks),
            str(PLAYBOOK),
        ]
        return cost_of(command, azure.environment, folder), azure.requests()


def by_azure_cli(folder: Path, az: Path, clusters: int) -> tuple[Cost, int]:
    """Cost of the eight calls of the manual procedure, one cluster after the other, and the requests."""
    with emulated_azure(folder / f"cli-{clusters}", clusters) as azure:
        environment = _signed_in(az, azure, folder / "azure-cli")
        before, total = azure.requests(), Cost(0.0, 0.0, 0.0)
        for index in range(clusters):
            for call in _manual_procedure(cluster_name(index), azure):
                total += cost_of([str(az), *call], environment, folder)
                if call[0] in ("feature", "provider"):
                    azure.server.clock.advance(_FEATURES_SECONDS)
        return total, azure.requests() - before


def azure_cli(folder: Path) -> Path:
    """The ``az`` of an environment of its own, which is made on first use."""
    az = folder / "bin" / "az"
    if not az.exists():
        print("Installing the Azure CLI to compare with (once, some minutes) ...", flush=True)
        venv.create(folder, with_pip=True)
        run([folder / "bin" / "pip", "install", "--quiet", AZURE_CLI], check=True)
    return az


def _manual_procedure(cluster: str, azure: EmulatedAzure) -> Sequence[Sequence[str]]:
    # By hand the features are asked for again and again; here once, which favours the Azure CLI.
    issuer = f"{azure.server.url}/{TENANT}/{cluster}/"
    return (
        ("feature", "register", *_NAMESPACE, "--name", "EnableOIDCIssuerPreview"),
        ("feature", "register", *_NAMESPACE, "--name", "EnableWorkloadIdentityPreview"),
        ("feature", "list", *_NAMESPACE),
        ("provider", "register", *_NAMESPACE, "--wait"),
        ("aks", "update", *_GROUP, "--name", cluster, "--enable-oidc-issuer", "--enable-workload-identity"),
        ("aks", "show", *_GROUP, "--name", cluster, "--query", "oidcIssuerProfile.issuerUrl"),
        ("identity", "create", *_GROUP, "--name", f"id-{cluster}", "--location", "westeurope"),
        (
            *("identity", "federated-credential", "create", *_GROUP, "--name", "app"),
            *("--identity-name", f"id-{cluster}", "--issuer", issuer),
            *("--subject", "system:serviceaccount:default:app", "--audiences", "api://AzureADTokenExchange"),
        ),
    )


def _signed_in(az: Path, azure: EmulatedAzure, folder: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "AZURE_CONFIG_DIR": str(folder),
        "REQUESTS_CA_BUNDLE": str(azure.server.ca),
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
    }
    for call in (
        ("config", "set", "core.instance_discovery=false"),
        ("cloud", "register", "--name", "lab", "--endpoint-resource-manager", azure.server.url),
        ("cloud", "set", "--name", "lab"),
        ("login", "--service-principal", "--username", CLIENT_ID, "--password", SECRET, "--tenant", TENANT),
        ("account", "set", "--subscription", SUBSCRIPTION),
    ):
        cost_of([str(az), *call], environment, folder)
    return environment

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small Azure with identities, and the modules that change them, run as Ansible runs them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration import naming
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import (
    PLAN_SCHEMA,
    Plan,
    PlannedCredential,
    PlannedIdentity,
    unknown,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.records import to_data
from ansible_collections.aksops.workload_identity.plugins.module_utils._outcome import outcome
from lab.azure.server import RunningServer

TENANT = "3e5cbf2c-6b0f-4c6d-9d5e-1f6b8a0c7a11"
SUBSCRIPTION = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a1001"
OTHER_SUBSCRIPTION = "7a1d0e54-3a38-4a0e-8f0b-2b6c5f0a1002"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ids"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-1"
AUDIENCE = "api://AzureADTokenExchange"
ISSUER = "https://westeurope.oic.prod-aks.azure.com/3e5cbf2c/aks-1/"
OPERATOR = "57b226e4-ff09-4a1f-a7cf-000000000001"  # object ID
SECRET = "not-a-real-secret"


def identity(name: str) -> str:
    """Resource ID of an identity."""
    return f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"


SHOP, FAR, FULL = identity("id-shop"), identity("id-far"), identity("id-full")
FAR_PRINCIPAL = "57b226e4-ff09-4a1f-a7cf-00000000fa12"


def subject(account: str) -> str:
    return f"system:serviceaccount:shop:{account}"


def standing(name: str, account: str, issuer: str = ISSUER, audience: str = AUDIENCE) -> dict[str, Any]:
    """A federated credential for the emulator's world."""
    return {"name": name, "issuer": issuer, "subject": subject(account), "audiences": [audience]}


def description() -> dict[str, Any]:
    return {
        "tenant_id": TENANT,
        "dials": {"propagation": 0, "federated_write": 0.02},
        "regions_without_federation": ["malaysiasouth"],
        "subscriptions": [{"id": SUBSCRIPTION}, {"id": OTHER_SUBSCRIPTION}],
        "resource_groups": [{"id": GROUP, "location": "westeurope"}],
        "service_principals": [
            {"name": "operator", "client_id": OPERATOR, "object_id": OPERATOR, "secret": SECRET}
        ],
        "role_assignments": [
            {"principal_id": OPERATOR, "role": "Owner", "scope": f"/subscriptions/{SUBSCRIPTION}"},
            {"principal_id": OPERATOR, "role": "Reader", "scope": f"/subscriptions/{OTHER_SUBSCRIPTION}"},
        ],
        "identities": [
            {"id": SHOP, "location": "westeurope", "tags": {"team": "shop"}},
            {"id": FAR, "location": "malaysiasouth", "principal_id": FAR_PRINCIPAL},
            {
                "id": FULL,
                "location": "westeurope",
                "federated_credentials": [standing(f"taken-{n}", f"app-{n}") for n in range(19)],
            },
        ],
    }


def plan_file(
    folder: Path, identities: tuple[PlannedIdentity, ...] = (), accounts: tuple[tuple[str, str], ...] = ()
) -> str:
    """A plan made before the cluster had an issuer. ``accounts``: pairs of identity ID and account."""
    issuer = unknown("issuer URL of aks-1")
    plan = Plan(
        schema=PLAN_SCHEMA,
        cluster_id=CLUSTER,
        cluster_name="aks-1",
        state="ready",
        issuer_url=issuer,
        identities=identities,
        credentials=tuple(
            PlannedCredential(
                identity_id,
                naming.credential(CLUSTER, "aks-1", "shop", account),
                issuer,
                subject(account),
                AUDIENCE,
            )
            for identity_id, account in accounts
        ),
        service_accounts=(),
        workloads=(),
        dependants=(),
        findings=(),
    )
    path = folder / f"{uuid.uuid4()}.plan.json"
    path.write_text(json.dumps(to_data(plan)))
    return str(path)


def recreated(name: str = "id-far-westeurope", source: str = FAR) -> PlannedIdentity:
    """An identity that the plan makes anew in another region."""
    new = identity(name)
    return PlannedIdentity(
        id=new,
        client_id=unknown(f"client ID of {new}"),
        tenant_id=TENANT,
        create=True,
        location="westeurope",
        tags={"created-by": "aksops.workload_identity"},
        mirror_from=source,
    )


@dataclass(frozen=True)
class Estate:
    azure: RunningServer

    def run(self, module: ModuleType, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """The module's result, with its diff; a failure as Ansible shows it."""
        given = {
            "tenant": TENANT,
            "subscription_id": SUBSCRIPTION,
            "client_id": OPERATOR,
            "secret": SECRET,
            "cloud_environment": self.azure.url,
            **options,
        }
        validation = ArgumentSpecValidator(module.SPEC.argument_spec(), **module.SPEC.rules()).validate(given)
        assert not validation.error_messages, validation.error_messages
        return outcome(module.reconcile, validation.validated_parameters, check_mode, True)

    def writes(self) -> list[str]:
        """Method and path of every request so far that was not a read."""
        return [
            f"{item['method']} {urlsplit(item['url']).path}"
            for item in self.azure.exchanges.read()
            if item["method"] not in ("GET", "HEAD") and "/oauth2/" not in item["url"]
        ]

    def credentials(self, identity_id: str) -> dict[str, dict[str, Any]]:
        """Properties by name, as they stand in Azure."""
        found = self.azure.world.identities[identity_id.lower()].credentials.values()
        return {item.body["name"]: item.body["properties"] for item in found}

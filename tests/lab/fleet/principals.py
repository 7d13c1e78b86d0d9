# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may sign in to the emulated Azure, and what each of them may do."""

from __future__ import annotations

from dataclasses import dataclass

from lab.fleet.scenario import SUBSCRIPTION_APPS, SUBSCRIPTION_WEB, RoleGrant, stable_id

SUBSCRIPTIONS = (SUBSCRIPTION_APPS, SUBSCRIPTION_WEB)


@dataclass(frozen=True)
class CustomRole:
    """A custom role definition, assignable in all subscriptions of the lab."""

    name: str
    actions: tuple[str, ...]

    @property
    def id(self) -> str:
        return stable_id("role", self.name)


@dataclass(frozen=True)
class ServicePrincipal:
    name: str
    grants: tuple[RoleGrant, ...] = ()

    @property
    def client_id(self) -> str:
        return stable_id("application", self.name)

    @property
    def object_id(self) -> str:
        return stable_id("service principal", self.name)

    @property
    def secret(self) -> str:
        """A secret that a search for it in any output cannot take for anything else."""
        return f"Lab~{stable_id('secret', self.name).replace('-', '')}.Q"


_READ = (
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Resources/subscriptions/providers/read",
    "Microsoft.Features/features/read",
    "Microsoft.Features/providers/features/read",
    "Microsoft.ContainerService/managedClusters/read",
    "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
    "Microsoft.ContainerService/locations/operations/read",
    "Microsoft.ContainerService/locations/operationresults/read",
    "Microsoft.ManagedIdentity/userAssignedIdentities/read",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
    "Microsoft.Compute/virtualMachineScaleSets/read",
    "Microsoft.Authorization/permissions/read",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleDefinitions/read",
)
_WRITE_WITHOUT_CREDENTIALS = (
    "Microsoft.Features/providers/features/register/action",
    "Microsoft.ContainerService/register/action",
    "Microsoft.ContainerService/managedClusters/write",
    "Microsoft.ManagedIdentity/userAssignedIdentities/write",
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/roleAssignments/delete",
    "Microsoft.Compute/virtualMachineScaleSets/write",
)
_CREDENTIALS = ("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",)

ASSESSOR_ROLE = CustomRole("Workload Identity Assessor", _READ)
MIGRATOR_ROLE = CustomRole("Workload Identity Migrator", (*_READ, *_WRITE_WITHOUT_CREDENTIALS, *_CREDENTIALS))
MIGRATOR_WITHOUT_CREDENTIALS_ROLE = CustomRole(
    "Workload Identity Migrator without federated credentials", (*_READ, *_WRITE_WITHOUT_CREDENTIALS)
)
CUSTOM_ROLES = (ASSESSOR_ROLE, MIGRATOR_ROLE, MIGRATOR_WITHOUT_CREDENTIALS_ROLE)


def _everywhere(role: str) -> tuple[RoleGrant, ...]:
    return tuple(RoleGrant(role, f"/subscriptions/{subscription}") for subscription in SUBSCRIPTIONS)


OPERATOR = ServicePrincipal("operator", _everywhere(MIGRATOR_ROLE.name))
ASSESSOR = ServicePrincipal("assessor", _everywhere(ASSESSOR_ROLE.name))
# Lacks one right that the migration needs on the identities.
LIMITED_OPERATOR = ServicePrincipal("limited-operator", _everywhere(MIGRATOR_WITHOUT_CREDENTIALS_ROLE.name))
# Sets the lab up, and is what the clusters act as: MIC and the add-on sign in as this.
CLUSTERS = ServicePrincipal("clusters", _everywhere("Owner"))
PRINCIPALS = (OPERATOR, ASSESSOR, LIMITED_OPERATOR, CLUSTERS)

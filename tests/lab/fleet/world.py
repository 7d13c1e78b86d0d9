# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the emulated Azure starts with: the fleet's resources, its people, and Azure's pace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.fleet.principals import CUSTOM_ROLES, PRINCIPALS, SUBSCRIPTIONS
from lab.fleet.scenario import (
    LOCATION,
    LOCATION_WITHOUT_FEDERATION,
    SUBSCRIPTION_APPS,
    TENANT,
    Cluster,
    Identity,
    RoleGrant,
)

# Seconds at speed 1: long enough that waits overlap visibly, short enough to watch.
DIALS = {"long_operation": 4, "feature_registration": 2, "provider_registration": 1, "propagation": 1}
POD_IDENTITY_FEATURE = "EnablePodIdentityPreview"


def world(clusters: Sequence[Cluster]) -> dict[str, Any]:
    """The document that ``python -m lab.azure --world`` reads."""
    identities = {identity.id: identity for cluster in clusters for identity in cluster.identities}
    return {
        "tenant_id": TENANT,
        "dials": DIALS,
        "regions_without_federation": [LOCATION_WITHOUT_FEDERATION],
        "subscriptions": [
            {
                "id": subscription,
                "name": "apps" if subscription == SUBSCRIPTION_APPS else "web",
                "features": "required",
                "registered_features": [POD_IDENTITY_FEATURE],
                "providers": {"Microsoft.ContainerService": "Registered"},
            }
            for subscription in SUBSCRIPTIONS
        ],
        "resource_groups": [
            {"id": f"/subscriptions/{SUBSCRIPTION_APPS}/resourceGroups/rg-vaults", "location": LOCATION}
        ],
        "service_principals": [
            {
                "name": principal.name,
                "client_id": principal.client_id,
                "object_id": principal.object_id,
                "secret": principal.secret,
            }
            for principal in PRINCIPALS
        ],
        "role_definitions": [
            {"id": role.id, "name": role.name, "actions": list(role.actions)} for role in CUSTOM_ROLES
        ],
        "role_assignments": [
            *(
                _assignment(principal.object_id, grant)
                for principal in PRINCIPALS
                for grant in principal.grants
            ),
            *(
                _assignment(identity.principal_id, grant)
                for identity in identities.values()
                for grant in identity.grants
            ),
        ],
        "identities": [_identity(identity) for identity in identities.values()],
        "scale_sets": [
            {"id": cluster.scale_set_id, "location": cluster.location, "identities": []}
            for cluster in clusters
        ],
        "clusters": [_cluster(cluster) for cluster in clusters],
    }


def _assignment(principal_id: str, grant: RoleGrant) -> dict[str, str]:
    return {"principal_id": principal_id, "role": grant.role, "scope": grant.scope}


def _identity(identity: Identity) -> dict[str, Any]:
    return {
        "id": identity.id,
        "location": identity.location,
        "client_id": identity.client_id,
        "principal_id": identity.principal_id,
    }


def _cluster(cluster: Cluster) -> dict[str, Any]:
    return {
        "id": cluster.id,
        "location": cluster.location,
        "kubernetes_version": cluster.version,
        "node_resource_group": cluster.node_resource_group,
        "scale_sets": [cluster.scale_set_id],
        "control_plane": {"name": cluster.name, "version": cluster.version},
        "tags": {"environment": "lab"},
    }

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud itself, tenants, subscriptions and resource groups."""

from __future__ import annotations

from lab.azure.authorization import has_any_role_in
from lab.azure.azure import Azure
from lab.azure.ids import key
from lab.azure.messages import Json, Request, Response
from lab.azure.paging import page
from lab.azure.routing import Routes
from lab.azure.world import Principal, Subscription, below

routes = Routes()
_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"


@routes.on("GET", "/metadata/endpoints")
def endpoints(azure: Azure, request: Request) -> Response:
    """Where the services of this cloud are: what a client needs to know of a cloud that it does not know."""
    base = azure.url
    if request.query.get("api-version", "") < "2019-05-01":
        return Response(
            body={
                "galleryEndpoint": base,
                "graphEndpoint": base,
                "portalEndpoint": base,
                "authentication": {"loginEndpoint": base, "audiences": [base, f"{base}/"]},
            }
        )
    return Response(
        body={
            "name": "Lab",
            "portal": base,
            "authentication": {
                "loginEndpoint": base,
                "audiences": [base, f"{base}/"],
                "tenant": azure.world.tenant_id,
                "identityProvider": "AAD",
            },
            "media": base,
            "graphAudience": base,
            "graph": base,
            "suffixes": {
                "storage": "core.lab.invalid",
                "keyVaultDns": "vault.lab.invalid",
                "acrLoginServer": "acr.lab.invalid",
                "sqlServerHostname": "database.lab.invalid",
                "mhsmDns": "managedhsm.lab.invalid",
                "mysqlServerEndpoint": "mysql.lab.invalid",
                "postgresqlServerEndpoint": "postgres.lab.invalid",
                "mariadbServerEndpoint": "mariadb.lab.invalid",
                "synapseAnalytics": "synapse.lab.invalid",
            },
            "batch": base,
            "resourceManager": f"{base}/",
            "vmImageAliasDoc": f"{base}/vm-image-aliases",
            "sqlManagement": base,
            "microsoftGraphResourceId": base,
            "appInsightsResourceId": base,
            "appInsightsTelemetryChannelResourceId": base,
            "activeDirectoryDataLake": base,
            "gallery": base,
            "attestationResourceId": base,
            "synapseAnalyticsResourceId": base,
            "logAnalyticsResourceId": base,
            "ossrDbmsResourceId": base,
        }
    )


@routes.on("GET", "/tenants", "", plain=True)
def tenants(azure: Azure, request: Request, principal: Principal) -> Response:
    tenant = azure.world.tenant_id
    return Response(
        body={
            "value": [
                {
                    "id": f"/tenants/{tenant}",
                    "tenantId": tenant,
                    "countryCode": "NL",
                    "displayName": "Lab",
                    "defaultDomain": "lab.onmicrosoft.invalid",
                    "tenantType": "AAD",
                    "tenantCategory": "Home",
                }
            ]
        }
    )


@routes.on("GET", "/subscriptions", "", plain=True)
def subscriptions(azure: Azure, request: Request, principal: Principal) -> Response:
    """Those in which the caller has any role."""
    seen = [
        _body(subscription)
        for subscription in (azure.world.subscriptions[key] for key in sorted(azure.world.subscriptions))
        if has_any_role_in(azure.world, principal, f"/subscriptions/{subscription.id}")
    ]
    answer = page(azure, request, seen)
    assert isinstance(answer.body, dict)
    return Response(body={**answer.body, "count": {"type": "Total", "value": len(seen)}})


@routes.on("GET", "/subscriptions/{subscription}", "Microsoft.Resources/subscriptions/read")
def subscription(azure: Azure, request: Request, principal: Principal, subscription: str) -> Response:
    return Response(body=_body(azure.world.subscriptions[subscription.lower()]))


def _body(subscription: Subscription) -> Json:
    return {
        "id": f"/subscriptions/{subscription.id}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant_id,
        "displayName": subscription.name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Internal_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
    }


@routes.on("GET", "/subscriptions/{subscription}/resourceGroups", f"{_GROUPS}/read")
def groups(azure: Azure, request: Request, principal: Principal, subscription: str) -> Response:
    return page(azure, request, list(below(azure.world.resource_groups, f"/subscriptions/{subscription}")))


@routes.on("GET", "/subscriptions/{subscription}/resourceGroups/{group}", f"{_GROUPS}/read")
def group(azure: Azure, request: Request, principal: Principal, subscription: str, group: str) -> Response:
    return Response(body=azure.world.resource_groups[key(request.path)])


@routes.on("PUT", "/subscriptions/{subscription}/resourceGroups/{name}", f"{_GROUPS}/write")
def put_group(azure: Azure, request: Request, principal: Principal, subscription: str, name: str) -> Response:
    given = request.json()
    path = f"/subscriptions/{subscription}/resourceGroups/{name}"
    created = key(path) not in azure.world.resource_groups
    body = azure.world.ensure_group(path, str(given.get("location", "")))
    body["tags"] = dict(given.get("tags") or body["tags"])
    return Response(201 if created else 200, body)

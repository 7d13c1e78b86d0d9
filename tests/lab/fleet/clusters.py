# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which clusters the lab has. The first three have Pod Identity, each installed in another way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.fleet.manifests import (
    azure_identity,
    azure_identity_binding,
    namespace,
    profile_entry,
    service_account,
    workload,
)
from lab.fleet.scenario import (
    LOCATION_WITHOUT_FEDERATION,
    SUBSCRIPTION_APPS,
    SUBSCRIPTION_WEB,
    Application,
    Cluster,
    Identity,
    RoleGrant,
)
from lab.fleet.upstream import demo, java_blob, placed, rest_api

VERSION = "1.36.3"
# Below 1.32 the webhook injects the proxy as a plain container and not as a native sidecar.
VERSION_BEFORE_NATIVE_SIDECARS = "1.31.13"
READER = "Reader"
BLOB_READER = "Storage Blob Data Reader"
SECRETS_USER = "Key Vault Secrets User"


def fleet(count: int, sources: Path) -> tuple[Cluster, ...]:
    """``count`` clusters: helm-aks, manifests-aks, addon-aks, plain-aks, helm-aks-2, manifests-aks-2, ..."""
    makers = (_helm, _manifests, _addon, _plain)
    clusters = []
    for index in range(count):
        round_, maker = divmod(index, len(makers))
        clusters.append(makers[maker](f"-{round_ + 1}" if round_ else "", sources))
    return tuple(clusters)


def telemetry_identity() -> Identity:
    """One identity for the whole fleet: each cluster adds a federated credential to it."""
    return _identity("id-telemetry", SUBSCRIPTION_APPS, "rg-shared", BLOB_READER)


def _identity(
    name: str, subscription: str, group: str, *roles: str, location: str = "westeurope"
) -> Identity:
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return Identity(name, subscription, group, location, tuple(RoleGrant(role, scope) for role in roles))


def _application(identity: Identity, manifest: dict[str, Any], asks: Any = "sdk") -> Application:
    metadata = manifest["metadata"]
    return Application(manifest["kind"], metadata["namespace"], metadata["name"], identity, manifest, asks)


def _telemetry() -> tuple[list[dict[str, Any]], Application]:
    accompanying = [namespace("telemetry"), service_account("telemetry", "collector")]
    collector = workload(
        "DaemonSet", "telemetry", "collector", selector="telemetry", service_account="collector"
    )
    return accompanying, _application(telemetry_identity(), collector)


def _bound(namespace: str, name: str, identity: Identity) -> list[dict[str, Any]]:
    return [
        azure_identity(namespace, name, identity),
        azure_identity_binding(namespace, f"{name}-binding", name, name),
    ]


def _helm(suffix: str, sources: Path) -> Cluster:
    subscription, group = SUBSCRIPTION_APPS, f"rg-helm{suffix}"
    vaults = f"/subscriptions/{subscription}/resourceGroups/rg-vaults"
    demo_id = _identity("id-demo", subscription, group, READER)
    blob_id = Identity(
        "id-blob",
        subscription,
        group,
        LOCATION_WITHOUT_FEDERATION,
        (
            RoleGrant(BLOB_READER, f"/subscriptions/{subscription}/resourceGroups/{group}"),
            RoleGrant(SECRETS_USER, vaults),
        ),
    )
    shop_id = _identity("id-shop", subscription, group, BLOB_READER)
    reports_id = _identity("id-reports", subscription, group, READER)
    demo_identity, demo_binding, demo_deployment = demo(sources, demo_id)
    blob_identity, blob_binding, blob_deployment, blob_service = java_blob(sources, blob_id)
    telemetry, collector = _telemetry()
    return Cluster(
        name=f"helm-aks{suffix}",
        subscription_id=subscription,
        resource_group=group,
        installation="helm",
        version=VERSION,
        identities=(demo_id, blob_id, shop_id, reports_id, telemetry_identity()),
        applications=(
            _application(demo_id, demo_deployment),
            _application(blob_id, blob_deployment),
            _application(
                shop_id,
                workload(
                    "StatefulSet", "shop", "orders", selector="shop", service_account="orders", replicas=2
                ),
            ),
            _application(
                shop_id,
                workload(
                    "Deployment", "shop", "checkout", selector="shop", service_account="checkout", replicas=2
                ),
            ),
            _application(
                reports_id,
                workload("CronJob", "shop", "reports", selector="reports", service_account="reports"),
            ),
            collector,
        ),
        manifests=(
            placed(demo_identity, "default"),
            placed(demo_binding, "default"),
            namespace("blob"),
            blob_identity,
            blob_binding,
            blob_service,
            namespace("shop"),
            service_account("shop", "orders", imagePullSecrets=[{"name": "registry"}]),
            service_account("shop", "checkout"),
            service_account("shop", "reports"),
            *_bound("shop", "shop", shop_id),
            *_bound("shop", "reports", reports_id),
            # Uses no identity and shares no account with those that do.
            workload("Deployment", "shop", "storefront", selector=None),
            *telemetry,
            *_bound("telemetry", "telemetry", telemetry_identity()),
        ),
    )


def _manifests(suffix: str, sources: Path) -> Cluster:
    subscription, group = SUBSCRIPTION_APPS, f"rg-manifests{suffix}"
    client_id = _identity("client-principal", subscription, group, READER)
    finance_id = _identity("id-finance", subscription, group, BLOB_READER)
    client_identity, client_binding, services, client = rest_api(sources, client_id)
    telemetry, collector = _telemetry()
    return Cluster(
        name=f"manifests-aks{suffix}",
        subscription_id=subscription,
        resource_group=group,
        installation="manifests",
        version=VERSION_BEFORE_NATIVE_SIDECARS,
        identities=(client_id, finance_id, telemetry_identity()),
        applications=(
            _application(client_id, placed(client, "rest-api")),
            _application(
                finance_id,
                workload(
                    "Deployment", "finance", "legacy-ledger", selector="finance", service_account="ledger"
                ),
                asks="metadata",
            ),
            _application(
                finance_id,
                workload(
                    "Deployment",
                    "finance",
                    "batch-import",
                    selector="finance",
                    service_account="import",
                    replicas=0,
                ),
            ),
            collector,
        ),
        manifests=(
            namespace("rest-api"),
            placed(client_identity, "rest-api"),
            placed(client_binding, "rest-api"),
            *(placed(service, "rest-api") for service in services),
            namespace("finance"),
            service_account("finance", "ledger", automountServiceAccountToken=False),
            service_account("finance", "import"),
            *_bound("finance", "finance", finance_id),
            *telemetry,
            *_bound("telemetry", "telemetry", telemetry_identity()),
        ),
    )


def _addon(suffix: str, sources: Path) -> Cluster:
    subscription, group = SUBSCRIPTION_WEB, f"rg-addon{suffix}"
    demo_id = _identity("id-demo-web", subscription, group, READER)
    web_id = _identity("id-web", subscription, group, BLOB_READER)
    demo_deployment = demo(sources, demo_id)[2]
    telemetry, collector = _telemetry()
    return Cluster(
        name=f"addon-aks{suffix}",
        subscription_id=subscription,
        resource_group=group,
        installation="addon",
        version=VERSION,
        identities=(demo_id, web_id, telemetry_identity()),
        applications=(
            _application(demo_id, placed(demo_deployment, "demo")),
            _application(
                web_id,
                workload("Deployment", "web", "api", selector="web", service_account="api", replicas=2),
            ),
            _application(
                web_id, workload("StatefulSet", "web", "worker", selector="web", service_account="worker")
            ),
            _application(
                web_id,
                workload("Deployment", "web", "legacy-mailer", selector="web", service_account="mailer"),
                asks="metadata",
            ),
            _application(
                web_id, workload("CronJob", "web", "nightly", selector="web", service_account="worker")
            ),
            collector,
        ),
        manifests=(
            namespace("demo"),
            namespace("web"),
            service_account("web", "api"),
            service_account("web", "worker"),
            service_account("web", "mailer"),
            *telemetry,
        ),
        profile=(
            profile_entry("demo", "demo", demo_id, "demo"),
            profile_entry("web", "web", web_id, "web"),
            profile_entry("telemetry", "telemetry", telemetry_identity(), "telemetry"),
        ),
    )


def _plain(suffix: str, sources: Path) -> Cluster:
    return Cluster(
        name=f"plain-aks{suffix}",
        subscription_id=SUBSCRIPTION_APPS,
        resource_group=f"rg-plain{suffix}",
        installation="none",
        version=VERSION,
        manifests=(namespace("web"), workload("Deployment", "web", "static", selector=None)),
    )

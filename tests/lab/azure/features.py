# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resource providers and their preview features."""

from __future__ import annotations

from lab.azure.azure import Azure
from lab.azure.errors import arm_error
from lab.azure.messages import Json, Request, Response
from lab.azure.paging import page
from lab.azure.routing import Routes
from lab.azure.world import Feature, Principal, Provider, Subscription

routes = Routes()
_FEATURES = "/subscriptions/{subscription}/providers/Microsoft.Features"
_ACTION = "Microsoft.Features/providers/features"


def settle(azure: Azure, subscription: Subscription) -> None:
    """Brings states up to the present moment."""
    now = azure.clock.now()
    for feature in subscription.features.values():
        if feature.next_state and now >= feature.due:
            feature.state, feature.next_state = feature.next_state, ""
    for provider in subscription.providers.values():
        if provider.next_state and now >= provider.due:
            provider.state, provider.next_state = provider.next_state, ""
            provider.features = provider.coming


def in_effect(azure: Azure, subscription: Subscription, namespace: str, feature: str) -> bool:
    """Whether requests may use a feature: Registered, and the provider registered again after that."""
    settle(azure, subscription)
    return feature.lower() in subscription.providers[namespace.lower()].features


@routes.on("GET", _FEATURES + "/features", "Microsoft.Features/features/read")
def all_features(azure: Azure, request: Request, principal: Principal, subscription: str) -> Response:
    owner = azure.world.subscriptions[subscription.lower()]
    settle(azure, owner)
    return page(azure, request, [_feature_body(owner, owner.features[key]) for key in sorted(owner.features)])


@routes.on("GET", _FEATURES + "/providers/{namespace}/features", f"{_ACTION}/read")
def features(
    azure: Azure, request: Request, principal: Principal, subscription: str, namespace: str
) -> Response:
    owner = azure.world.subscriptions[subscription.lower()]
    settle(azure, owner)
    in_order = [owner.features[key] for key in sorted(owner.features)]
    chosen = [one for one in in_order if one.namespace.lower() == namespace.lower()]
    return page(azure, request, [_feature_body(owner, one) for one in chosen])


@routes.on("GET", _FEATURES + "/providers/{namespace}/features/{name}", f"{_ACTION}/read")
def feature(
    azure: Azure, request: Request, principal: Principal, subscription: str, namespace: str, name: str
) -> Response:
    owner = azure.world.subscriptions[subscription.lower()]
    settle(azure, owner)
    return Response(body=_feature_body(owner, _find(owner, namespace, name)))


@routes.on(
    "POST", _FEATURES + "/providers/{namespace}/features/{name}/register", f"{_ACTION}/register/action"
)
def register(
    azure: Azure, request: Request, principal: Principal, subscription: str, namespace: str, name: str
) -> Response:
    owner = azure.world.subscriptions[subscription.lower()]
    settle(azure, owner)
    found = _find(owner, namespace, name)
    if found.state not in ("Registered", "Registering", "Pending"):
        if found.needs_approval:
            found.state, found.next_state = "Pending", ""
        else:
            _turn(azure, found, "Registering", "Registered")
    return Response(body=_feature_body(owner, found))


@routes.on(
    "POST", _FEATURES + "/providers/{namespace}/features/{name}/unregister", f"{_ACTION}/unregister/action"
)
def unregister(
    azure: Azure, request: Request, principal: Principal, subscription: str, namespace: str, name: str
) -> Response:
    owner = azure.world.subscriptions[subscription.lower()]
    settle(azure, owner)
    found = _find(owner, namespace, name)
    if found.state not in ("Unregistered", "Unregistering", "NotRegistered"):
        _turn(azure, found, "Unregistering", "Unregistered")
    return Response(body=_feature_body(owner, found))


@routes.on(
    "GET", "/subscriptions/{subscription}/providers", "Microsoft.Resources/subscriptions/providers/read"
)
def providers(azure: Azure, request: Request, principal: Principal, subscription: str) -> Response:
    owner = azure.world.subscriptions[subscription.lower()]
    settle(azure, owner)
    return page(
        azure, request, [_provider_body(owner, owner.providers[key]) for key in sorted(owner.providers)]
    )


@routes.on(
    "GET",
    "/subscriptions/{subscription}/providers/{namespace}",
    "Microsoft.Resources/subscriptions/providers/read",
)
def provider(
    azure: Azure, request: Request, principal: Principal, subscription: str, namespace: str
) -> Response:
    owner = azure.world.subscriptions[subscription.lower()]
    settle(azure, owner)
    return Response(body=_provider_body(owner, _provider(owner, namespace)))


@routes.on(
    "POST", "/subscriptions/{subscription}/providers/{namespace}/register", "{namespace}/register/action"
)
def register_provider(
    azure: Azure, request: Request, principal: Principal, subscription: str, namespace: str
) -> Response:
    """Also carries the features' states at this moment to the provider, which takes its time."""
    owner = azure.world.subscriptions[subscription.lower()]
    settle(azure, owner)
    found = _provider(owner, namespace)
    found.coming = frozenset(
        one.name.lower()
        for one in owner.features.values()
        if one.namespace.lower() == namespace.lower() and one.state == "Registered"
    )
    # A provider that is registered stays Registered meanwhile.
    found.state = "Registered" if found.state == "Registered" else "Registering"
    found.next_state, found.due = "Registered", azure.clock.now() + azure.world.dials.provider_registration
    return Response(body=_provider_body(owner, found))


def _turn(azure: Azure, feature: Feature, now: str, then: str) -> None:
    feature.state, feature.next_state = now, then
    feature.due = azure.clock.now() + azure.world.dials.feature_registration


def _find(subscription: Subscription, namespace: str, name: str) -> Feature:
    found = subscription.features.get(f"{namespace}/{name}".lower())
    if found is None:
        raise arm_error(404, "FeatureNotFound", f"The feature '{name}' could not be found.")
    return found


def _provider(subscription: Subscription, namespace: str) -> Provider:
    found = subscription.providers.get(namespace.lower())
    if found is None:
        raise arm_error(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    return found


def _feature_body(subscription: Subscription, feature: Feature) -> Json:
    return {
        "properties": {"state": feature.state},
        "id": (
            f"/subscriptions/{subscription.id}/providers/Microsoft.Features/providers/{feature.namespace}"
            f"/features/{feature.name}"
        ),
        "type": "Microsoft.Features/providers/features",
        "name": f"{feature.namespace}/{feature.name}",
    }


def _provider_body(subscription: Subscription, provider: Provider) -> Json:
    return {
        "id": f"/subscriptions/{subscription.id}/providers/{provider.namespace}",
        "namespace": provider.namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": provider.state,
        "resourceTypes": [],
    }

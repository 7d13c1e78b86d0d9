# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Azure side of a migration in steps: which calls each makes, how it is run, and what it has to come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._access import Access
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import (
    operator_roles,
    pod_identity_profile,
    scale_set_identities,
    side,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.permissions import Judge
from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.waiting import Waiter
from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.access import connect
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.records import to_data
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.rights import Need
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.teardown import (
    ScaleSetRemoval,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._module_spec import Result
from ansible_collections.aksops.workload_identity.plugins.module_utils._outcome import outcome

from .conftest import GROUP, OBJECT_ID, SUBSCRIPTION, Caller, cluster, cluster_id, identity_id

ISSUER = "https://westeurope.oic.prod-aks.azure.com/3e5cbf2c/aks-1/"
_AUDIENCE = "api://AzureADTokenExchange"
_WEB, _API = "system:serviceaccount:shop:web", "system:serviceaccount:shop:api"
NODES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MC_rg-a_aks-1_westeurope"
_SCALE_SET = f"{NODES}/providers/Microsoft.Compute/virtualMachineScaleSets/pool-1"
FEATURE = "EnableOIDCIssuerPreview"
_ISSUER = {"resource_group": "rg-a", "cluster_name": "aks-1", "poll_interval": 1, "wait_timeout": 60}
_CREDENTIALS = {
    "issuer": ISSUER,
    "credentials": [
        {"identity": identity_id(name), "subject": subject}
        for name, subject in (("app", _WEB), ("app", _API), ("other", _WEB))
    ],
}
_ROLES = {"mirrors": [{"source": identity_id("app"), "target": identity_id("other")}], "wait_timeout": 30}
_KUBELET = "57b226e4-ff09-4a1f-a7cf-0000000000ff"
_PRINCIPAL = "57b226e4-ff09-4a1f-a7cf-00000000000{}"


def world(step: str) -> dict[str, Any]:
    """A cluster with the add-on and two identities in use; nothing of the step is done yet."""
    identities: list[dict[str, Any]] = [
        {"id": identity_id(name), "location": "westeurope", "principal_id": _PRINCIPAL.format(number)}
        for number, name in enumerate(("app", "other"))
    ]
    reader = {"role": "Reader", "scope": GROUP, "principal_id": _PRINCIPAL.format(0)}
    owner = {"role": "Owner", "scope": f"/subscriptions/{SUBSCRIPTION}", "principal_id": OBJECT_ID}
    profile = {"enabled": True, "userAssignedIdentities": [], "userAssignedIdentityExceptions": []}
    if step == "removal":
        identities[0]["federated_credentials"] = [
            {"name": f"one-{account}", "issuer": ISSUER, "subject": subject, "audiences": [_AUDIENCE]}
            for account, subject in (("web", _WEB), ("api", _API))
        ]
    operator = {"role": "Managed Identity Operator", "scope": identity_id("app"), "principal_id": _KUBELET}
    return {
        "subscriptions": [
            {
                "id": SUBSCRIPTION,
                "features": "required" if step == "features" else "retired",
                "registered_features": ["EnablePodIdentityPreview", "EnableWorkloadIdentityPreview"],
            }
        ],
        "clusters": [
            cluster(
                control_plane={"name": "aks-1", "version": "1.31.2"},
                node_resource_group=NODES.rsplit("/", 1)[1],
                properties={
                    "podIdentityProfile": profile,
                    "identityProfile": {"kubeletidentity": {"objectId": _KUBELET}},
                },
            )
        ],
        "identities": identities,
        "scale_sets": [
            {
                "id": _SCALE_SET,
                "location": "westeurope",
                "identities": [identity_id("app"), identity_id("other")],
            }
        ],
        "role_assignments": [owner, reader, operator],
        "dials": {"long_operation": 2, "feature_registration": 1, "provider_registration": 1},
    }


@dataclass(frozen=True)
class Step:
    """``state`` is what Azure holds of it; it is to be ``done`` in the end. ``changes``: whether it writes."""

    name: str
    run: Callable[[Caller], Mapping[str, Any]]
    state: Callable[[Caller], Any]
    done: Any
    changes: bool = True


def _plain(caller: Caller, do: Callable[[Access], Result]) -> Mapping[str, Any]:
    """Runs what modules do that need more than Azure, up to that."""
    return outcome(
        lambda _options, access, _check: do(access), caller.options(), False, False, caller.said.append
    )


def _features(caller: Caller) -> Mapping[str, Any]:
    registered = caller.run(
        "feature_registration", namespace="Microsoft.ContainerService", features=[FEATURE], poll_interval=1
    )
    if registered.get("failed"):
        return registered
    issuer = caller.run("aks_oidc_issuer", **_ISSUER)
    return {**issuer, "changed": issuer["changed"] or registered["changed"]}


def _identities(caller: Caller) -> Mapping[str, Any]:
    wanted = [
        {"id": identity_id("app"), "tags": {"team": "shop"}},
        {"id": identity_id("new"), "location": "westeurope"},
    ]
    return caller.run("managed_identities", identities=wanted)


def _side(caller: Caller) -> Mapping[str, Any]:
    def read(access: Access) -> Result:
        found = to_data(side.read(access.azure, "rg-a", "aks-1", [identity_id("app")]))
        return Result(data={"side": found})

    return _plain(caller, read)


def _permissions(caller: Caller) -> Mapping[str, Any]:
    need = Need(cluster_id("aks-1"), "Microsoft.ContainerService/managedClusters/write", "")
    return _plain(caller, lambda access: Result(data={"verdict": Judge(access.azure).judge(need)}))


def _access(caller: Caller) -> Mapping[str, Any]:
    def reach(access: Access) -> Result:
        client = connect({"resource_group": "rg-a", "cluster_name": "aks-1"}, access.azure, False)
        return Result(data={"cluster": client.cluster})

    return _plain(caller, reach)


def _scale_set(caller: Caller) -> Mapping[str, Any]:
    removal = ScaleSetRemoval(_SCALE_SET, (identity_id("app"),))
    return _plain(
        caller,
        lambda access: Result(bool(scale_set_identities.take_off(access.azure, removal, access.say))),
    )


def _addon(caller: Caller) -> Mapping[str, Any]:
    def off(access: Access) -> Result:
        waiter = Waiter(60, 1, access.say)
        return Result(
            pod_identity_profile.update(
                access.azure, cluster_id("aks-1"), pod_identity_profile.disabled, waiter
            )
        )

    return _plain(caller, off)


def _operator_roles(caller: Caller) -> Mapping[str, Any]:
    def away(access: Access) -> Result:
        ids = [identity_id("app")]
        return Result(bool(operator_roles.remove(access.azure, cluster_id("aks-1"), ids, dry_run=False)))

    return _plain(caller, away)


def _module(name: str, **options: Any) -> Callable[[Caller], Mapping[str, Any]]:
    return lambda caller: caller.run(name, **options)


def _profile(*path: str) -> Callable[[Caller], Any]:
    def state(caller: Caller) -> Any:
        found: Any = caller.body("aks-1")["properties"]
        for key in path:
            found = (found or {}).get(key)
        return found

    return state


def _issuer_state(caller: Caller) -> Any:
    return [
        _profile("oidcIssuerProfile", "enabled")(caller),
        _profile("securityProfile", "workloadIdentity", "enabled")(caller),
        _profile("provisioningState")(caller),
    ]


def _identity_state(caller: Caller) -> Any:
    return sorted(
        (item.body["name"], *(item.body.get("tags") or {}).values())
        for item in caller.azure.world.identities.values()
    )


def _credential_state(caller: Caller) -> Any:
    return sorted(
        (identity.body["name"], credential.body["properties"]["subject"])
        for identity in caller.azure.world.identities.values()
        for credential in identity.credentials.values()
    )


def _role_state(caller: Caller) -> Any:
    return [
        item["properties"]["scope"]
        for item in caller.azure.world.role_assignments.values()
        if item["properties"]["principalId"] == _PRINCIPAL.format(1)
    ]


def _operator_state(caller: Caller) -> Any:
    """Assignments at the identity."""
    found = caller.azure.world.role_assignments.values()
    return [item["name"] for item in found if item["properties"]["scope"] == identity_id("app")]


def _scale_set_state(caller: Caller) -> Any:
    found = caller.azure.world.scale_sets[_SCALE_SET.lower()]["identity"]["userAssignedIdentities"]
    return [name.rsplit("/", 1)[1] for name in found]


_SUBJECTS = [("app", _API), ("app", _WEB), ("other", _WEB)]
_ON = [True, True, "Succeeded"]


def _nothing(_caller: Caller) -> None:
    return None


STEPS = {
    step.name: step
    for step in (
        Step("features", _features, _issuer_state, _ON),
        Step("issuer", _module("aks_oidc_issuer", **_ISSUER), _issuer_state, _ON),
        Step("identities", _identities, _identity_state, [("app", "shop"), ("new",), ("other",)]),
        Step("roles", _module("role_assignments", **_ROLES), _role_state, [GROUP]),
        Step("credentials", _module("federated_credentials", **_CREDENTIALS), _credential_state, _SUBJECTS),
        Step(
            "removal", _module("federated_credentials", state="absent", **_CREDENTIALS), _credential_state, []
        ),
        Step("side", _side, _nothing, None, changes=False),
        Step("permissions", _permissions, _nothing, None, changes=False),
        Step("access", _access, _nothing, None, changes=False),
        Step("scale set", _scale_set, _scale_set_state, ["other"]),
        Step("operator roles", _operator_roles, _operator_state, []),
        Step("add-on", _addon, _profile("podIdentityProfile", "enabled"), False),
    )
}

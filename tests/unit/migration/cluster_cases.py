# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small clusters written as YAML (cases/*.yaml) to what discovery is given.

A case says in short form what is special about a cluster; everything else is as on a plain one:

* ``pod_identity``: helm (default), manifests, managed, addon or none: which installation there is.
* ``identities``: AzureIdentities with their bindings and the identity in Azure. Keys: name, namespace (default),
  selector (the name), type, resource_id, region (westeurope), federation (supported), exists, credentials (how many),
  binding (false: none), annotations, fields (lower: written in lower case).
* ``workloads``: ``is: Deployment team-a/web`` with label, account, env, and ``template``, ``spec``, ``metadata``
  merged over it; ``pods`` how many of them live; ``made: false``: its account does not exist.
* ``objects``: anything else, whole.
* ``options``: of a plan; ``expect``: what is to come out.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import (
    AzureSide,
    ClusterFacts,
    FederatedCredential,
    IdentityFacts,
    PodIdentityProfile,
    RawCluster,
    ScaleSetFacts,
    Unreadable,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.kinds import (
    KINDS,
    template_path,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.merge_patch import patched
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.options import (
    PlanOptions,
    Rule,
)

FOLDER = Path(__file__).parent / "cases"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
ISSUER = "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/"
TENANT = "99999999-0000-0000-0000-000000000000"
_BY_KIND = {kind.kind: kind for kind in KINDS}
_CUSTOM = "aadpodidentity.k8s.io/v1"


def cases() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every case of every file, as (``file: rule``, case)."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text()):
            yield f"{path.stem}: {case['rule']}", case


def resource_id(name: str) -> str:
    return (
        f"{SUBSCRIPTION}/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    )


def client_id(name: str) -> str:
    """Made of the name, so that a case can write it: ``client-<name>``."""
    return f"client-{name}"


def raw_cluster(case: Mapping[str, Any]) -> RawCluster:
    """The objects of a case; every kind that it has nothing of is an empty list, as on a cluster that knows it."""
    objects: dict[str, list[Mapping[str, Any]]] = {kind.plural: [] for kind in KINDS}
    unreadable = [Unreadable(**item) for item in case.get("unreadable", ())]
    custom = case.get("pod_identity", "helm") != "none" or case.get("identities")
    for kind in KINDS:
        if "aadpodidentity" in kind.plural and not (custom or case.get("crds")):
            del objects[kind.plural]
            unreadable.append(Unreadable(kind.plural, "no such kind", missing=True))
    for item in unreadable:
        objects.pop(item.what, None)
    for obj in _objects(case):
        plural = _BY_KIND[obj["kind"]].plural
        if plural in objects:
            # A list's items carry neither apiVersion nor kind.
            objects[plural].append(
                {key: value for key, value in obj.items() if key not in ("apiVersion", "kind")}
            )
    version = case.get("kubernetes", "v1.33.5")
    return RawCluster({key: tuple(value) for key, value in objects.items()}, tuple(unreadable), version)


def azure_side(case: Mapping[str, Any]) -> AzureSide:
    profile = None
    if case.get("pod_identity") == "addon":
        profile = PodIdentityProfile(True, tuple(case.get("profile", ())))
    cluster = ClusterFacts(
        id=f"{SUBSCRIPTION}/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/aks-1",
        name="aks-1",
        resource_group="rg",
        subscription_id=SUBSCRIPTION.rpartition("/")[2],
        tenant_id=TENANT,
        location="westeurope",
        kubernetes_version=case.get("kubernetes", "v1.33.5").lstrip("v"),
        provisioning_state="Succeeded",
        power_state="Running",
        node_resource_group="MC_rg",
        oidc_issuer_enabled=case.get("issuer", True),
        issuer_url=ISSUER if case.get("issuer", True) else None,
        workload_identity_enabled=case.get("webhook", True),
        pod_identity_profile=profile,
        node_identity_ids=tuple(resource_id(name) for name in case.get("node_identities", ())),
    )
    identities = tuple(
        _identity_facts(item)
        for item in case.get("identities", ())
        if item.get("type", 0) == 0 and item.get("seen", True) and "resource_id" not in item
    )
    scale_sets = tuple(
        ScaleSetFacts(
            f"{SUBSCRIPTION}/resourceGroups/MC_rg/providers/x/{name}", name, tuple(map(resource_id, names))
        )
        for name, names in case.get("scale_sets", {}).items()
    )
    return AzureSide(cluster, identities, scale_sets)


def plan_options(case: Mapping[str, Any]) -> PlanOptions:
    options = dict(case.get("options", {}))
    rules = tuple(Rule.of(rule) for rule in options.pop("rules", ()))
    return PlanOptions(rules=rules, **{key: _tuple(value) for key, value in options.items()})


def workload(short: Mapping[str, Any]) -> dict[str, Any]:
    """One workload object, as an API server gives it, of its short form."""
    kind, place = short["is"].split(" ")
    namespace, name = place.split("/")
    labels = {"app": name, **({"aadpodidbinding": short["label"]} if "label" in short else {})}
    container: dict[str, Any] = {"name": "main", "image": "registry.example/app:1"}
    if "env" in short:
        container["env"] = [{"name": key, "value": value} for key, value in short["env"].items()]
    template: dict[str, Any] = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    if "account" in short:
        template["spec"].update({"serviceAccountName": short["account"], "serviceAccount": short["account"]})
    template = patched(template, short.get("template", {}))
    body: dict[str, Any] = {"apiVersion": _BY_KIND[kind].api_version, "kind": kind}
    body["metadata"] = patched(
        {"name": name, "namespace": namespace, "generation": 1, "resourceVersion": "7"},
        short.get("metadata", {}),
    )
    replicas = short.get("replicas", 1)
    if kind == "Pod":
        body["metadata"]["labels"] = labels
        body["spec"] = template["spec"]
        body["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        return dict(patched(body, {"spec": short.get("spec", {}), "status": short.get("status", {})}))
    body["spec"] = {"selector": {"matchLabels": {"app": name}}, "replicas": replicas}
    if kind in ("DaemonSet", "Job", "CronJob"):
        del body["spec"]["replicas"]
    if kind in ("Job", "CronJob"):
        del body["spec"]["selector"]
    place_of_template: Any = body
    for key in template_path(kind)[:-1]:
        place_of_template = place_of_template.setdefault(key, {})
    place_of_template["template"] = template
    body["status"] = {
        "observedGeneration": 1,
        "readyReplicas": replicas,
        "updatedReplicas": replicas,
        "availableReplicas": replicas,
        "desiredNumberScheduled": 1,
        "numberAvailable": 1,
    }
    return dict(patched(body, {"spec": short.get("spec", {}), "status": short.get("status", {})}))


def _objects(case: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from installation(case.get("pod_identity", "helm"))
    accounts = {("default", "default")}
    for short in case.get("workloads", ()):
        obj = workload(short)
        yield obj
        namespace = obj["metadata"]["namespace"]
        accounts |= {(namespace, "default")}
        if short.get("made", True):
            accounts |= {(namespace, short.get("account", "default"))}
        for number in range(short.get("pods", 0)):
            yield _pod_of(obj, number)
    given = list(case.get("objects", ()))
    names = {
        (o["metadata"].get("namespace"), o["metadata"]["name"])
        for o in given
        if o["kind"] == "ServiceAccount"
    }
    for namespace, name in sorted(accounts - names):
        yield {"kind": "ServiceAccount", "metadata": {"namespace": namespace, "name": name}}
    for item in case.get("identities", ()):
        yield from _custom_resources(item)
    yield from given


def installation(method: str) -> list[Mapping[str, Any]]:
    path = Path(__file__).parent / "installations" / f"{method}.yaml"
    return [] if method == "none" else list(yaml.safe_load(path.read_text()))


def _pod_of(obj: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    owner = {
        "kind": obj["kind"],
        "name": obj["metadata"]["name"],
        "apiVersion": obj["apiVersion"],
        "controller": True,
    }
    template: Any = obj
    for key in template_path(obj["kind"]):
        template = template[key]
    pod: dict[str, Any] = copy.deepcopy(template)
    pod["kind"] = "Pod"
    pod["metadata"].update(
        namespace=obj["metadata"]["namespace"],
        name=f"{obj['metadata']['name']}-{number}",
        ownerReferences=[owner],
    )
    pod["status"] = {"phase": "Running"}
    return pod


def _custom_resources(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    namespace, name, kind = item.get("namespace", "default"), item["name"], item.get("type", 0)
    spec: dict[str, Any] = {"type": kind, "clientID": item.get("client_id", client_id(name))}
    if kind == 0:
        spec["resourceID"] = item.get("resource_id", resource_id(name))
    binding = {"azureIdentity": name, "selector": item.get("selector", name)}
    if item.get("fields") == "lower":
        spec = {key.lower(): value for key, value in spec.items()}
        binding = {key.lower(): value for key, value in binding.items()}
    head = {"namespace": namespace, "name": name, "annotations": item.get("annotations", {})}
    yield {"apiVersion": _CUSTOM, "kind": "AzureIdentity", "metadata": head, "spec": spec}
    if item.get("binding", True):
        where = {"namespace": item.get("binding_namespace", namespace), "name": f"{name}-binding"}
        yield {"apiVersion": _CUSTOM, "kind": "AzureIdentityBinding", "metadata": where, "spec": binding}


def _identity_facts(item: Mapping[str, Any]) -> IdentityFacts:
    name = item["name"]
    credentials = tuple(
        FederatedCredential(
            f"c{n}", "https://elsewhere/", f"system:serviceaccount:x:{n}", ("api://AzureADTokenExchange",)
        )
        for n in range(item.get("credentials", 0))
    )
    return IdentityFacts(
        id=resource_id(name),
        exists=item.get("exists", True),
        location=item.get("region", "westeurope"),
        client_id=client_id(name),
        principal_id=f"principal-{name}",
        tenant_id=TENANT,
        federation=item.get("federation", "supported"),
        credentials=credentials,
    )


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

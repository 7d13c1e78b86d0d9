# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters of any number of subscriptions as hosts; documented below for ``ansible-doc -t inventory``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aks
short_description: AKS clusters of any number of subscriptions as inventory hosts
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Lists the managed clusters (AKS) of subscriptions and makes each of them a host with C(ansible_connection=local).
  - The host variables C(aks_subscription_id), C(aks_resource_group) and C(aks_cluster_name) are what the roles and
    playbooks of this collection need; all other C(aks_) variables tell how the cluster is now.
  - All clusters are in the group C(aks), whatever else is configured.
  - The configuration file's name has to end in C(aks.yml) or C(aks.yaml).
  - A host is named after its cluster. Where several clusters have the same name, the resource group is appended, and
    the subscription ID where that is not enough either.
extends_documentation_fragment:
  - aksops.workload_identity.azure
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Marks the file as a configuration of this plugin.
    type: str
    required: true
    choices: [aksops.workload_identity.aks]
  subscriptions:
    description:
      - IDs of the subscriptions whose clusters are listed.
      - Without it, O(subscription_id) of this file is taken, and without that, all that the sign-in can see.
      - The environment variable E(AZURE_SUBSCRIPTION_ID) narrows nothing here, since AWX sets it for every credential.
    type: list
    elements: str
    default: []
  resource_groups:
    description: Names of resource groups, without regard to case; clusters of others are left out. All when empty.
    type: list
    elements: str
    default: []
  where:
    description:
      - A JMESPath expression; a cluster whose result is empty, V(false) or V(null) is left out.
      - It sees the cluster as Resource Manager describes it, with its C(id), C(name), C(location), C(tags) and
        C(properties), for example C(tags.env == 'prod' && properties.powerState.code == 'Running').
    type: str
  on_unreadable:
    description:
      - What to do with a subscription that cannot be read. With V(warn) its clusters are missing and a warning tells;
        with V(fail) no inventory is made.
    type: str
    choices: [warn, fail]
    default: warn
requirements:
  - azure-identity
  - azure-mgmt-core
  - jmespath
seealso:
  - plugin: aksops.workload_identity.aks
    plugin_type: inventory
"""

EXAMPLES = r"""
# fleet.aks.yml; this line alone gives every cluster that the sign-in can see
plugin: aksops.workload_identity.aks
# Only running production clusters of two subscriptions
subscriptions:
  - 00000000-0000-0000-0000-000000000001
  - 00000000-0000-0000-0000-000000000002
where: "tags.env == 'prod' && properties.powerState.code == 'Running'"
# Grouped by region, by tag and by what they run
keyed_groups:
  - key: aks_location
    prefix: region
  - key: aks_tags.team
    prefix: team
groups:
  on_pod_identity: aks_pod_identity_addon
compose:
  workload_identity_run_dir: "'/var/lib/fleet/' + aks_cluster_name"
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._azure.clusters import API_VERSION
from ..module_utils._azure.errors import AzureError
from ..module_utils._azure.resource_ids import part
from ..module_utils._azure.session import AzureSession, open_session

SUBSCRIPTIONS_API_VERSION = "2022-12-01"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "aksops.workload_identity.aks"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("aks.yml", "aks.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        where = _compiled(self.get_option("where"), path)
        clusters = self._clusters(path, cache)
        chosen = [cluster for cluster in clusters if self._is_wanted(cluster, where)]
        self.inventory.add_group("aks")
        for name, cluster in host_names(chosen).items():
            self._add(name, host_variables(cluster))

    def _clusters(self, path: str, cache: bool) -> list[dict[str, Any]]:
        """All clusters of the subscriptions as Resource Manager gives them, from the cache where that is allowed."""
        use_cache = self.get_option("cache") and cache
        key = self.get_cache_key(path)
        if use_cache:
            try:
                return list(self._cache[key])
            except KeyError:
                pass  # not cached yet, or expired
        clusters = self._read_clusters()
        if self.get_option("cache"):
            self._cache[key] = clusters
        return clusters

    def _read_clusters(self) -> list[dict[str, Any]]:
        try:
            session = open_session({name: self.get_option(name) for name in _sign_in_options(self)})
            subscriptions = self._subscriptions(session)
        except AzureError as error:
            raise AnsibleParserError(f"The inventory of AKS clusters cannot be read: {error}") from error
        clusters: list[dict[str, Any]] = []
        for subscription in subscriptions:
            path = f"/subscriptions/{subscription}/providers/Microsoft.ContainerService/managedClusters"
            try:
                clusters.extend(session.list(path, API_VERSION))
            except AzureError as error:
                if self.get_option("on_unreadable") == "fail":
                    raise AnsibleParserError(
                        f"Subscription {subscription} cannot be read: {error}"
                    ) from error
                self.display.warning(f"The clusters of subscription {subscription} are missing: {error}")
        return clusters

    def _subscriptions(self, session: AzureSession) -> list[str]:
        named = self.get_option("subscriptions") or [self.get_option("subscription_id")]
        if any(named):
            return list(named)
        visible = session.list("/subscriptions", SUBSCRIPTIONS_API_VERSION)
        return [str(item["subscriptionId"]) for item in visible if item.get("state", "Enabled") != "Disabled"]

    def _is_wanted(self, cluster: Mapping[str, Any], where: Any) -> bool:
        groups = {name.lower() for name in self.get_option("resource_groups")}
        if groups and part(cluster["id"], "resourcegroups").lower() not in groups:
            return False
        return where is None or bool(where.search(cluster))

    def _add(self, name: str, variables: Mapping[str, Any]) -> None:
        self.inventory.add_host(name, group="aks")
        for key, value in variables.items():
            # What a cloud says is data, never a template: ansible-core before 2.19 would evaluate it.
            self.inventory.set_variable(name, key, wrap_var(value))
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), dict(variables), name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), dict(variables), name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), dict(variables), name, strict=strict)


def _sign_in_options(plugin: BaseInventoryPlugin) -> list[str]:
    """The names of the options that the azure fragment brought."""
    own = {
        "plugin",
        "subscriptions",
        "resource_groups",
        "where",
        "on_unreadable",
        "strict",
        "compose",
        "groups",
        "keyed_groups",
    }
    return [
        name
        for name in plugin.get_options()
        if name not in own and not name.startswith(("cache", "leading_", "use_"))
    ]


def _compiled(expression: Optional[str], path: str) -> Any:
    if not expression:
        return None
    try:
        import jmespath
    except ImportError as error:
        raise AnsibleParserError("The option where needs the Python package jmespath.") from error
    try:
        return jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        raise AnsibleParserError(f"{path}: where is not a JMESPath expression: {error}") from error


def host_names(clusters: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Clusters by a host name that is theirs alone, in the order of their resource IDs."""
    ordered = sorted(clusters, key=lambda cluster: str(cluster["id"]).lower())
    names = [
        (
            str(cluster["name"]),
            f"{cluster['name']}-{part(cluster['id'], 'resourcegroups')}",
            f"{cluster['name']}-{part(cluster['id'], 'resourcegroups')}-{part(cluster['id'], 'subscriptions')}",
        )
        for cluster in ordered
    ]
    counts = [Counter(choice[level].lower() for choice in names) for level in range(3)]
    return {
        next(
            (name for level, name in enumerate(choice) if counts[level][name.lower()] == 1), choice[2]
        ): cluster
        for choice, cluster in zip(names, ordered)
    }


def host_variables(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """What a host knows of its cluster. No credential is among it: the list does not hold any."""
    properties = cluster.get("properties") or {}
    issuer = properties.get("oidcIssuerProfile") or {}
    workload_identity = (properties.get("securityProfile") or {}).get("workloadIdentity") or {}
    return {
        "ansible_connection": "local",
        "aks_id": cluster["id"],
        "aks_subscription_id": part(cluster["id"], "subscriptions"),
        "aks_resource_group": part(cluster["id"], "resourcegroups"),
        "aks_cluster_name": cluster["name"],
        "aks_location": cluster.get("location"),
        "aks_tags": cluster.get("tags") or {},
        "aks_kubernetes_version": properties.get("currentKubernetesVersion")
        or properties.get("kubernetesVersion"),
        "aks_provisioning_state": properties.get("provisioningState"),
        "aks_power_state": (properties.get("powerState") or {}).get("code"),
        "aks_node_resource_group": properties.get("nodeResourceGroup"),
        "aks_oidc_issuer_enabled": bool(issuer.get("enabled")),
        "aks_issuer_url": issuer.get("issuerURL"),
        "aks_workload_identity_enabled": bool(workload_identity.get("enabled")),
        "aks_pod_identity_addon": bool((properties.get("podIdentityProfile") or {}).get("enabled")),
        "aks_private": bool((properties.get("apiServerAccessProfile") or {}).get("enablePrivateCluster")),
    }

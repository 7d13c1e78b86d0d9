# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Resource Manager says about a cluster."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping
from typing import Any

from lab.azure.ids import ResourceName
from lab.azure.messages import Json

_IDS = uuid.UUID("c2a1e8a4-5b0f-4d52-8d7c-6a2f1f3f9a30")


def cluster_body(entry: Mapping[str, Any], tenant_id: str) -> Json:
    """The resource for an entry of a world's ``clusters``; ``properties`` of the entry win over the usual ones."""
    name = ResourceName.of(entry["id"])
    version, location = str(entry["kubernetes_version"]), str(entry["location"])
    prefix = f"{name.name}-{_stable(entry['id'], 'dns')[:8]}"
    group = entry.get("node_resource_group") or f"MC_{name.group}_{name.name}_{location}"
    return {
        "id": aks_id(name),
        "name": name.name,
        "type": "Microsoft.ContainerService/ManagedClusters",
        "location": location,
        "tags": dict(entry.get("tags", {})),
        "eTag": str(uuid.uuid4()),
        "sku": {"name": "Base", "tier": "Standard"},
        "identity": copy.deepcopy(entry.get("identity"))
        or {
            "type": "SystemAssigned",
            "principalId": _stable(entry["id"], "principal"),
            "tenantId": tenant_id,
        },
        "properties": merged(_properties(name, version, prefix, group), entry.get("properties", {})),
    }


def aks_id(name: ResourceName) -> str:
    """AKS writes ``resourcegroups`` in lower case."""
    return (
        f"/subscriptions/{name.subscription}/resourcegroups/{name.group}"
        f"/providers/Microsoft.ContainerService/managedClusters/{name.name}"
    )


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    """Objects are merged key by key at every level, all else is replaced."""
    result = copy.deepcopy(dict(under))
    for name, value in over.items():
        below = result.get(name)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            result[name] = merged(below, value)
        else:
            result[name] = copy.deepcopy(value)
    return result


def _properties(name: ResourceName, version: str, prefix: str, group: str) -> Json:
    kubelet = f"/subscriptions/{name.subscription}/resourcegroups/{group}"
    kubelet += f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name.name}-agentpool"
    return {
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "kubernetesVersion": version,
        "currentKubernetesVersion": version,
        "dnsPrefix": prefix,
        "fqdn": f"{prefix}.hcp.westeurope.azmk8s.io",
        "azurePortalFQDN": f"{prefix}.portal.hcp.westeurope.azmk8s.io",
        "agentPoolProfiles": [
            {
                "name": "nodepool1",
                "count": 2,
                "vmSize": "Standard_D4s_v5",
                "osDiskSizeGB": 128,
                "osDiskType": "Managed",
                "maxPods": 110,
                "type": "VirtualMachineScaleSets",
                "provisioningState": "Succeeded",
                "powerState": {"code": "Running"},
                "orchestratorVersion": version,
                "currentOrchestratorVersion": version,
                "enableNodePublicIP": False,
                "mode": "System",
                "osType": "Linux",
                "osSKU": "Ubuntu",
                "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202511.07.0",
                "upgradeSettings": {"maxSurge": "10%"},
                "enableFIPS": False,
                "eTag": str(uuid.uuid4()),
            }
        ],
        "linuxProfile": {
            "adminUsername": "azureuser",
            "ssh": {
                "publicKeys": [{"keyData": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlaceholderOfTheLab lab"}]
            },
        },
        "servicePrincipalProfile": {"clientId": "msi"},
        "addonProfiles": {"azurepolicy": {"enabled": False, "config": None}},
        "nodeResourceGroup": group,
        "enableRBAC": True,
        "supportPlan": "KubernetesOfficial",
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkPolicy": "none",
            "loadBalancerSku": "standard",
            "podCidr": "10.244.0.0/16",
            "serviceCidr": "10.0.0.0/16",
            "dnsServiceIP": "10.0.0.10",
            "outboundType": "loadBalancer",
            "ipFamilies": ["IPv4"],
        },
        "maxAgentPools": 100,
        "identityProfile": {
            "kubeletidentity": {
                "resourceId": kubelet,
                "clientId": _stable(name.name, "kubelet client"),
                "objectId": _stable(name.name, "kubelet object"),
            }
        },
        "disableLocalAccounts": False,
        "securityProfile": {},
        "storageProfile": {
            "diskCSIDriver": {"enabled": True},
            "fileCSIDriver": {"enabled": True},
            "snapshotController": {"enabled": True},
        },
        "oidcIssuerProfile": {"enabled": False},
        "workloadAutoScalerProfile": {},
        "resourceUID": _stable(name.name, name.group)[:24].replace("-", "0"),
    }


def _stable(*parts: str) -> str:
    return str(uuid.uuid5(_IDS, "/".join(parts).lower()))

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Someone with all rights in the emulated Azure, who sets the lab up and looks at what became of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from lab.fleet.principals import CLUSTERS, ServicePrincipal
from lab.fleet.scenario import TENANT, Cluster
from lab.fleet.workloads import NotInTime
from lab.folder import LabFolder

CLUSTER_API = "2025-10-01"
IDENTITY_API = "2023-01-31"
ROLES_API = "2022-04-01"
SCALE_SET_API = "2024-07-01"
PATIENCE_SECONDS = 90.0
Document = dict[str, Any]


class AzureRefused(Exception):
    """Resource Manager answered with an error: ``status`` and the text of the answer."""

    def __init__(self, method: str, path: str, status: int, text: str) -> None:
        super().__init__(f"{method} {path}: {status}: {text[:600]}")
        self.status = status


@dataclass
class AzureAdministrator:
    """Plain requests to Resource Manager, signed in as the owner of the lab's subscriptions."""

    folder: LabFolder
    url: str
    principal: ServicePrincipal = CLUSTERS
    _token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        self._pool = urllib3.PoolManager(ca_certs=str(self.folder.ca), retries=False, timeout=60)

    def request(
        self, method: str, path: str, api_version: str, body: object = None, **query: str
    ) -> Document:
        """
        Raises:
            AzureRefused
        """
        parameters = urlencode({"api-version": api_version, **query})
        answer = self._pool.request(
            method,
            f"{self.url}{path}?{parameters}",
            body=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"},
        )
        if answer.status >= 400:
            raise AzureRefused(method, path, answer.status, answer.data.decode(errors="replace"))
        return json.loads(answer.data) if answer.data else {}

    def token(self) -> str:
        """A token for Resource Manager."""
        if not self._token:
            self._token = sign_in(self.folder, self.url, self.principal)
        return self._token

    def all(self, path: str, api_version: str, **query: str) -> list[Document]:
        """The items of a list, with all its pages."""
        page = self.request("GET", path, api_version, **query)
        items = list(page["value"])
        while page.get("nextLink"):
            answer = self._pool.request(
                "GET", page["nextLink"], headers={"Authorization": f"Bearer {self.token()}"}
            )
            page = json.loads(answer.data)
            items.extend(page["value"])
        return items

    # ------------------------------------------------------------------------------------------ the fleet

    def cluster(self, cluster: Cluster) -> Document:
        return self.request("GET", cluster.id, CLUSTER_API)

    def enable_pod_identity(self, cluster: Cluster) -> None:
        """Switches the add-on on with the cluster's profile, and waits until Azure has done it.

        Raises:
            NotInTime, AzureRefused
        """
        body = self.cluster(cluster)
        body["properties"]["podIdentityProfile"] = {
            "enabled": True,
            "userAssignedIdentities": [dict(entry) for entry in cluster.profile],
        }
        self.request("PUT", cluster.id, CLUSTER_API, body)
        self.await_settled(cluster)

    def await_settled(self, cluster: Cluster) -> None:
        """Waits for the end of the cluster's running operation."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            state = self.cluster(cluster)["properties"]["provisioningState"]
            if state == "Succeeded":
                return
            if state in ("Failed", "Canceled") or time.monotonic() > deadline:
                raise NotInTime(f"{cluster.name}: its provisioning state is {state}")
            time.sleep(0.3)

    def scale_set_identities(self, cluster: Cluster) -> list[str]:
        """Resource IDs of the identities on the nodes."""
        identity = self.request("GET", cluster.scale_set_id, SCALE_SET_API).get("identity") or {}
        return sorted(identity.get("userAssignedIdentities") or {})

    def federated_credentials(self, identity_id: str) -> list[Document] | None:
        """The credentials of an identity; None where its region does not support any."""
        try:
            return self.all(f"{identity_id}/federatedIdentityCredentials", IDENTITY_API)
        except AzureRefused as refusal:
            if refusal.status == 405:
                return None
            raise

    def identities(self, subscription_id: str) -> list[Document]:
        path = f"/subscriptions/{subscription_id}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
        return self.all(path, IDENTITY_API)

    def role_assignments(self, subscription_id: str, principal_id: str) -> list[tuple[str, str]]:
        """(scope, role definition ID) of all that the principal has in the subscription."""
        path = f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleAssignments"
        found = self.all(path, ROLES_API, **{"$filter": f"principalId eq '{principal_id}'"})
        return sorted(
            (item["properties"]["scope"].lower(), item["properties"]["roleDefinitionId"].rsplit("/", 1)[-1])
            for item in found
        )


def sign_in(folder: LabFolder, url: str, principal: ServicePrincipal) -> str:
    """A Resource Manager token of a service principal of the lab."""
    pool = urllib3.PoolManager(ca_certs=str(folder.ca), retries=False, timeout=30)
    form = {
        "grant_type": "client_credentials",
        "client_id": principal.client_id,
        "client_secret": principal.secret,
        "scope": f"{resource_manager_audience(folder.ca, url)}/.default",
    }
    answer = pool.request_encode_body(
        "POST", f"{url}/{TENANT}/oauth2/v2.0/token", fields=form, encode_multipart=False
    )
    if answer.status != 200:
        raise AzureRefused("POST", "token", answer.status, answer.data.decode(errors="replace"))
    return str(json.loads(answer.data)["access_token"])


def resource_manager_audience(ca: Path, url: str) -> str:
    """What tokens for the emulated Resource Manager are asked for, without a trailing slash."""
    pool = urllib3.PoolManager(ca_certs=str(ca), retries=False, timeout=30)
    answer = json.loads(pool.request("GET", f"{url}/metadata/endpoints?api-version=2022-09-01").data)
    return str(answer["authentication"]["audiences"][0]).rstrip("/")

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The way into a cluster: through Resource Manager, as ``az aks get-credentials`` goes, or by a kubeconfig.

Nothing of a credential is written anywhere: kubeconfigs that Azure gives are read in memory, and for clusters
with Entra integration a token for the AKS server application takes the place of kubelogin.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Optional

from .client import KubernetesClient, Silence
from .errors import KubernetesError
from .exec_credential import run
from .kubeconfig import Endpoint, endpoint
from .transport import api_client

# "AKS server application ID", the same in all clouds: learn.microsoft.com/azure/aks/kubelogin-authentication
ENTRA_SERVER_APPLICATION = "6dae42f8-4368-4678-94ff-3960e28e3630"
_API_VERSION = (
    "2024-09-01"  # of Microsoft.ContainerService; the credential actions are the same in all later ones
)


class SignIn:
    """Gives the Authorization header, and a new one after a 401."""

    def __init__(self, target: Endpoint, azure: Any) -> None:
        self._target = target
        self._azure = azure
        self._exec_token: Optional[str] = None

    def header(self, renew: bool = False) -> Optional[str]:
        target = self._target
        if target.entra_server_id:
            # The session keeps the token until it runs out, so this costs one request a run.
            return "Bearer " + str(self._azure.token(f"{target.entra_server_id}/.default"))
        if target.token_file:  # rotated by whoever writes it, so it is read each time
            with open(target.token_file, encoding="utf-8") as stream:
                return "Bearer " + stream.read().strip()
        if target.token:
            return f"Bearer {target.token}"
        if target.exec:
            if renew or self._exec_token is None:
                self._exec_token = run(target.exec).token
            return f"Bearer {self._exec_token}" if self._exec_token else None
        if target.username and target.password is not None:
            pair = f"{target.username}:{target.password}".encode()
            return "Basic " + base64.b64encode(pair).decode()
        return None


def connect(options: Mapping[str, Any], azure: Any, dry_run: bool, user_agent: str = "") -> KubernetesClient:
    """A client for the cluster that ``options`` name.

    Options: ``kubeconfig`` (path) and ``context``, or ``resource_group``, ``cluster_name`` and ``admin``.
    ``azure`` is an AzureSession or None (kubeconfig without Entra only). Sends no request to the API server
    yet. Raises KubernetesError, or AzureError where Resource Manager refuses the credentials.
    """
    if options.get("kubeconfig"):
        target = _from_file(str(options["kubeconfig"]), options.get("context"))
        name = str(
            options.get("cluster_name") or options.get("context") or os.path.basename(options["kubeconfig"])
        )
        explain = None
    else:
        name, target = _from_azure(options, azure)

        def explain() -> Optional[Silence]:
            return _power(options, azure)

    if target.entra_server_id and azure is None:
        raise KubernetesError(
            f"{name}: the cluster wants an Entra token: give the options to sign in to Azure."
        )
    if target.exec and not target.entra_server_id and not (target.token or target.token_file):
        given = run(target.exec)
        if given.certificate:
            target = replace(target, certificate=given.certificate, key=given.key)
    api = api_client(target, user_agent or "ansible-aksops.workload_identity")
    return KubernetesClient(api, SignIn(target, azure), cluster=name, dry_run=dry_run, explain=explain)


def cluster_path(options: Mapping[str, Any], azure: Any) -> str:
    """Resource ID of the managed cluster that the options name. Raises KubernetesError where they name
    none."""
    missing = [key for key in ("resource_group", "cluster_name") if not options.get(key)]
    if missing:
        raise KubernetesError(
            f"Which managed cluster? Give {' and '.join(missing)}. Where nothing of Azure is needed, a kubeconfig does."
        )
    return (
        f"/subscriptions/{azure.subscription_id}/resourceGroups/{options['resource_group']}"
        f"/providers/Microsoft.ContainerService/managedClusters/{options['cluster_name']}"
    )


def _from_file(path: str, context: Optional[str]) -> Endpoint:
    path = os.path.abspath(os.path.expanduser(path))
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except OSError as error:
        raise KubernetesError(
            f"kubeconfig {path} cannot be read: {error.strerror}. Check the option kubeconfig."
        ) from None
    source = f"kubeconfig {path}"
    return endpoint(_parsed(text, source), source, context, os.path.dirname(path))


def _from_azure(options: Mapping[str, Any], azure: Any) -> tuple[str, Endpoint]:
    name = str(options.get("cluster_name"))
    path = cluster_path(options, azure)
    if options.get("admin"):
        answer = azure.post(f"{path}/listClusterAdminCredential", None, _API_VERSION)
    else:
        # format=azure names the server application in the document instead of calling kubelogin.
        answer = azure.post(f"{path}/listClusterUserCredential?format=azure", None, _API_VERSION)
    documents = ((answer.body or {}).get("kubeconfigs")) or ()
    if not documents:
        raise KubernetesError(f"{path}: Azure gave no credentials. Is the cluster still being created?")
    text = base64.b64decode(documents[0]["value"]).decode("utf-8")
    source = f"the kubeconfig that Azure gave for {path}"
    target = endpoint(_parsed(text, source), source)
    if target.exec and not target.entra_server_id:
        target = replace(target, entra_server_id=ENTRA_SERVER_APPLICATION)
    return name, target


def _parsed(text: str, source: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        # The parser's own words quote the lines around the fault, which may be a key.
        raise KubernetesError(f"{source} is not YAML.") from None


def _power(options: Mapping[str, Any], azure: Any) -> Optional[Silence]:
    """Why the API server of a cluster may be silent, as far as Resource Manager knows."""
    properties = (azure.get(cluster_path(options, azure), _API_VERSION) or {}).get("properties") or {}
    power = (properties.get("powerState") or {}).get("code")
    name, group = options.get("cluster_name"), options.get("resource_group")
    if power == "Stopped":
        start = f"az aks start -g {group} -n {name}"
        return Silence(f"The cluster is stopped. Start it ({start}) and run again", lasting=True)
    access = properties.get("apiServerAccessProfile") or {}
    if access.get("enablePrivateCluster"):
        return Silence(
            "The cluster is private. Run from a machine in its network, or delegate to a jump host there",
            lasting=False,
        )
    if access.get("authorizedIPRanges"):
        words = "The API server takes only authorized IP ranges. Add this machine's address, or run from one of them"
        return Silence(words, lasting=False)
    state = properties.get("provisioningState")
    if state and state != "Succeeded":
        words = f"The cluster's provisioning state is {state}. Bring it to Succeeded and run again"
        return Silence(words, lasting=False)  # an API server that restarts for an update is back soon
    return None

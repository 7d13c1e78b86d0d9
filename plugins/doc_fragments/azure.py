# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options to sign in to Azure."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  subscription_id:
    description:
      - ID of the subscription. The environment variable E(AZURE_SUBSCRIPTION_ID) stands in for it.
    type: str
  tenant:
    description:
      - ID of the Entra tenant to sign in to. The environment variables E(AZURE_TENANT) and E(AZURE_TENANT_ID) stand
        in for it.
    type: str
  client_id:
    description:
      - Client ID of the application or managed identity that signs in. The environment variable E(AZURE_CLIENT_ID)
        stands in for it.
      - Where it is given, secrets in the environment are used only if E(AZURE_CLIENT_ID) names the same application.
    type: str
  secret:
    description:
      - Client secret of the application. The environment variables E(AZURE_SECRET) and E(AZURE_CLIENT_SECRET) stand in
        for it.
    type: str
  ad_user:
    description:
      - Name of a user to sign in with, together with O(password). The environment variable E(AZURE_AD_USER) stands in
        for it. Users with multi-factor authentication cannot sign in this way.
    type: str
  password:
    description:
      - Password of O(ad_user). The environment variable E(AZURE_PASSWORD) stands in for it.
    type: str
  x509_certificate_path:
    description:
      - PEM or PKCS12 file with certificate and private key of the application. The environment variables
        E(AZURE_X509_CERTIFICATE_PATH) and E(AZURE_CLIENT_CERTIFICATE_PATH) stand in for it,
        E(AZURE_CLIENT_CERTIFICATE_PASSWORD) holds the password of the file where it has one.
    type: path
  federated_token_file:
    description:
      - File with a token that the application or managed identity trusts, as AKS mounts it into pods that use workload
        identity. The environment variable E(AZURE_FEDERATED_TOKEN_FILE) stands in for it.
    type: path
  cloud_environment:
    description:
      - The Azure cloud, by the name V(AzureCloud), V(AzureUSGovernment) or V(AzureChinaCloud), or by the URL of a
        Resource Manager that describes its cloud under C(/metadata/endpoints) (Azure Stack, air-gapped clouds).
      - The environment variable E(AZURE_CLOUD_ENVIRONMENT) stands in for it. Without either it is V(AzureCloud).
    type: str
  auth_source:
    description:
      - How to sign in. V(auto) takes what the options and the environment give, in the order secret, certificate,
        federated token, user and password; where they give nothing, the Azure CLI's user, then the managed identity of
        the machine.
      - V(env) is as V(auto) with the environment alone and without the last two. V(cli) is the Azure CLI's user, V(msi)
        a managed identity (O(client_id) chooses a user-assigned one).
      - The environment variable E(ANSIBLE_AZURE_AUTH_SOURCE) stands in for it. Without either it is V(auto).
    type: str
    choices: [auto, env, cli, msi]
notes:
  - An environment variable that is empty counts as not set.
  - Proxies are taken from E(HTTPS_PROXY) and E(NO_PROXY), additional certificate authorities from
    E(REQUESTS_CA_BUNDLE).
requirements:
  - azure-identity >= 1.16.1
  - azure-mgmt-core >= 1.4.0
"""

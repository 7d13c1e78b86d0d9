# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that lead to a cluster's API server."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  resource_group:
    description:
      - Resource group of the AKS cluster. Needed unless O(kubeconfig) is given.
    type: str
  cluster_name:
    description:
      - Name of the AKS cluster. Needed unless O(kubeconfig) is given.
    type: str
  kubeconfig:
    description:
      - A kubeconfig file to reach the API server with. Without it Azure is asked for the user credentials of the
        cluster, and on clusters with Entra integration for a token; nothing of either is written to a file.
    type: path
  context:
    description:
      - Context of O(kubeconfig). Without it the current one.
    type: str
  admin:
    description:
      - Whether Azure is asked for the credentials of the cluster's administrator instead of a user's.
      - They bypass Entra and are refused where local accounts are disabled.
    type: bool
    default: false
requirements:
  - kubernetes >= 28.1.0
"""

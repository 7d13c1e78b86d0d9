# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Findings on what stands around a workload: policies, proxies, drivers, and software with settings of its own."""

from __future__ import annotations

from collections.abc import Mapping

from .finding_entry import WARNING, Entry

SURROUNDINGS: Mapping[str, Entry] = {
    "well-known-software": Entry(
        WARNING,
        "It is software with a setting of its own for how it gets its tokens; label and service account alone may"
        " not be enough.",
        "See its documentation on workload identity.",
    ),
    "made-on-demand": Entry(
        WARNING,
        "The pod was made on demand by other software, which makes the next one with aadpodidbinding again.",
        "Put the service account and the label azure.workload.identity/use into the pod template of that software.",
    ),
    "account-in-policy": Entry(
        WARNING,
        "A policy names the service account that the workload has today, and the plan gives it another one, which"
        " the policy treats differently.",
        "Name the new account in the policy as well, or keep the old one (service_account in a rule, or"
        " service_account_mode: share).",
    ),
    "egress-policy": Entry(
        WARNING,
        "Under Pod Identity the request for a token left from the node; now the pod sends it itself, and network"
        " policies keep it from the authority.",
        "Let these pods reach login.microsoftonline.com (or the authority of your cloud) on TCP port 443.",
    ),
    "proxy-environment": Entry(
        WARNING,
        "The containers send HTTPS requests through a proxy, and so the request for a token, too, which Pod"
        " Identity sent from the node without one.",
        "Let the proxy pass the authority (login.microsoftonline.com), or name it in NO_PROXY.",
    ),
    "proxy-policy": Entry(
        WARNING,
        "A policy of the cluster refuses privileged containers, and the sidecar's init container is privileged.",
        "Exempt the workload from the policy, or use method direct. Check mode tries a pod and tells for certain.",
    ),
    "windows": Entry(
        WARNING,
        "Pod Identity does not serve Windows pods, so the workload gets no token through it today.",
        "Check which identity it really uses; after the switch it is the one of the plan.",
    ),
    "csi-driver-without-tokens": Entry(
        WARNING,
        "The Secrets Store CSI driver is not told to request service-account tokens, so it cannot use workload"
        " identity, and pods that mount the twin of a class do not start.",
        "Add the audience api://AzureADTokenExchange to tokenRequests of CSIDriver secrets-store.csi.k8s.io.",
    ),
}

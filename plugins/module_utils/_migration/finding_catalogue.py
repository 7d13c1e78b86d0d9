# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Every code of a finding: how grave it is, what it means and what to do. docs/findings.md is made of it."""

from __future__ import annotations

from collections.abc import Mapping

from .finding_entry import BLOCKER, NOTE, WARNING, Entry
from .surroundings_catalogue import SURROUNDINGS

__all__ = ["BLOCKER", "CATALOGUE", "NOTE", "WARNING", "Entry"]

CATALOGUE: Mapping[str, Entry] = {
    # --- what stops a cluster or a workload -------------------------------------------------------------------
    "kubernetes-too-old": Entry(
        BLOCKER,
        "Workload identity on AKS needs Kubernetes 1.24 or newer.",
        "Upgrade the cluster first (az aks upgrade), then assess it again.",
    ),
    "bindings-unreadable": Entry(
        BLOCKER,
        "Bindings or identities of Pod Identity could not be read, so nobody can say which workloads use them.",
        "Grant get and list on the kinds of aadpodidentity.k8s.io and assess again.",
    ),
    "azure-identity-malformed": Entry(
        BLOCKER,
        "The AzureIdentity does not name a user-assigned identity, so its workloads get no token even today.",
        "Correct or delete it; resourceID has the form /subscriptions/<id>/resourcegroups/<group>"
        "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/<name>.",
    ),
    "identity-missing": Entry(
        BLOCKER,
        "The user-assigned identity does not exist in Azure (any more).",
        "Create it again with its role assignments, or name another identity for these workloads in a rule.",
    ),
    "service-principal-identity": Entry(
        BLOCKER,
        "The AzureIdentity is a service principal with a secret or certificate (type 1 or 2).",
        "Name a managed identity in a rule (identity: <resource ID>), or create a federated credential on the"
        " application and set identity: application in the rule.",
    ),
    "identity-ambiguous": Entry(
        BLOCKER,
        "Several identities match the workload and nothing in its template says which one it asks for by default.",
        "Choose one in a rule: identity: <resource ID, client ID or name of the AzureIdentity>.",
    ),
    "identity-unmatched": Entry(
        BLOCKER,
        "A rule names an identity that is neither a resource ID nor one of the workload's own identities.",
        "Write the resource ID of a user-assigned identity, or the name or client ID of one of its AzureIdentities.",
    ),
    "client-id-foreign": Entry(
        BLOCKER,
        "AZURE_CLIENT_ID in the template is a client ID that none of the workload's identities has; the webhook does"
        " not overwrite a variable that is set.",
        "Remove AZURE_CLIENT_ID from the template or bind the identity that it names.",
    ),
    "region-without-support": Entry(
        BLOCKER,
        "The identity lies in a region where identities cannot have federated credentials.",
        "Give regions for its re-creation (regions: [westeurope, ...]) or name another identity in a rule.",
    ),
    "credential-limit": Entry(
        BLOCKER,
        "The identity would have more than 20 federated credentials, which Azure does not allow.",
        "Let workloads share service accounts (service_account_mode: share, or service_account in a rule), remove"
        " credentials that are no longer needed, or use a second identity with the same role assignments.",
    ),
    "label-in-selector": Entry(
        BLOCKER,
        "A selector looks for the label aadpodidbinding, which goes at the switch; it would lose its pods.",
        "Change the selector to another label first.",
    ),
    "kube-system": Entry(
        BLOCKER,
        "On AKS the workload identity webhook does not reach the namespace kube-system.",
        "Move the workload to a namespace of its own.",
    ),
    "proxy-impossible": Entry(
        BLOCKER,
        "The method proxy was chosen and the sidecar cannot run there.",
        "Use method direct with an SDK that knows workload identity, or remove the obstacle.",
    ),
    "node-identity-shared": Entry(
        BLOCKER,
        "Somebody else uses this identity on the nodes. MIC takes it off them when its last labelled pod leaves.",
        "Put the client ID into MIC's --immutable-user-msis first, or acknowledge that the other user may lose it.",
        acknowledgeable=True,
    ),
    "service-account-taken": Entry(
        BLOCKER,
        "The name of the service account that would be created belongs to one that somebody else made.",
        "Choose another name in a rule (service_account: <name>) or remove the account.",
    ),
    "service-account-conflict": Entry(
        BLOCKER,
        "The service account that a rule names is already annotated with the client ID of another identity, or the"
        " rule gives it to workloads of different identities.",
        "Give each identity an account of its own, or use service_account_mode: share.",
    ),
    "still-bound": Entry(
        BLOCKER,
        "The workload still uses Pod Identity, so it cannot be retired.",
        "Migrate the workload, or remove the label aadpodidbinding if it needs no identity.",
    ),
    "pod-still-bound": Entry(
        BLOCKER,
        "The pod still carries aadpodidbinding and a binding matches it, so Pod Identity cannot be retired.",
        "Let its rollout end, or delete the pod so that it comes back from the new template.",
    ),
    # --- what needs attention ---------------------------------------------------------------------------------
    "identity-recreated": Entry(
        WARNING,
        "The identity is created anew in a supported region, with its role assignments mirrored and a new client ID."
        " What lies outside Azure RBAC cannot be mirrored.",
        "Check Key Vault access policies, Entra group memberships and app roles, SQL users, data-lake ACLs and"
        " allow-lists that name the old principal.",
    ),
    "identity-unreadable": Entry(
        WARNING,
        "The identity could not be read in Azure, so its region and its credentials are not known yet.",
        "Grant Microsoft.ManagedIdentity/userAssignedIdentities/read and .../federatedIdentityCredentials/read on it.",
    ),
    "client-id-elsewhere": Entry(
        WARNING,
        "The client ID comes from a ConfigMap, a Secret or a field, where this collection does not change it.",
        "See that it names the identity of the plan; otherwise change it together with the workload.",
    ),
    "resource-id-pinned": Entry(
        WARNING,
        "The template names the identity by its resource ID. Neither the proxy nor the SDKs choose by it under"
        " workload identity; they take the client ID.",
        "Let the application ask by client ID, or without one.",
    ),
    "environment-preset": Entry(
        WARNING,
        "The template sets a variable that the webhook would set; the webhook leaves it as it is.",
        "Remove the variable, unless it is meant to differ.",
    ),
    "owned-by-helm": Entry(
        WARNING,
        "The workload belongs to a Helm release; its next upgrade may revert the change.",
        "Put service account, pod label and annotations into the release's values as well.",
    ),
    "owned-by-gitops": Entry(
        WARNING,
        "Argo CD or Flux owns the workload and reverts live changes, so the patch is written out instead.",
        "Commit the exported patch to its repository and run again; apply: live in a rule changes it in place.",
    ),
    "owned-by-operator": Entry(
        WARNING,
        "An operator owns the workload and may revert live changes, so the patch is written out instead.",
        "Make the change in the operator's own resource; apply: live in a rule changes it in place.",
    ),
    "rolls-on-delete": Entry(
        WARNING,
        "The update strategy is OnDelete: pods take the new template only when somebody deletes them.",
        "Delete the pods one by one after the switch; until then the workload waits for a pod.",
    ),
    "bare-pod": Entry(
        WARNING,
        "A pod without a controller cannot be changed while it lives.",
        "Create it again from the exported patch.",
    ),
    "running-job": Entry(
        WARNING,
        "The template of a Job cannot be changed once it exists.",
        "Let it finish, and create the next one from the exported patch.",
    ),
    "never-rolls": Entry(
        WARNING,
        "Its controller does not replace pods when the template changes.",
        "Apply the exported patch and delete its pods one by one.",
    ),
    "unsupported-controller": Entry(
        WARNING,
        "The pods belong to a controller that this collection does not change.",
        "Change its pod template by hand as the plan says: service account and pod label; remove aadpodidbinding.",
    ),
    "unhealthy": Entry(
        WARNING,
        "The workload is failing, paused or in mid-rollout; it is passed over unless forced.",
        "Bring it to health first, so that a failure after the switch can be told from one before it.",
    ),
    "held": Entry(
        WARNING,
        "An earlier switch of this workload failed and was undone; it is passed over until its template changes.",
        "Find the reason (method proxy helps where the SDK is too old), then run with retry_held.",
    ),
    "host-network": Entry(
        WARNING,
        "Pods on the host network never went through Pod Identity; they use the identities of the nodes.",
        "Check which identity they get today; after the switch it is the one of the plan.",
    ),
    "masked": Entry(
        WARNING,
        "The label aadpodidbinding is part of the workload's immutable selector and stays on its pods, so Pod"
        " Identity goes on answering them and can mask a fault.",
        "Nothing now: its binding is removed at retire. To be rid of the label, create the workload anew.",
    ),
    "init-container-proxy": Entry(
        WARNING,
        "Init containers run before the proxy's redirect exists, so what they ask the metadata service fails.",
        "Give init containers that need a token an SDK that knows workload identity.",
    ),
    "label-without-binding": Entry(
        WARNING,
        "The template carries aadpodidbinding and no binding matches it (any more); its pods get no token today.",
        "Remove the label, or create the binding if the workload is meant to have an identity.",
    ),
    "binding-without-identity": Entry(
        WARNING,
        "The binding names an AzureIdentity that does not exist in its namespace; Pod Identity ignores it.",
        "Delete the binding or create the AzureIdentity.",
    ),
    "lower-case-fields": Entry(
        WARNING,
        "Fields are written in lower case, as before version 1.6; newer versions of Pod Identity ignore them.",
        "Write them in camel case, or delete the object if nothing uses it.",
    ),
    "installation-incomplete": Entry(
        WARNING,
        "Pod Identity is only partly installed.",
        "If workloads still rely on it, repair it before the migration; retire removes the rest.",
    ),
    "secret-provider-class": Entry(
        WARNING,
        "The Secrets Store CSI driver gets its token through Pod Identity. The workload is given a twin of the class"
        " that uses workload identity.",
        "Check that the driver requests service-account tokens (CSIDriver tokenRequests, on by default on AKS).",
    ),
    "keda-trigger-authentication": Entry(
        WARNING,
        "KEDA authenticates through Pod Identity, which KEDA 2.15 and newer no longer does.",
        "Point the ScaledObjects to the twin that the plan creates, once KEDA's operator itself uses workload"
        " identity.",
    ),
    "node-identity-other-user": Entry(
        WARNING,
        "Somebody else uses this identity on the nodes; retire leaves it there.",
        "Give that user an identity of its own when convenient.",
    ),
    "unreadable": Entry(
        WARNING,
        "Something could not be read, so what depends on it is not in the answer.",
        "Grant get and list on it and assess again.",
    ),
    "role-not-mirrored": Entry(
        WARNING,
        "The old identity has this role assignment, and the new one did not get it.",
        "Give the new identity the role by hand, or see that its workloads do not need it.",
    ),
    # --- what is good to know ---------------------------------------------------------------------------------
    "issuer-is-final": Entry(
        NOTE,
        "The OIDC issuer is switched on. AKS cannot switch it off again, and its API server restarts once.",
        "Choose a quiet hour for clusters whose clients do not bear a restart of the API server.",
    ),
    "service-account-created": Entry(
        NOTE,
        "The workload gets a service account of its own, since its present one also serves others.",
        "Look for policies that name the old account (Istio, Vault, network or admission policies).",
    ),
    "binding-without-workload": Entry(
        NOTE,
        "No pod template matches the binding. Its pods may be made on demand (CI runners, Airflow, Spark).",
        "See whether anything still makes such pods; otherwise nothing is to be done.",
    ),
    "identity-unseen": Entry(
        NOTE,
        "A rule names this identity; it has not been read, so its credentials are counted when they are written.",
        "Nothing.",
    ),
    "excluded": Entry(NOTE, "A rule leaves this workload out.", "Nothing; it keeps Pod Identity."),
    "rule-unmatched": Entry(
        NOTE, "A rule matches no workload of this cluster.", "Check its patterns if it was meant to."
    ),
    "unused-installation": Entry(NOTE, "Pod Identity is installed and no workload uses it.", "Retire it."),
    "left-overs": Entry(
        NOTE,
        "Parts of Pod Identity are left although it is no longer installed.",
        "Retire removes them.",
    ),
    "wide-binding": Entry(
        NOTE,
        "The binding lies in another namespace than the workload, which the default mode allows.",
        "Nothing; a credential for the workload's own namespace is planned.",
    ),
    **SURROUNDINGS,
}

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Software that is known to use Pod Identity, by its images, and the setting to change in each.

Sources: the documentation of each project on workload identity (external-dns azure tutorial, cert-manager azuredns,
velero-plugin-for-microsoft-azure, AGIC helm values, fluxcd.io azure, external-secrets azurekv, Azure Monitor remote
write, keda.sh azure-ad-workload-identity, Azure Service Operator credential format, CAPZ workload identity).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .facts import ObjectRef
from .objects import containers, items, place


@dataclass(frozen=True)
class Software:
    name: str
    images: tuple[str, ...]  # last parts of image names, without tag
    change: str  # what to set, a whole sentence
    among: str = ""  # what the whole image name must hold as well, where the last part is a common word


USERS: tuple[Software, ...] = (
    Software(
        "external-dns",
        ("external-dns",),
        "In azure.json replace useManagedIdentityExtension and userAssignedIdentityID by"
        ' "useWorkloadIdentityExtension": true.',
    ),
    Software(
        "cert-manager",
        ("cert-manager-controller",),
        "Keep azureDNS.managedIdentity.clientID in each Issuer and ClusterIssuer (or add it), and set podLabels and"
        " serviceAccount.labels in the chart's values.",
    ),
    Software(
        "Velero",
        ("velero",),
        "Leave client secrets out of the credentials file, set useAAD: true in the Azure BackupStorageLocation, and"
        " podLabels and serviceAccount in the chart's values; the Azure plugin has to know workload identity (1.8 on).",
    ),
    Software(
        "Application Gateway Ingress Controller",
        ("kubernetes-ingress",),
        "In the chart's values set armAuth.type: workloadIdentity with armAuth.identityClientID in place of"
        " aadPodIdentity.",
        "application-gateway",
    ),
    Software(
        "Flux",
        (
            "source-controller",
            "kustomize-controller",
            "image-reflector-controller",
            "image-automation-controller",
            "notification-controller",
            "helm-controller",
        ),
        "Patch label and service-account annotation in the Kustomization of flux-system, and set provider: azure on"
        " the sources.",
        "flux",
    ),
    Software(
        "External Secrets",
        ("external-secrets",),
        "In each SecretStore and ClusterSecretStore with azurekv set authType: WorkloadIdentity in place of"
        " ManagedIdentity and identityId.",
    ),
    Software(
        "Azure Monitor remote write",
        ("prom-remotewrite",),
        "In the sidecar's environment put IDENTITY_TYPE: workloadIdentity in place of userAssigned.",
    ),
    Software(
        "Prometheus",
        ("prometheus",),
        "Under remote_write.azuread replace managed_identity by workload_identity or sdk, as its version allows.",
    ),
    Software(
        "KEDA",
        ("keda", "keda-operator"),
        "In the chart's values set podIdentity.azureWorkload.enabled, clientId and tenantId, and remove"
        " podIdentity.activeDirectory.identity.",
    ),
    Software(
        "Azure Service Operator",
        ("azureserviceoperator",),
        'Set USE_WORKLOAD_IDENTITY_AUTH: "true" in its credential Secret (useWorkloadIdentityAuth in the chart).',
    ),
    Software(
        "Cluster API Provider Azure",
        ("cluster-api-azure-controller",),
        "Set type: WorkloadIdentity in each AzureClusterIdentity in place of UserAssignedMSI.",
    ),
    Software(
        "Azure provider of the Secrets Store CSI driver",
        ("provider-azure",),
        'In each SecretProviderClass set usePodIdentity: "false" with clientID and tenantId.',
        "secrets-store",
    ),
    Software(
        "Crossplane provider for Azure",
        ("provider-azure", "provider-family-azure"),
        "In each ProviderConfig set credentials.source: OIDCTokenFile in place of UserAssignedManagedIdentity.",
        "upbound",
    ),
    Software(
        "Loki or Tempo",
        ("loki", "tempo"),
        "In the storage's azure section replace use_managed_identity by use_federated_token: true.",
        "grafana",
    ),
)

MAKERS: tuple[Software, ...] = (
    Software(
        "GitHub Actions runners",
        ("gha-runner-scale-set-controller", "actions-runner-controller"),
        "Change the pod template of the runner set.",
    ),
    Software(
        "GitLab Runner",
        ("gitlab-runner",),
        "Set service_account and pod_labels under [runners.kubernetes] in config.toml.",
    ),
    Software("Airflow", ("airflow",), "Change the pod template file, and executor_config of the tasks."),
    Software(
        "Spark operator",
        ("spark-operator",),
        "Change labels and serviceAccount of driver and executor in the SparkApplications.",
    ),
    Software("Jenkins", ("jenkins",), "Change the pod templates of its Kubernetes cloud."),
    Software(
        "Argo Workflows",
        ("workflow-controller",),
        "Change podMetadata and serviceAccountName in the workflow templates.",
    ),
    Software("JupyterHub", ("k8s-hub",), "Set singleuser.extraLabels and singleuser.serviceAccountName."),
)

# Labels that such software puts on the pods that it makes, where they have no owner.
_MARKS: Mapping[str, str] = {
    "airflow_version": "Airflow",
    "dag_id": "Airflow",
    "jenkins/label": "Jenkins",
    "spark-role": "Spark operator",
    "job.runner.gitlab.com/pod": "GitLab Runner",
    "actions.github.com/scale-set-name": "GitHub Actions runners",
    "hub.jupyter.org/username": "JupyterHub",
}


def users_in(template: Mapping[str, Any]) -> Iterator[Software]:
    """Known users of Pod Identity among the containers of a pod template, and Terraform by its variable."""
    yield from _in(template, USERS)
    for container in containers(template):
        for variable in items(container.get("env")):
            if variable.get("name") == "ARM_USE_MSI" and str(variable.get("value")).lower() == "true":
                yield Software(
                    "Terraform's azurerm provider",
                    (),
                    "Set ARM_USE_AKS_WORKLOAD_IDENTITY=true in place of ARM_USE_MSI (provider 3.83 on).",
                )
                return


def makers_in(objects: Sequence[tuple[ObjectRef, Mapping[str, Any]]]) -> tuple[str, ...]:
    """``Airflow (Deployment a/scheduler)`` for each workload here that makes pods on demand."""
    found = {
        f"{software.name} ({place(ref)})" for ref, template in objects for software in _in(template, MAKERS)
    }
    return tuple(sorted(found))


def maker_of(pod_labels: Mapping[str, Any]) -> Optional[Software]:
    """The software that made a pod without an owner, where its labels tell."""
    made_by = next((_MARKS[key] for key in sorted(pod_labels) if key in _MARKS), None)
    return next((software for software in MAKERS if software.name == made_by), None)


def _in(template: Mapping[str, Any], known: Sequence[Software]) -> Iterator[Software]:
    images = {str(container.get("image", "")).lower() for container in containers(template)}
    named = [(_last_part(image), image) for image in sorted(images)]
    for software in known:
        if any(last in software.images and software.among in image for last, image in named):
            yield software


def _last_part(image: str) -> str:
    """``registry.example:5000/a/external-dns:v1@sha256:...`` -> ``external-dns``"""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]

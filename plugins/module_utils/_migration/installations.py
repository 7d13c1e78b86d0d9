# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""How Pod Identity is installed: by Helm, by manifests, as the AKS add-on, by aks-engine, or several of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .facts import ClusterFacts, Finding, ObjectRef, PodIdentityInstallation, RawCluster
from .findings import CLUSTER, finding
from .kinds import DAEMON_SETS, DEPLOYMENTS, KindPath, listed
from .objects import annotations_of, containers, items, labels, mapping, name, place, spec, words

# mcr.microsoft.com/oss/azure/aad-pod-identity/nmi:v1.8.17, older mcr.microsoft.com/k8s/aad-pod-identity/nmi:1.5,
# and mirrors of both under other hosts.
_IMAGE = re.compile(r"(?:^|/)(?:aad-pod-identity/|aad-pod-identity-)?(mic|nmi)(?::([^@]+))?(?:@.*)?$")
_ADDON_NAMESPACE = "kube-system"


@dataclass(frozen=True)
class _Component:
    role: str  # mic | nmi
    ref: ObjectRef
    version: Optional[str]
    method: str
    release: Optional[str]
    chart: Optional[str]
    managed: bool
    namespaced: bool
    immutable: tuple[str, ...]


def installations(raw: RawCluster, cluster: ClusterFacts) -> tuple[PodIdentityInstallation, ...]:
    """Each installation, with its MIC and NMI; one of them is missing where it is half removed."""
    groups: dict[tuple[str, str, str], list[_Component]] = {}
    for component in _components(raw, cluster):
        groups.setdefault((component.method, component.ref.namespace, component.release or ""), []).append(
            component
        )
    found = [_installation(*key[:2], parts) for key, parts in sorted(groups.items())]
    profile = cluster.pod_identity_profile
    if profile is not None and profile.enabled and not any(item.method == "addon" for item in found):
        # The profile is the installation; AKS may be about to bring the DaemonSet (or has lost it).
        found.append(PodIdentityInstallation("addon", "managed", _ADDON_NAMESPACE, force_namespaced=True))
    return tuple(found)


def immutable_client_ids(raw: RawCluster, cluster: ClusterFacts) -> frozenset[str]:
    """Client IDs, in lower case, that MIC never takes off the nodes (--immutable-user-msis)."""
    return frozenset(item for component in _components(raw, cluster) for item in component.immutable)


def incomplete(found: tuple[PodIdentityInstallation, ...]) -> Iterator[Finding]:
    """Findings on installations that are half there."""
    for item in found:
        if item.nmi is None:
            what = "there is a MIC but no NMI" if item.mic else "the profile is enabled but NMI is not there"
            yield finding(
                "installation-incomplete", place(item.mic) if item.mic else CLUSTER, f"{what.capitalize()}."
            )
        elif item.mic is None and item.mode == "standard":
            yield finding(
                "installation-incomplete", place(item.nmi), "NMI runs in standard mode without a MIC."
            )


def _installation(method: str, namespace: str, parts: list[_Component]) -> PodIdentityInstallation:
    mic = next((part for part in parts if part.role == "mic"), None)
    nmi = next((part for part in parts if part.role == "nmi"), None)
    chart = next((part.chart for part in parts if part.chart), None)
    return PodIdentityInstallation(
        method=method,
        mode="managed" if mic is None and any(part.managed for part in parts) else "standard",
        namespace=namespace,
        version=next((part.version for part in parts if part.version), None),
        release=parts[0].release,
        chart=chart,
        mic=mic.ref if mic else None,
        nmi=nmi.ref if nmi else None,
        force_namespaced=any(part.namespaced for part in parts),
    )


def _components(raw: RawCluster, cluster: ClusterFacts) -> Iterator[_Component]:
    for kind in (DEPLOYMENTS, DAEMON_SETS):
        for obj in listed(raw, kind):
            for container in containers(mapping(spec(obj).get("template"))):
                role, version = _role(str(container.get("image", "")), obj)
                if role:
                    yield _component(kind, obj, container, role, version, cluster)
                    break


def _role(image: str, obj: Mapping[str, Any]) -> tuple[str, Optional[str]]:
    """``mic`` or ``nmi`` and the version; mirrors of the images are known by the object's own name or label."""
    match = _IMAGE.search(image)
    if not match:
        return "", None
    known = "aad-pod-identity" in image or name(obj) in ("mic", "nmi") or "aad-pod-id" in str(labels(obj))
    return (match.group(1), match.group(2)) if known else ("", None)


def _component(
    kind: KindPath,
    obj: Mapping[str, Any],
    container: Mapping[str, Any],
    role: str,
    version: Optional[str],
    cluster: ClusterFacts,
) -> _Component:
    arguments = _arguments(container)
    method, release = _method(kind, obj, role, cluster)
    return _Component(
        role=role,
        ref=kind.ref(obj),
        version=version,
        method=method,
        release=release,
        chart=str(labels(obj)["helm.sh/chart"]) if "helm.sh/chart" in labels(obj) else None,
        managed=arguments.get("operation-mode", "").lower() == "managed" or method == "addon",
        namespaced=_true(arguments.get("forcenamespaced")) or _true(_variable(container, "FORCENAMESPACED")),
        immutable=tuple(
            item.strip().lower()
            for item in arguments.get("immutable-user-msis", "").split(",")
            if item.strip()
        ),
    )


def _method(
    kind: KindPath, obj: Mapping[str, Any], role: str, cluster: ClusterFacts
) -> tuple[str, Optional[str]]:
    found = labels(obj)
    release = annotations_of(obj).get("meta.helm.sh/release-name") or found.get("app.kubernetes.io/instance")
    if found.get("app.kubernetes.io/managed-by") == "Helm" or "meta.helm.sh/release-name" in annotations_of(
        obj
    ):
        return "helm", str(release) if release else None
    # Charts of Helm 2 (1.5.x, Tiller) say so in "heritage".
    if found.get("heritage") == "Tiller":
        return "helm", str(found.get("release") or release or "") or None
    ref = kind.ref(obj)
    if role == "nmi" and ref.namespace == _ADDON_NAMESPACE:
        profile = cluster.pod_identity_profile
        # Name and namespace are those of the managed-mode manifest, too: Azure's profile tells them apart.
        if (profile is not None and profile.enabled) or found.get("kubernetes.azure.com/managedby") == "aks":
            return "addon", None
    if "addonmanager.kubernetes.io/mode" in found:
        return "aks-engine", None
    return ("manifests", None) if ref.name in ("mic", "nmi") else ("unknown", None)


def _arguments(container: Mapping[str, Any]) -> dict[str, str]:
    """``--a=b``, ``-a b`` and ``--a`` of command and arguments, names in lower case without dashes."""
    given = [word for key in ("command", "args") for word in words(container.get(key))]
    found: dict[str, str] = {}
    for index, word in enumerate(given):
        if not word.startswith("-"):
            continue
        key, equals, value = word.lstrip("-").partition("=")
        if not equals:
            following = given[index + 1] if index + 1 < len(given) else ""
            value = following if following and not following.startswith("-") else "true"
        found[key.lower()] = value.strip("\"'")
    return found


def _variable(container: Mapping[str, Any], wanted: str) -> Optional[str]:
    return next(
        (str(item.get("value")) for item in items(container.get("env")) if item.get("name") == wanted), None
    )


def _true(value: Optional[str]) -> bool:
    return (value or "").lower() == "true"

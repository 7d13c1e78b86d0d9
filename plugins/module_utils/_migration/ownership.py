# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Who else writes an object, and so may revert a live change.

Read from managed fields and tracking marks, not from ``app.kubernetes.io/managed-by`` alone, which many set by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from .objects import Object, annotations_of, at, controller, items, labels, metadata


@dataclass(frozen=True)
class Ownership:
    kind: str = "none"  # none | helm | gitops | operator
    text: Optional[str] = None  # "Helm release default/web"


_MANAGERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "flux": "Flux",
}

# Of all other writers only such names are taken for a program that will write again: people and pipelines have many.
_OPERATOR = re.compile(r"operator|-controller", re.IGNORECASE)


def ownership(obj: Object) -> Ownership:
    """The one whose revert is most likely: GitOps before operator before plain Helm."""
    return _gitops(obj) or _operator(obj) or _helm(obj) or Ownership()


def _gitops(obj: Object) -> Optional[Ownership]:
    marks, tags = annotations_of(obj), labels(obj)
    tracking = marks.get("argocd.argoproj.io/tracking-id")
    if tracking:
        return Ownership("gitops", f"Argo CD application {str(tracking).partition(':')[0]}")
    if "argocd.argoproj.io/instance" in tags:
        return Ownership("gitops", f"Argo CD application {tags['argocd.argoproj.io/instance']}")
    for prefix, what in (("kustomize", "Flux Kustomization"), ("helm", "Flux HelmRelease")):
        named = tags.get(f"{prefix}.toolkit.fluxcd.io/name")
        if named:
            return Ownership(
                "gitops", f"{what} {tags.get(f'{prefix}.toolkit.fluxcd.io/namespace', '')}/{named}"
            )
    for entry in items(metadata(obj).get("managedFields")):
        manager = str(entry.get("manager", ""))
        if manager in _MANAGERS:
            return Ownership("gitops", f"{_MANAGERS[manager]} (field manager {manager})")
    return None


def _operator(obj: Object) -> Optional[Ownership]:
    owner = controller(obj)
    if owner:
        return Ownership("operator", f"{owner.get('kind')} {owner.get('name')}")
    manager = next((name for name in _template_managers(obj) if _writes_again(name)), None)
    return Ownership("operator", f"field manager {manager}") if manager else None


def _writes_again(manager: str) -> bool:
    return manager != "kube-controller-manager" and bool(_OPERATOR.search(manager))


def _template_managers(obj: Object) -> Iterator[str]:
    """Who has written the pod template, or part of it."""
    for entry in items(metadata(obj).get("managedFields")):
        written = at(entry, ("fieldsV1", "f:spec"))
        if not entry.get("subresource") and ("f:template" in written or "f:jobTemplate" in written):
            yield str(entry.get("manager", ""))


def _helm(obj: Object) -> Optional[Ownership]:
    marks = annotations_of(obj)
    release = marks.get("meta.helm.sh/release-name")
    if not release:
        return None
    return Ownership("helm", f"Helm release {marks.get('meta.helm.sh/release-namespace', '')}/{release}")

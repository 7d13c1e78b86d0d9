# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What a Helm release put into a cluster, read from the secrets in which Helm keeps it (pure).

Source: helm.sh/helm/v3 pkg/storage/driver (secrets.go, util.go): type helm.sh/release.v1, labels owner=helm
and name=<release>, data.release = base64 of gzip of JSON; the API adds its own base64 around it.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from .._migration.facts import ObjectRef
from .errors import KubernetesError
from .paths import UnknownKind, is_namespaced

SECRET_TYPE = "helm.sh/release.v1"
_GZIP_MAGIC = b"\x1f\x8b\x08"


def selector(release: str) -> str:
    """Label selector of the release's secrets, one for each revision."""
    return f"owner=helm,name={release}"


def objects(secrets: Iterable[Mapping[str, Any]], namespace: str) -> tuple[ObjectRef, ...]:
    """All objects of the newest revision's manifest and hooks; cluster-wide kinds without a namespace.

    Kinds that have no fixed path are left out, as Helm leaves CRDs of a chart's folder crds. Raises
    KubernetesError for a release that cannot be read.
    """
    import yaml

    newest = _newest(secrets)
    if newest is None:
        return ()
    release = decode(newest)
    texts = [str(release.get("manifest") or "")]
    texts += [str(hook.get("manifest") or "") for hook in release.get("hooks") or ()]
    found: dict[ObjectRef, None] = {}
    try:
        for document in (item for text in texts for item in yaml.safe_load_all(text)):
            ref = _ref(document, namespace)
            if ref is not None:
                found[ref] = None
    except yaml.YAMLError:
        raise KubernetesError(
            f"The manifest in {_where(newest)} is not YAML. Remove the release with helm."
        ) from None
    return tuple(found)


def decode(secret: Mapping[str, Any]) -> Mapping[str, Any]:
    """The release that a secret holds. Raises KubernetesError."""
    try:
        inner = base64.b64decode((secret.get("data") or {})["release"])
        packed = base64.b64decode(inner)
        text = gzip.decompress(packed) if packed[:3] == _GZIP_MAGIC else packed
        release = json.loads(text)
    except (KeyError, ValueError, OSError, EOFError, binascii.Error):
        raise KubernetesError(
            f"{_where(secret)} holds no readable Helm release. Remove it with helm."
        ) from None
    if not isinstance(release, dict):
        raise KubernetesError(f"{_where(secret)} holds no Helm release.")
    return release


def _newest(secrets: Iterable[Mapping[str, Any]]) -> Optional[Mapping[str, Any]]:
    def revision(secret: Mapping[str, Any]) -> int:
        version = str((secret["metadata"].get("labels") or {}).get("version", "0"))
        return int(version) if version.isdigit() else 0

    return max((item for item in secrets if item.get("type") == SECRET_TYPE), key=revision, default=None)


def _ref(document: Any, namespace: str) -> Optional[ObjectRef]:
    if not isinstance(document, Mapping) or not document.get("kind"):
        return None
    metadata = document.get("metadata") or {}
    try:
        namespaced = is_namespaced(document["kind"])
    except UnknownKind:
        return None
    place = str(metadata.get("namespace") or namespace) if namespaced else ""
    return ObjectRef(
        document["kind"], place, str(metadata.get("name")), str(document.get("apiVersion") or "v1")
    )


def _where(secret: Mapping[str, Any]) -> str:
    metadata = secret.get("metadata") or {}
    return f"Secret {metadata.get('namespace')}/{metadata.get('name')}"

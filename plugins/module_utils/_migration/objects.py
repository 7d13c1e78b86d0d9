# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Reading Kubernetes objects: plain JSON as the API server gives it, nothing assumed to be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from .facts import ObjectRef

Object = Mapping[str, Any]

BINDING_LABEL = "aadpodidbinding"
USE_LABEL = "azure.workload.identity/use"
CLIENT_ID_ANNOTATION = "azure.workload.identity/client-id"
TENANT_ID_ANNOTATION = "azure.workload.identity/tenant-id"
PROXY_ANNOTATION = "azure.workload.identity/inject-proxy-sidecar"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
COLLECTION = "aksops.workload_identity"


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` where it is an object, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list; what is no object is left out."""
    return (
        tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, (list, tuple)) else ()
    )


def metadata(obj: Object) -> Mapping[str, Any]:
    return mapping(obj.get("metadata"))


def spec(obj: Object) -> Mapping[str, Any]:
    return mapping(obj.get("spec"))


def status(obj: Object) -> Mapping[str, Any]:
    return mapping(obj.get("status"))


def labels(obj: Object) -> Mapping[str, Any]:
    return mapping(metadata(obj).get("labels"))


def annotations_of(obj: Object) -> Mapping[str, Any]:
    return mapping(metadata(obj).get("annotations"))


def name(obj: Object) -> str:
    return str(metadata(obj).get("name", ""))


def namespace(obj: Object) -> str:
    return str(metadata(obj).get("namespace") or "")


def place(ref: ObjectRef) -> str:
    """``Deployment team-a/web``: how findings and messages name an object."""
    return f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"


def controller(obj: Object) -> Optional[Mapping[str, Any]]:
    """The owner reference of the controller, where there is one."""
    for owner in items(metadata(obj).get("ownerReferences")):
        if owner.get("controller"):
            return owner
    return None


def at(document: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
    """The object at ``path``, an empty one where there is none."""
    for key in path:
        document = mapping(document).get(key)
    return mapping(document)


def containers(template: Object) -> Iterator[Mapping[str, Any]]:
    """Init containers first, as they run."""
    pod = spec(template)
    yield from items(pod.get("initContainers"))
    yield from items(pod.get("containers"))


def words(value: Any) -> tuple[str, ...]:
    """The items of a list as text, as commands and arguments are; none where it is no list."""
    return tuple(str(item) for item in value) if isinstance(value, (list, tuple)) else ()


def without_managed_fields(obj: Object) -> dict[str, Any]:
    """A copy for a facts file: managed fields are half of an object's size and nobody reads them there."""
    copy = dict(obj)
    copy["metadata"] = {key: value for key, value in metadata(obj).items() if key != "managedFields"}
    return copy

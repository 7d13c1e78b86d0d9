# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resource IDs: compared without case, taken apart by their segments."""

from __future__ import annotations

from dataclasses import dataclass


def key(resource_id: str) -> str:
    """What an ID is looked up by."""
    return resource_id.strip().rstrip("/").lower()


def scope_of(path: str) -> str:
    """The resource that a request path acts on: without the name of an action or of a collection at its end.

    ``/subscriptions/s/providers/Microsoft.X/things`` acts on the subscription, ``.../things/t/restart`` on the thing.
    """
    parts = path.strip("/").split("/")
    lower = [part.lower() for part in parts]
    if "providers" not in lower:
        return "/" + "/".join(parts if len(parts) % 2 == 0 else parts[:-1])
    at = len(lower) - 1 - lower[::-1].index("providers")
    rest = parts[at + 2 :]
    if len(rest) % 2:
        rest = rest[:-1]
    return "/" + "/".join(parts[:at] if not rest else [*parts[: at + 2], *rest])


def within(scope: str, resource_id: str) -> bool:
    """Whether the resource is the scope or lies below it."""
    outer, inner = key(scope), key(resource_id)
    return outer in ("", inner) or inner.startswith(outer + "/")


@dataclass(frozen=True)
class ResourceName:
    """The parts of an ID ``/subscriptions/.../resourceGroups/.../providers/<namespace>/<type>/<name>``."""

    subscription: str
    group: str
    type: str
    name: str

    @staticmethod
    def of(resource_id: str) -> ResourceName:
        """
        Raises:
            ValueError: it is no ID of a resource in a group.
        """
        parts = resource_id.strip("/").split("/")
        lower = [part.lower() for part in parts]
        if (
            len(parts) < 8
            or lower[0] != "subscriptions"
            or lower[2] != "resourcegroups"
            or lower[4] != "providers"
        ):
            raise ValueError(f"{resource_id!r} is not the ID of a resource in a resource group")
        return ResourceName(parts[1], parts[3], f"{parts[5]}/{parts[6]}", parts[7])

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Names of what a migration makes: legal, the same every time, and never dependent on what else exists."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

_CREDENTIAL_LENGTH = 120  # ^[a-zA-Z0-9]{1}[a-zA-Z0-9-_]{2,119}$ (azure-rest-api-specs, msi)
_IDENTITY_LENGTH = 128  # of a user-assigned identity, from 3 on
_OBJECT_LENGTH = 63  # what Kubernetes takes as a name and as a label value, too


def credential(cluster_id: str, cluster_name: str, namespace: str, account: str) -> str:
    """Of the federated credential of one account of one cluster."""
    mark = _mark(cluster_id.lower(), namespace, account)
    return _fitted(f"{cluster_name}-{namespace}-{account}", mark, _CREDENTIAL_LENGTH, r"[^a-zA-Z0-9_-]+")


def service_account(old: str, identity_ids: Sequence[str]) -> str:
    """Of the account that takes over from ``old`` for one set of identities; the first of them is the default."""
    own = identity_ids[0].rstrip("/").rpartition("/")[2] if identity_ids else ""
    mark = _mark(old, *(item.lower() for item in identity_ids))
    return _fitted(f"{old}-wi-{own}".lower(), mark, _OBJECT_LENGTH, r"[^a-z0-9-]+")


def identity(resource_id: str, region: str) -> str:
    """Of the identity that replaces ``resource_id`` in another region."""
    old = resource_id.rstrip("/").rpartition("/")[2]
    return f"{old[: _IDENTITY_LENGTH - len(region) - 1]}-{region}"


def identity_id(resource_id: str, region: str, resource_group: str = "") -> str:
    """Resource ID of the identity that replaces ``resource_id``, in its own group unless another is given."""
    parts = resource_id.strip("/").split("/")
    parts[3] = resource_group or parts[3]
    parts[-1] = identity(resource_id, region)
    return "/" + "/".join(parts)


def twin(name: str, identity_id: str, shared: bool) -> str:
    """Of the object that does for workload identity what ``name`` does for Pod Identity.

    ``shared``: workloads of several identities use it, so that there are several twins.
    """
    return f"{name}-wi-{_mark(identity_id.lower())}" if shared else f"{name}-wi"


def _mark(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:6]


def _fitted(text: str, mark: str, length: int, illegal: str) -> str:
    legal = re.sub(illegal, "-", text).strip("-_") or "x"
    return f"{legal[: length - len(mark) - 1].rstrip('-_')}-{mark}"

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What is to become of one cluster: pure data, the same for the same facts and options.

A plan never says how far a migration is: each module compares it with what is there and does what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .facts import Finding, ObjectRef

PLAN_SCHEMA = "aksops.workload_identity/plan/v1"


def unknown(what: str) -> str:
    """The mark of a value that only the real run can know; accepted by modules in check mode only."""
    return f"(known after apply: {what})"


def is_unknown(value: object) -> bool:
    return isinstance(value, str) and value.startswith("(known after apply: ")


@dataclass(frozen=True)
class PlannedIdentity:
    """A user-assigned identity that workloads will use."""

    id: str  # resource ID to use from now on
    client_id: str  # may be unknown()
    tenant_id: str
    create: bool = False
    location: Optional[str] = None  # of the one to create
    tags: Optional[Mapping[str, str]] = None
    mirror_from: Optional[str] = None  # resource ID of the identity whose role assignments it gets
    source_client_id: Optional[str] = None  # client ID that workloads may have pinned until now


@dataclass(frozen=True)
class PlannedCredential:
    identity_id: str
    name: str
    issuer: str  # may be unknown()
    subject: str  # system:serviceaccount:<namespace>:<name>
    audience: str


@dataclass(frozen=True)
class PlannedServiceAccount:
    namespace: str
    name: str
    identity_id: str
    client_id: str  # may be unknown()
    tenant_id: str
    create: bool
    copy_from: Optional[str] = (
        None  # the account whose imagePullSecrets, automount and bindings it takes over
    )
    role_bindings: tuple[
        ObjectRef, ...
    ] = ()  # bindings that get the new account as a subject beside the old one


@dataclass(frozen=True)
class PlannedWorkload:
    ref: ObjectRef
    service_account: str
    identity_ids: tuple[str, ...]
    method: str  # direct | proxy
    wave: int  # 0 is the canary
    apply: str  # live | export | none
    reason: str = ""  # why apply is none
    client_ids: Optional[Mapping[str, str]] = None  # old client ID -> new, where pinned in the template
    keep_label: bool = False  # aadpodidbinding is part of an immutable selector: state "masked"
    dependants: Optional[Mapping[str, str]] = None  # SecretProviderClass -> its "-wi" twin
    client_id_env: Optional[str] = (
        None  # AZURE_CLIENT_ID to add: its account is annotated with another (mode share)
    )


@dataclass(frozen=True)
class Plan:
    schema: str
    cluster_id: str
    cluster_name: str
    state: str  # nothing_to_migrate | ready | blocked | partly_blocked
    issuer_url: str  # may be unknown()
    identities: tuple[PlannedIdentity, ...]
    credentials: tuple[PlannedCredential, ...]
    service_accounts: tuple[PlannedServiceAccount, ...]
    workloads: tuple[PlannedWorkload, ...]
    dependants: tuple[Mapping[str, Any], ...]  # objects to create: the "-wi" twins, whole
    findings: tuple[Finding, ...]
    # What of the facts it rests on, by place and aspect (plan_basis): a plan that is given back is held against it.
    basis: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

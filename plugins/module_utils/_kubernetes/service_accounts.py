# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Service accounts that name their identity: annotated in place, or new ones beside the old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .._migration.facts import ObjectRef
from .._migration.plan import PlannedServiceAccount, is_unknown
from .client import KubernetesClient
from .errors import AlreadyExists, Forbidden, KubernetesError, NotFound
from .paths import collection, single

CLIENT_ID = "azure.workload.identity/client-id"
TENANT_ID = "azure.workload.identity/tenant-id"
MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "aksops.workload_identity"
COPIED_FROM = "workload-identity.aksops.io/copied-from"


@dataclass(frozen=True)
class AccountOutcome:
    namespace: str
    name: str
    outcome: str  # unchanged | annotated | created
    before: Optional[Mapping[str, Any]]  # the parts that this module is about, for the diff
    after: Mapping[str, Any]
    bindings: tuple[str, ...] = ()  # role bindings that got the account as a subject in this run

    @property
    def changed(self) -> bool:
        return self.outcome != "unchanged" or bool(self.bindings)


class AccountError(KubernetesError):
    """A service account cannot become what was asked for."""


def wanted_annotations(wanted: PlannedServiceAccount) -> dict[str, str]:
    return {CLIENT_ID: wanted.client_id, TENANT_ID: wanted.tenant_id}


def missing_annotations(current: Mapping[str, Any], wanted: PlannedServiceAccount) -> dict[str, str]:
    """What has to be written so that the account names its identity; empty: nothing."""
    there = (current.get("metadata") or {}).get("annotations") or {}
    return {key: value for key, value in wanted_annotations(wanted).items() if there.get(key) != value}


def new_account(wanted: PlannedServiceAccount, source: Optional[Mapping[str, Any]]) -> dict[str, Any]:
    """The whole object of a new account; ``source`` is the one whose pull secrets and automounting it takes
    over."""
    metadata: dict[str, Any] = {
        "name": wanted.name,
        "namespace": wanted.namespace,
        "labels": {MANAGED_BY: MANAGER},
        "annotations": wanted_annotations(wanted),
    }
    account: dict[str, Any] = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    if source is not None:
        metadata["annotations"][COPIED_FROM] = source["metadata"]["name"]
        for key in ("imagePullSecrets", "automountServiceAccountToken"):
            if key in source:
                account[key] = source[key]
    return account


def with_subject(binding: Mapping[str, Any], namespace: str, name: str) -> Optional[list[dict[str, Any]]]:
    """The binding's subjects and the account among them, or None where it is one already."""
    subjects = [dict(item) for item in binding.get("subjects") or ()]
    for subject in subjects:
        place = subject.get("namespace") or (binding.get("metadata") or {}).get("namespace")
        if (subject.get("kind"), subject.get("name"), place) == ("ServiceAccount", name, namespace):
            return None
    return [*subjects, {"kind": "ServiceAccount", "name": name, "namespace": namespace}]


def ensure(client: KubernetesClient, wanted: Sequence[PlannedServiceAccount]) -> tuple[AccountOutcome, ...]:
    """Makes the accounts so. With a dry-run client nothing is stored and the outcomes are the same.

    Raises AccountError for what cannot be, with the outcomes so far in ``data["service_accounts"]``.
    """
    _refuse_clashes(wanted)
    done: list[AccountOutcome] = []
    try:
        for account in wanted:
            done.append(_ensure(client, account))
    except KubernetesError as error:
        error.data = {**(error.data or {}), "service_accounts": [shown(item) for item in done]}
        raise
    return tuple(done)


def shown(outcome: AccountOutcome) -> dict[str, Any]:
    """An outcome as a module returns it."""
    return {
        "namespace": outcome.namespace,
        "name": outcome.name,
        "outcome": outcome.outcome,
        "role_bindings": list(outcome.bindings),
    }


def _refuse_clashes(wanted: Sequence[PlannedServiceAccount]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for account in wanted:
        key = (account.namespace, account.name)
        if seen.setdefault(key, account.client_id) != account.client_id:
            raise AccountError(
                f"The service account {'/'.join(key)} is asked for with two client IDs. Keep one."
            )


def _ensure(client: KubernetesClient, wanted: PlannedServiceAccount) -> AccountOutcome:
    if is_unknown(wanted.client_id) and not client.dry_run:
        raise AccountError(
            f"{client.cluster}: the client ID for {wanted.namespace}/{wanted.name} is not known yet. Create"
            " the identity"
            " first and pass what managed_identities returned as identities."
        )
    current = client.find(single("ServiceAccount", wanted.namespace, wanted.name))
    if current is None:
        outcome = _create(client, wanted)
    else:
        outcome = _annotate(client, wanted, current)
    bindings = tuple(text for text in (_bind(client, ref, wanted) for ref in wanted.role_bindings) if text)
    return AccountOutcome(
        outcome.namespace, outcome.name, outcome.outcome, outcome.before, outcome.after, bindings
    )


def _create(client: KubernetesClient, wanted: PlannedServiceAccount) -> AccountOutcome:
    if not wanted.create:
        raise AccountError(
            f"{client.cluster}: the service account {wanted.namespace}/{wanted.name} does not exist. Create"
            " it, or set"
            " create: true for it."
        )
    source = None
    if wanted.copy_from:
        source = client.find(single("ServiceAccount", wanted.namespace, wanted.copy_from))
        if source is None:
            raise AccountError(
                f"{client.cluster}: {wanted.namespace}/{wanted.name} is to be copied from"
                f" {wanted.copy_from}, which"
                " does not exist. Check copy_from, or make a new plan."
            )
    body = new_account(wanted, source)
    try:
        client.create(collection("ServiceAccount", wanted.namespace), body)
    except AlreadyExists:  # made meanwhile, by another run or by a request of ours whose answer was lost
        return _annotate(client, wanted, client.get(single("ServiceAccount", wanted.namespace, wanted.name)))
    except NotFound:
        raise AccountError(
            f"{client.cluster}: the namespace {wanted.namespace} does not exist, so {wanted.name} cannot be"
            " created in it."
        ) from None
    return AccountOutcome(wanted.namespace, wanted.name, "created", None, body)


def _annotate(
    client: KubernetesClient, wanted: PlannedServiceAccount, current: Mapping[str, Any]
) -> AccountOutcome:
    before, after = _about(current), {**_about(current), **wanted_annotations(wanted)}
    if not missing_annotations(current, wanted):
        return AccountOutcome(wanted.namespace, wanted.name, "unchanged", before, before)

    def patch(account: dict[str, Any]) -> Optional[dict[str, Any]]:
        missing = missing_annotations(account, wanted)
        return {"metadata": {"annotations": missing}} if missing else None

    client.change(single("ServiceAccount", wanted.namespace, wanted.name), patch)
    return AccountOutcome(wanted.namespace, wanted.name, "annotated", before, after)


def _about(account: Mapping[str, Any]) -> dict[str, Any]:
    there = (account.get("metadata") or {}).get("annotations") or {}
    return {key: there[key] for key in (CLIENT_ID, TENANT_ID) if key in there}


def _bind(client: KubernetesClient, ref: ObjectRef, wanted: PlannedServiceAccount) -> str:
    changed = False

    def patch(binding: dict[str, Any]) -> Optional[dict[str, Any]]:
        nonlocal changed
        subjects = with_subject(binding, wanted.namespace, wanted.name)
        changed = subjects is not None
        return {"subjects": subjects} if changed else None

    where = f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"
    try:
        client.change(single(ref.kind, ref.namespace, ref.name), patch)
    except NotFound:
        raise AccountError(
            f"{client.cluster}: {where} is gone since the plan was made. Make a new plan."
        ) from None
    except Forbidden as error:
        raise AccountError(
            f"{error} Adding a subject to a binding also needs the right to bind its role, or all rights"
            " that it gives."
        ) from None
    return where if changed else ""

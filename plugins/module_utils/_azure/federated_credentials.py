# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Federated credentials of user-assigned identities: read side by side, written one after another per identity."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from .._migration.facts import FederatedCredential
from . import identities
from .credential_changes import Step, full
from .errors import AzureError
from .parallel import each
from .session import AzureSession

API_VERSION = identities.API_VERSION
_NEW_IDENTITY = 60.0  # seconds that Resource Manager's other replicas may take to know a new identity
_REREADS = 3  # times that an "already exists" of which nothing is listed is tried again


@dataclass(frozen=True)
class Done:
    """What became of one identity: the steps that were taken, and what ended them early."""

    identity_id: str
    steps: tuple[Step, ...]
    error: Optional[AzureError] = None


def read(
    session: AzureSession, identity_ids: Iterable[str], new: Collection[str], unmade: Collection[str]
) -> dict[str, tuple[FederatedCredential, ...]]:
    """Credentials by identity ID in lower case.

    ``new``: IDs in lower case of identities that this run may just have made, which Azure may not know everywhere
    yet. ``unmade``: of those that check mode would make, which have none. Raises AzureError; for all identities
    whose region has no federated credentials at once.
    """

    def of(identity_id: str) -> tuple[FederatedCredential, ...]:
        until = time.monotonic() + (_NEW_IDENTITY if identity_id.lower() in new else 0)
        while True:
            try:
                return _listed(session, identity_id)
            except AzureError as error:
                if error.status == 404 and identity_id.lower() in unmade:
                    return ()
                if error.status != 404 or time.monotonic() > until:
                    raise
                time.sleep(random.uniform(1, 3))

    outcomes = each(identity_ids, of)
    unsupported = []
    for outcome in outcomes:
        if outcome.error is not None and outcome.error.status != 405:
            raise outcome.error
        if outcome.error is not None:
            unsupported.append(outcome.item)
    if unsupported:
        raise _unsupported(session, unsupported)
    return {outcome.item.lower(): outcome.answer or () for outcome in outcomes}


def act(session: AzureSession, by_identity: Mapping[str, Sequence[Step]]) -> list[Done]:
    """Takes the steps, identities side by side. The session waits while others write to the same identity."""
    outcomes = each(by_identity.items(), lambda item: _act_on_one(session, item[0], item[1]))
    return [outcome.answer for outcome in outcomes if outcome.answer is not None]


def _act_on_one(session: AzureSession, identity_id: str, steps: Sequence[Step]) -> Done:
    """Azure refuses a second write to an identity while one is under way, so they follow one another."""
    done: list[Step] = []
    for step in steps:
        try:
            done.append(_act(session, step) if step.changes else step)
        except AzureError as error:
            return Done(identity_id, tuple(done), error)
    return Done(identity_id, tuple(done))


def _act(session: AzureSession, step: Step) -> Step:
    path = f"{step.identity_id}/federatedIdentityCredentials/{step.credential.name}"
    if step.outcome == "removed":
        session.delete(path, API_VERSION)
        return step
    body = {
        "properties": {
            "issuer": step.credential.issuer,
            "subject": step.credential.subject,
            "audiences": list(step.credential.audiences),
        }
    }
    for attempt in range(1, _REREADS + 1):
        try:
            session.put(path, body, API_VERSION)
            return step
        except AzureError as error:
            _require_existing(error, step)
            standing = _standing(session, step)
            if standing is not None:
                return standing
            if attempt == _REREADS:
                raise
            time.sleep(random.uniform(1, 2) * attempt)
    raise AssertionError("unreachable")  # the last attempt returns or raises


def _require_existing(refusal: AzureError, step: Step) -> None:
    """Raises AzureError for every other refusal than that the credential is there already."""
    if refusal.status == 400 and "too many federated" in refusal.message.lower():
        # Somebody else has filled it since it was read.
        raise full(step.identity_id, f"Azure refused {step.credential.name}: {refusal.message}") from refusal
    if refusal.status != 400 or "already exists" not in refusal.message.lower():
        raise refusal


def _standing(session: AzureSession, step: Step) -> Optional[Step]:
    """The credential that Azure says exists: another run has written it since, or the message is a spurious one.

    None where it is not listed. Raises AzureError where it is there and cannot serve.
    """
    for item in _listed(session, step.identity_id):
        if (item.issuer, item.subject) == (step.credential.issuer, step.credential.subject):
            if item.audiences == step.credential.audiences:
                return replace(step, outcome="unchanged", credential=item, before=item)
            raise AzureError(
                f"{step.identity_id}: the federated credential {item.name} for {item.subject} has the audience"
                f" {', '.join(item.audiences)}, written while this ran. Run again to set"
                f" {step.credential.audiences[0]}.",
                status=409,
                resource_id=step.identity_id,
            )
        if (item.issuer.lower(), item.subject.lower()) == (
            step.credential.issuer.lower(),
            step.credential.subject.lower(),
        ):
            raise AzureError(
                f"{step.identity_id}: the federated credential {item.name} ({item.subject}) differs from"
                f" {step.credential.subject} in upper and lower case only, and Azure takes no second one."
                " It matches no token: delete it and run again.",
                status=409,
                resource_id=step.identity_id,
            )
    return None


def _listed(session: AzureSession, identity_id: str) -> tuple[FederatedCredential, ...]:
    path = f"{identity_id}/federatedIdentityCredentials"
    return tuple(_credential(body) for body in session.list(path, API_VERSION))


def _credential(body: Mapping[str, Any]) -> FederatedCredential:
    properties = body.get("properties") or {}
    return FederatedCredential(
        name=str(body["name"]),
        issuer=str(properties.get("issuer") or ""),
        subject=str(properties.get("subject") or ""),
        audiences=tuple(str(item) for item in properties.get("audiences") or ()),
    )


def _unsupported(session: AzureSession, identity_ids: Sequence[str]) -> AzureError:
    """405 is Azure's answer in a region without the service; which regions these are changes over time."""
    found = identities.read(session, identity_ids)
    places = []
    for identity_id in identity_ids:
        identity = found[identity_id.lower()]
        places.append(f"{identity_id} in {identity.location if identity else 'an unknown region'}")
    return AzureError(
        "Azure has no federated credentials for identities in these regions (405): "
        + "; ".join(places)
        + ". Give regions that have them to migration_plan (regions, or workload_identity_regions in the playbooks) and"
        " plan anew: the identity is then re-created there, with its role assignments. Nothing was written.",
        status=405,
        resource_id=identity_ids[0],
    )

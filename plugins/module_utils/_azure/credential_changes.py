# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What has to change in the federated credentials of one identity: pure, from what is wanted and what is there.

A credential is known by its issuer and subject, which Azure keeps unique on an identity and compares with
upper and lower case and the trailing slash; its name is only what it is called.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from .._migration.credentials import LIMIT
from .._migration.facts import FederatedCredential
from .._migration.plan import is_unknown, unknown
from .errors import AzureError

DEFAULT_AUDIENCE = "api://AzureADTokenExchange"
_LONGEST = 600  # characters of issuer, subject and audience (learn.microsoft.com, considerations)
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}")  # azure-rest-api-specs, msi
_ACCOUNT = re.compile(r"system:serviceaccount:([^:]+):([^:]+)")

WAYS_OUT = (
    "Let workloads share service accounts (service_account_mode: share, or service_account in a rule of"
    " migration_plan), remove credentials that nobody needs any more, or move workloads to a second identity with"
    " the same role assignments (module role_assignments, and identity in a rule)."
)


@dataclass(frozen=True)
class Wanted:
    """``issuer`` may be unknown in check mode; then nothing that exists can be meant by it."""

    identity_id: str
    name: str
    issuer: str
    subject: str
    audience: str


@dataclass(frozen=True)
class Step:
    """``outcome``: unchanged, created, updated, removed or absent; the same word before and after the doing."""

    identity_id: str
    outcome: str
    credential: FederatedCredential  # as it is to be, or the one that goes
    before: Optional[FederatedCredential] = None

    @property
    def changes(self) -> bool:
        return self.outcome not in ("unchanged", "absent")


def own_name(issuer: str, subject: str) -> str:
    """The name of a credential that nobody has named: legal, and the same every time."""
    if is_unknown(issuer):
        return unknown(f"name of the credential of {subject}")
    mark = hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()[:10]
    account = ":".join(account_of(subject)) or subject
    legal = re.sub(r"[^a-zA-Z0-9_-]+", "-", account).strip("-_") or "x"
    return f"{legal[:100]}-{mark}"


def account_of(subject: str) -> tuple[str, ...]:
    """Namespace and name of the service account that is the subject; empty for any other subject."""
    found = _ACCOUNT.fullmatch(subject)
    return (found[1], found[2]) if found else ()


def checked(wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """Each once. Raises AzureError for what Azure would refuse, before anything is written."""
    found: dict[tuple[str, str, str], Wanted] = {}
    names: dict[tuple[str, str], tuple[str, str]] = {}
    for item in wanted:
        for what, value in (("issuer", item.issuer), ("subject", item.subject), ("audience", item.audience)):
            if not value or len(value) > _LONGEST:
                raise AzureError(
                    f"{item.identity_id}: the {what} of a federated credential has 1 to {_LONGEST} characters, and"
                    f" {value[:80]!r} has {len(value)}."
                )
        if not is_unknown(item.issuer) and not item.issuer.startswith("https://"):
            raise AzureError(
                f"{item.identity_id}: {item.issuer!r} is no issuer URL. Give the cluster's, exactly as"
                " aks_oidc_issuer returns it, with its trailing slash."
            )
        if not is_unknown(item.name) and not _NAME.fullmatch(item.name):
            raise AzureError(
                f"{item.identity_id}: {item.name!r} is no name for a federated credential. It has 3 to 120 letters,"
                " digits, hyphens and underscores and starts with a letter or digit."
            )
        pair = (item.issuer, item.subject)
        if names.setdefault((item.identity_id.lower(), item.name.lower()), pair) != pair:
            raise AzureError(
                f"{item.identity_id}: {item.name} is the name of two federated credentials. Name one otherwise."
            )
        found.setdefault((item.identity_id.lower(), *pair), item)
    return tuple(found.values())


def present(
    identity_id: str,
    wanted: Sequence[Wanted],
    existing: Sequence[FederatedCredential],
    purgeable: Callable[[FederatedCredential], bool],
) -> tuple[Step, ...]:
    """The steps for one identity, in a safe order.

    ``purgeable`` says of a credential that is not wanted whether it goes. Raises AzureError where there is no room.
    """
    pairs = {(item.issuer, item.subject) for item in wanted}
    steps = [_step(item, existing, pairs) for item in wanted]
    # One whose name is given to another pair does not go by itself: it is overwritten.
    overwritten = {step.before.name.lower() for step in steps if step.before is not None}
    gone = [
        Step(identity_id, "removed", item, item)
        for item in existing
        if (item.issuer, item.subject) not in pairs
        and item.name.lower() not in overwritten
        and purgeable(item)
    ]
    created = sum(step.outcome == "created" for step in steps)
    if created and len(existing) + created - len(gone) > LIMIT:
        raise full(identity_id, f"it has {len(existing)} and needs {created} more")
    # What is no longer needed goes last, unless its place is needed.
    return tuple([*gone, *steps] if gone and len(existing) + created > LIMIT else [*steps, *gone])


def absent(
    identity_id: str,
    wanted: Sequence[Wanted],
    existing: Sequence[FederatedCredential],
    removable: Callable[[FederatedCredential], bool],
) -> tuple[Step, ...]:
    """The steps that take the credentials of these issuers and subjects away, as far as they are ``removable``."""
    steps = []
    for item in wanted:
        found = _of_pair(existing, item.issuer, item.subject)
        if found is None:
            steps.append(Step(identity_id, "absent", _credential(item)))
        else:
            steps.append(Step(identity_id, "removed" if removable(found) else "unchanged", found, found))
    return tuple(steps)


def near_misses(
    identity_id: str, steps: Iterable[Step], existing: Sequence[FederatedCredential]
) -> list[str]:
    """Existing credentials that look like a new one and match no token of it: another case, another slash."""

    def alike(item: FederatedCredential) -> tuple[str, str]:
        return item.issuer.rstrip("/").lower(), item.subject.lower()

    return [
        f"{identity_id} has the federated credential {item.name}, which differs from the new one for"
        f" {step.credential.subject} in upper and lower case or in the trailing slash of the issuer only. It matches"
        " no token of this service account; delete it if nobody else needs it."
        for step in steps
        if step.outcome == "created"
        for item in existing
        if alike(item) == alike(step.credential)
    ]


def full(identity_id: str, words: str) -> AzureError:
    """The failure of an identity that has no room for another credential."""
    return AzureError(
        f"{identity_id} has no room for the federated credentials: {words}, and {LIMIT} is the most for one identity."
        f" {WAYS_OUT}",
        resource_id=identity_id,
    )


def counts(steps: Iterable[Step]) -> Mapping[str, int]:
    """How many came out how."""
    found = {"created": 0, "updated": 0, "removed": 0, "unchanged": 0, "absent": 0}
    for step in steps:
        found[step.outcome] += 1
    return found


def _step(
    wanted: Wanted, existing: Sequence[FederatedCredential], pairs: Collection[tuple[str, str]]
) -> Step:
    credential = _credential(wanted)
    found = _of_pair(existing, wanted.issuer, wanted.subject)
    if found is not None:
        named = replace(credential, name=found.name)
        same = found.audiences == named.audiences
        return Step(wanted.identity_id, "unchanged" if same else "updated", named, found)
    same_name = next((item for item in existing if item.name.lower() == wanted.name.lower()), None)
    if same_name is None:
        return Step(wanted.identity_id, "created", credential)
    if (same_name.issuer, same_name.subject) in pairs:
        # The name belongs to another credential that is wanted, too.
        return Step(
            wanted.identity_id, "created", replace(credential, name=own_name(wanted.issuer, wanted.subject))
        )
    return Step(wanted.identity_id, "updated", replace(credential, name=same_name.name), same_name)


def _credential(wanted: Wanted) -> FederatedCredential:
    return FederatedCredential(wanted.name, wanted.issuer, wanted.subject, (wanted.audience,))


def _of_pair(
    existing: Sequence[FederatedCredential], issuer: str, subject: str
) -> Optional[FederatedCredential]:
    return next((item for item in existing if (item.issuer, item.subject) == (issuer, subject)), None)

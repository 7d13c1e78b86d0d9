# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Role assignments of a managed identity, given to another one that takes its place."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from .._migration.facts import Finding
from .._migration.findings import finding
from .._migration.permissions import GRANTED, MISSING
from .._migration.plan import unknown
from .._migration.rights import Need
from . import identities, role_mirror
from .errors import AzureError
from .identities import Identity
from .parallel import each
from .permissions import Judge
from .role_mirror import Assignment, Step
from .session import AzureSession

API_VERSION = "2022-04-01"  # of Microsoft.Authorization/roleAssignments
_SUBSCRIPTIONS = "2022-12-01"
_WRITE = "Microsoft.Authorization/roleAssignments/write"
_FIRST_DELAY, _LONGEST_DELAY = 2.0, 15.0  # seconds between attempts while Entra replicates a new principal


@dataclass(frozen=True)
class Mirror:
    """Resource IDs of two identities; ``source`` is the one that has the roles."""

    source: str
    target: str


@dataclass(frozen=True)
class Mirrored:
    """One mirror, planned or done. ``error`` is what ended it early."""

    mirror: Mirror
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    error: Optional[AzureError] = None


def scopes(session: AzureSession, mirrors: Sequence[Mirror]) -> tuple[str, ...]:
    """Where to look: the subscriptions of the identities, and all others that the sign-in sees."""
    own = [f"/subscriptions/{role_mirror.subscription_of(item.source)}" for item in mirrors]
    seen = [
        f"/subscriptions/{item['subscriptionId']}" for item in session.list("/subscriptions", _SUBSCRIPTIONS)
    ]
    return tuple({scope.lower(): scope for scope in [*own, *seen]})


def plan(
    session: AzureSession, mirrors: Sequence[Mirror], looked_at: Sequence[str], check_mode: bool
) -> list[Mirrored]:
    """What each mirror needs. In check mode a target may be missing still. Raises AzureError."""
    ids = [item.source for item in mirrors] + [item.target for item in mirrors]
    found = identities.read(session, list(dict.fromkeys(ids)))
    return [_plan_one(session, item, found, looked_at, check_mode) for item in mirrors]


def act(session: AzureSession, planned: Mirrored, patience: float, say: Callable[[str], None]) -> Mirrored:
    """Makes what is missing. ``patience``: seconds that Entra may take to know a new principal everywhere."""
    done: list[Step] = []
    findings = list(planned.findings)
    for step in planned.steps:
        if step.outcome != "created":
            done.append(step)
            continue
        try:
            done.append(_make(session, step, patience, say))
        except AzureError as error:
            refusal = _refusal(planned.mirror, step, error)
            if refusal is None:
                return Mirrored(planned.mirror, tuple(done), tuple(findings), error)
            done.append(replace(step, outcome="not_mirrored"))
            findings.append(refusal)
    return Mirrored(planned.mirror, tuple(done), tuple(findings))


def rehearse(judge: Judge, planned: Mirrored) -> Mirrored:
    """Check mode: what ``act`` would come to, as far as Azure tells which rights there are. Raises AzureError."""
    steps: list[Step] = []
    findings = list(planned.findings)
    for step in planned.steps:
        scope = step.assignment.scope
        if step.outcome != "created" or _expected(judge, planned.mirror, scope):
            steps.append(step)
            continue
        error = AzureError(
            f"{_WRITE} at {scope} is missing. Grant it to the identity that signs in; docs/rights.md lists what each"
            " step needs.",
            status=403,
            code="AuthorizationFailed",
            resource_id=scope,
        )
        refusal = _refusal(planned.mirror, step, error)
        if refusal is None:
            raise error
        steps.append(replace(step, outcome="not_mirrored"))
        findings.append(refusal)
    return replace(planned, steps=tuple(steps), findings=tuple(findings))


def _expected(judge: Judge, mirror: Mirror, scope: str) -> bool:
    """Whether a write is to be expected to succeed. Elsewhere, a scope that does not even tell its rights has none."""
    verdict = judge.judge(Need(scope.rstrip("/"), _WRITE, "give its roles to the new one"))
    return verdict != MISSING if _own(mirror, scope) else verdict == GRANTED


def _plan_one(
    session: AzureSession,
    mirror: Mirror,
    found: Mapping[str, Optional[Identity]],
    looked_at: Sequence[str],
    check_mode: bool,
) -> Mirrored:
    source, target = found[mirror.source.lower()], found[mirror.target.lower()]
    if source is None:
        raise AzureError(
            f"The identity {mirror.source} does not exist, so its role assignments cannot be read. Give"
            f" {mirror.target} its roles by hand, or plan anew.",
            status=404,
            resource_id=mirror.source,
        )
    if target is None and not check_mode:
        raise AzureError(
            f"The identity {mirror.target} does not exist. Run managed_identities first, which creates it.",
            status=404,
            resource_id=mirror.target,
        )
    has, unread = _of_principal(session, source.principal_id, looked_at, mirror)
    owned = _of_principal(session, target.principal_id, looked_at, mirror)[0] if target else ()
    principal_id = target.principal_id if target else unknown(f"principal ID of {mirror.target}")
    steps, differing = role_mirror.steps(has, owned, principal_id)
    groups = _through_groups(session, source)
    return Mirrored(mirror, steps, (*differing, *groups, *unread))


def _of_principal(
    session: AzureSession, principal_id: str, looked_at: Sequence[str], mirror: Mirror
) -> tuple[tuple[Assignment, ...], tuple[Finding, ...]]:
    """All assignments at, above and below the scopes, and the scopes that could not be read."""

    def at(scope: str) -> list[Assignment]:
        return _listed(session, scope, f"principalId eq '{principal_id}'")

    found: dict[tuple[str, str], Assignment] = {}
    unread: list[Finding] = []
    for outcome in each(looked_at, at):
        if outcome.error is None:
            found.update({item.key: item for item in outcome.answer or ()})
        elif outcome.error.status in (403, 404) and not _own(mirror, outcome.item):
            unread.append(
                finding(
                    "unreadable",
                    outcome.item,
                    f"The role assignments of {mirror.source} here: {outcome.error.message}",
                    "Grant Microsoft.Authorization/roleAssignments/read here and run again, if it has roles here.",
                )
            )
        else:
            raise outcome.error
    return tuple(found.values()), tuple(unread)


def _through_groups(session: AzureSession, source: Identity) -> tuple[Finding, ...]:
    scope = f"/subscriptions/{role_mirror.subscription_of(source.id)}"
    try:
        found = _listed(session, scope, f"assignedTo('{source.principal_id}')")
    except AzureError as error:
        if error.status not in (400, 403):
            raise
        # Azure asks Entra for the memberships, which not every sign-in may see.
        words = f"The Entra groups of {source.id}: {error.message}"
        return (finding("unreadable", scope, words, "Look up its groups in Entra and add the new identity."),)
    return role_mirror.through_groups(found, source.principal_id)


def _listed(session: AzureSession, scope: str, condition: str) -> list[Assignment]:
    path = f"{'' if scope == '/' else scope}/providers/Microsoft.Authorization/roleAssignments"
    return [role_mirror.assignment(body) for body in session.list(path, API_VERSION, {"$filter": condition})]


def _make(session: AzureSession, step: Step, patience: float, say: Callable[[str], None]) -> Step:
    given = step.assignment
    at = given.scope.rstrip("/")
    path = f"{at}/providers/Microsoft.Authorization/roleAssignments/{role_mirror.name(given)}"
    until = time.monotonic() + patience
    longest = _FIRST_DELAY
    while True:
        try:
            session.put(path, {"properties": role_mirror.properties(given)}, API_VERSION)
            return step
        except AzureError as error:
            if error.code == "RoleAssignmentExists":
                # Made by this very request, whose answer was lost, or by another run that was faster.
                return step if error.answer_lost else replace(step, outcome="unchanged")
            delay = random.uniform(longest / 2, longest)
            if error.code != "PrincipalNotFound" or time.monotonic() + delay > until:
                raise
            say(f"{given.scope}: Entra does not know {given.principal_id} yet, again in {delay:.0f} s")
            time.sleep(delay)
            longest = min(_LONGEST_DELAY, longest * 2)


def _refusal(mirror: Mirror, step: Step, error: AzureError) -> Optional[Finding]:
    """A finding where others have to give the role; None where it is a failure: in the identities' own subscription."""
    if error.status not in (403, 404) or (error.status == 403 and _own(mirror, step.assignment.scope)):
        return None
    words = f"{error.code}: {error.message}" if error.message else str(error)
    return role_mirror.not_mirrored(
        step.assignment, f"{mirror.target.rpartition('/')[2]} did not get it. {words.rstrip('.')}."
    )


def _own(mirror: Mirror, scope: str) -> bool:
    subscription = role_mirror.subscription_of(scope)
    return bool(subscription) and subscription in (
        role_mirror.subscription_of(mirror.source),
        role_mirror.subscription_of(mirror.target),
    )

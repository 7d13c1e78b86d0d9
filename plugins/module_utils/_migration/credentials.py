# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The federated credentials that a plan needs, and whether each identity has room for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from . import naming
from .accounts import Assignment, Candidate
from .facts import Facts, Finding, ObjectRef
from .findings import finding
from .objects import place
from .plan import Plan, PlannedCredential, unknown

LIMIT = 20  # federated credentials of one user-assigned identity (learn.microsoft.com, considerations)


def needed(
    facts: Facts, candidates: Sequence[Candidate], accounts: Mapping[ObjectRef, Assignment], audience: str
) -> tuple[PlannedCredential, ...]:
    """One for each identity and account, however many workloads share both."""
    cluster = facts.azure.cluster
    issuer = cluster.issuer_url or unknown(f"issuer URL of {cluster.name}")
    found: dict[tuple[str, str], PlannedCredential] = {}
    for candidate in candidates:
        if candidate.record.ref not in accounts:
            continue
        account = accounts[candidate.record.ref].account
        for target in candidate.targets:
            if not target.id:
                continue  # an application's credentials are not resources of Azure Resource Manager
            found.setdefault(
                (target.id.lower(), f"{account.namespace}/{account.name}"),
                PlannedCredential(
                    identity_id=target.id,
                    name=naming.credential(cluster.id, cluster.name, account.namespace, account.name),
                    issuer=issuer,
                    subject=f"system:serviceaccount:{account.namespace}:{account.name}",
                    audience=audience,
                ),
            )
    return tuple(found[key] for key in sorted(found))


def over_limit(
    facts: Facts,
    candidates: Sequence[Candidate],
    planned: Sequence[PlannedCredential],
    fleet: Iterable[Plan],
) -> tuple[Finding, ...]:
    """A blocker for each workload on an identity that has no room: what exists, this cluster and the other plans."""
    wanted: dict[str, set[tuple[str, str]]] = {}
    for credential in planned:
        wanted.setdefault(credential.identity_id.lower(), set()).add((credential.issuer, credential.subject))
    here = {key: len(value) for key, value in wanted.items()}
    for plan in fleet:
        if plan.cluster_id.lower() == facts.azure.cluster.id.lower():
            continue
        for credential in plan.credentials:
            if credential.identity_id.lower() in wanted:
                wanted[credential.identity_id.lower()].add((credential.issuer, credential.subject))
    standing = {
        identity.id.lower(): {(item.issuer, item.subject) for item in identity.credentials}
        for identity in facts.azure.identities
    }
    full: dict[str, str] = {}
    for key, pairs in wanted.items():
        have = standing.get(key, set())
        total = len(have | pairs)
        if total > LIMIT and pairs - have:
            full[key] = (
                f"{key.rpartition('/')[2]} has {len(have)}, needs {here[key]} for this cluster"
                f" and {len(pairs) - here[key]} for others of the fleet: {total}, and {LIMIT} is the most."
            )
    return tuple(
        finding("credential-limit", place(candidate.record.ref), full[target.id.lower()])
        for candidate in candidates
        for target in candidate.targets
        if target.id.lower() in full
    )

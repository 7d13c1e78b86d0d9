# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Pod Identity taken out of a cluster, or its bindings put back: what the module pod_identity asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from .._failure import MigrationError
from .._migration.facts import Facts, RawCluster
from .._migration.kinds import ASSIGNED, listed
from .._migration.objects import annotations_of
from .._migration.teardown import Step, still_used, teardown_plan
from . import backup, discovering
from .client import KubernetesClient
from .dependants import covers
from .errors import KubernetesError, NotFound
from .paths import path_of
from .reverting import switched_workloads
from .switching import VERIFIED_ANNOTATION
from .teardown_steps import Site, carry_out

_MOST_OBJECTS = 40  # named for each step in a result


class StillUsed(KubernetesError):
    """Something uses Pod Identity; ``data["findings"]`` says what."""


class RetireFailed(KubernetesError):
    """A step did not go through; ``data["steps"]`` holds what was done before it."""


def retire(options: Mapping[str, Any], access: Any, check_mode: bool) -> dict[str, Any]:
    """Removes Pod Identity: keys changed and data of the module's Result.

    Refuses while it is used (StillUsed), writes the backup before the first change, and stops at the first
    step that fails (RetireFailed); the next run goes on from what is there.
    """
    client: KubernetesClient = access.kubernetes
    raw, facts = discovering.read_cluster(options, access)
    path = str(options["backup_path"])
    known = backup.identity_ids(backup.read(path)) if os.path.exists(path) else ()
    steps = teardown_plan(facts, remove_crds=bool(options["remove_crds"]), known_identity_ids=known)
    if steps:
        _refuse_while_used(facts, options, client)
        _refuse_before_soak(raw, options, client)
        if not check_mode:
            backup.write(path, backup.taken(raw, facts))
    site = Site(
        client,
        access,
        options,
        facts,
        float(options["wait_timeout"]),
        float(options["poll_interval"]),
        access.say,
    )
    shown: list[dict[str, Any]] = []
    try:
        for step in steps:
            shown.append(_done(step, site))
        shown += _roles(options, site, backup.identity_ids(backup.taken(raw, facts)) or known)
    except MigrationError as error:
        changed = _changed(shown) or bool(error.data.get("changed"))
        data = {**error.data, **_data(shown, path), "changed": changed}
        raise RetireFailed(str(error), data=data) from None
    return {"changed": _changed(shown), "data": _data(shown, path)}


def restore(options: Mapping[str, Any], access: Any) -> dict[str, Any]:
    """Puts identities, exceptions and bindings back from the backup. Raises BackupError, RetireFailed."""
    client: KubernetesClient = access.kubernetes
    path = str(options["backup_path"])
    written, there = [], 0
    for item in backup.to_restore(backup.read(path)):
        where = path_of(item)
        current = client.find(where)
        if current is not None and covers(current, item):
            there += 1
            continue
        try:
            client.apply(where, item, force=True)
        except NotFound:
            raise RetireFailed(
                f"{client.cluster}: the custom resource definitions of Pod Identity (or the namespace"
                f" {item['metadata'].get('namespace')}) are not there. Install Pod Identity again, then run"
                " this again.",
                data={"steps": [], "backup_path": path},
            ) from None
        written.append(f"{item['kind']} {item['metadata'].get('namespace')}/{item['metadata']['name']}")
    step = {
        "step": "restore-bindings",
        "text": "put identities, exceptions and bindings back",
        "outcome": _outcome(bool(written), client.dry_run),
        "objects": written[:_MOST_OBJECTS],
        "count": len(written),
    }
    return {"changed": bool(written), "data": {"steps": [step], "backup_path": path}}


def _refuse_while_used(facts: Facts, options: Mapping[str, Any], client: KubernetesClient) -> None:
    used = still_used(facts)
    if not used or options["force"]:
        return
    lines = [f"{item.where}: {item.message}" for item in used[:5]]
    more = f" (and {len(used) - 5} more)" if len(used) > 5 else ""
    raise StillUsed(
        f"{client.cluster}: Pod Identity is still used, nothing was removed. {' | '.join(lines)}{more}"
        " Migrate these first.",
        data={"findings": discovering.capped(used), "steps": [], "changed": False},
    )


def _refuse_before_soak(raw: RawCluster, options: Mapping[str, Any], client: KubernetesClient) -> None:
    """A time in which Pod Identity was there and nothing needed it: after the last switch, and the last
    assignment."""
    soak = float(options["soak"])
    if soak <= 0:
        return
    times = [item["metadata"].get("creationTimestamp") for item in listed(raw, ASSIGNED)]
    times += [annotations_of(item).get(VERIFIED_ANNOTATION) for item in switched_workloads(client).values()]
    ages = [(datetime.now(timezone.utc) - _time(str(item))).total_seconds() for item in times if item]
    left = soak - min(ages, default=soak)
    if left > 0:
        raise StillUsed(
            f"{client.cluster}: the last workload was switched, or the last identity assigned, less than"
            f" {soak:.0f} s ago."
            f" Nothing was removed: run again in {left:.0f} s, or with a shorter soak.",
            data={"findings": [], "steps": [], "changed": False},
        )


def _time(text_: str) -> datetime:
    return datetime.strptime(text_, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _done(step: Step, site: Site) -> dict[str, Any]:
    site.say(f"{site.client.cluster}: {step.text}")
    objects = carry_out(step, site)
    return {
        "step": step.id,
        "text": step.text,
        "outcome": _outcome(bool(objects), site.dry),
        "objects": list(objects[:_MOST_OBJECTS]),
        "count": len(objects),
    }


def _roles(options: Mapping[str, Any], site: Site, identity_ids: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """On request: the cluster's own rights over the identities, which only Pod Identity needed."""
    if not options["remove_role_assignments"] or not identity_ids:
        return
    from .._azure.operator_roles import remove

    site.say(f"{site.client.cluster}: role assignments that only Pod Identity needed")
    removed = remove(site.access.azure, site.facts.azure.cluster.id, identity_ids, dry_run=site.dry)
    yield {
        "step": "remove-role-assignments",
        "text": "remove the cluster's role Managed Identity Operator on the identities",
        "outcome": _outcome(bool(removed), site.dry),
        "objects": list(removed[:_MOST_OBJECTS]),
        "count": len(removed),
    }


def _outcome(changed: bool, dry: bool) -> str:
    if not changed:
        return "nothing_to_do"
    return "would_do" if dry else "done"


def _changed(shown: list[dict[str, Any]]) -> bool:
    return any(item["outcome"] != "nothing_to_do" for item in shown)


def _data(shown: list[dict[str, Any]], path: str) -> dict[str, Any]:
    return {"steps": shown, "backup_path": path}

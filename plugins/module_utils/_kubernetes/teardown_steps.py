# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Each kind of step of a removal, carried out. Safe to repeat: what is gone already is no error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .._migration import teardown
from .._migration.facts import Facts, ObjectRef
from .._migration.kinds import KINDS
from . import helm_release, switching
from .access import cluster_path
from .client import KubernetesClient
from .deleting import (
    Patience,
    StillThere,
    delete_all,
    objects_of,
    wait_until_gone,
    wait_until_none,
    without_finalizers,
)
from .errors import NotFound
from .paths import collection, single
from .workload_outcomes import text

_KINDS = {kind.plural: kind for kind in KINDS}
# Their pods clean up as they end (NMI takes its rules out of iptables), so these are waited for before
# anything follows.
_AWAITED = ("DaemonSet", "Deployment", "CustomResourceDefinition")


@dataclass(frozen=True)
class Site:
    """Where a removal takes place. With a dry-run client nothing is stored, and Azure is not written to."""

    client: KubernetesClient
    access: Any
    options: Any
    facts: Facts
    wait_timeout: float  # seconds for each wait
    poll_interval: float
    say: Callable[[str], None]

    @property
    def patience(self) -> Patience:
        return Patience(self.wait_timeout, self.say)

    @property
    def dry(self) -> bool:
        return self.client.dry_run


def carry_out(step: teardown.Step, site: Site) -> tuple[str, ...]:
    """What the step took away or changed, as text; nothing: it was done already. Raises KubernetesError,
    AzureError."""
    return _ACTIONS[step.action](step, site)


def _delete_all(step: teardown.Step, site: Site) -> tuple[str, ...]:
    return delete_all(site.client, _refs(site.client, step.kinds))


def _wait_gone(step: teardown.Step, site: Site) -> tuple[str, ...]:
    """MIC takes its finalizers off. One that has no running pod never will, so then they are taken off
    here."""
    found = _refs(site.client, step.kinds)
    if not found or site.dry:
        return tuple(text(ref) for ref in found)
    if not _mic_runs(site):
        site.say(
            f"{site.client.cluster}: MIC does not run: its {len(found)} assigned identities are let go"
            " without it"
        )
        return _release(step, site)
    for plural in step.kinds:
        left = wait_until_none(site.client, _KINDS[plural].kind, site.patience)
        if left:
            names = ", ".join(text(_KINDS[plural].ref(item)) for item in left[:3])
            raise StillThere(
                f"{site.client.cluster}: MIC has not let go of {len(left)} {plural} within"
                f" {site.wait_timeout:.0f} s"
                f" ({names}). Read its log (it needs rights on the scale sets and identities), or scale it"
                " to zero and"
                " run again: then they are let go without it."
            )
    return tuple(text(ref) for ref in found)


def _release(step: teardown.Step, site: Site) -> tuple[str, ...]:
    refs = _refs(site.client, step.kinds)
    for ref in refs:
        without_finalizers(site.client, ref)
    delete_all(site.client, refs)
    if not site.dry:
        wait_until_gone(site.client, refs, site.patience)
    return tuple(text(ref) for ref in refs)


def _delete(step: teardown.Step, site: Site) -> tuple[str, ...]:
    return _delete_in_order(site, step.objects)


def _uninstall_release(step: teardown.Step, site: Site) -> tuple[str, ...]:
    """The objects first and then Helm's own secrets, which tell a run after a killed one what there was.

    NMI's DaemonSet stays for a step of its own: it tells such a run which release there was.
    """
    namespace, release = str(step.namespace), str(step.release)
    path = collection("Secret", namespace)
    secrets = list(site.client.list(path, labelSelector=helm_release.selector(release)))
    refs = helm_release.objects(secrets, namespace)
    if not refs and not secrets:
        return ()
    done = _delete_in_order(site, [ref for ref in refs if ref.kind != "DaemonSet"])
    kept = [ObjectRef("Secret", namespace, item["metadata"]["name"]) for item in secrets]
    return done + delete_all(site.client, kept)


def _scale_sets(step: teardown.Step, site: Site) -> tuple[str, ...]:
    from .._azure.scale_set_identities import take_off

    done = []
    for removal in step.scale_sets:
        name = removal.scale_set_id.rsplit("/", 1)[1]
        ids = removal.identity_ids if site.dry else take_off(site.access.azure, removal, site.say)
        done += [f"{item} off {name}" for item in ids]
    return tuple(done)


def _empty_profile(step: teardown.Step, site: Site) -> tuple[str, ...]:
    from .._azure.pod_identity_profile import emptied

    return _update_profile(step, site, emptied)


def _disable_profile(step: teardown.Step, site: Site) -> tuple[str, ...]:
    from .._azure.pod_identity_profile import disabled

    return _update_profile(step, site, disabled)


def _update_profile(step: teardown.Step, site: Site, change: Any) -> tuple[str, ...]:
    from .._azure.pod_identity_profile import update
    from .._azure.waiting import Waiter

    path = cluster_path(site.options, site.access.azure)
    waiter = Waiter(site.wait_timeout, site.poll_interval, site.say)
    if not site.dry and not update(site.access.azure, path, change, waiter):
        return ()
    return (f"podIdentityProfile of {path}",)


def _forget(step: teardown.Step, site: Site) -> tuple[str, ...]:
    return tuple(text(ref) for ref in step.objects if _forget_one(ref, site))


def _forget_one(ref: ObjectRef, site: Site) -> bool:
    changed = False

    def patch(current: dict[str, Any]) -> Any:
        nonlocal changed
        wanted = switching.forget_patch(current)
        changed = wanted is not None
        return wanted

    try:
        site.client.change(switching.path(ref), patch)
    except NotFound:
        return False
    return changed


_ACTIONS: dict[str, Callable[[teardown.Step, Site], tuple[str, ...]]] = {
    teardown.EMPTY_PROFILE: _empty_profile,
    teardown.DISABLE_PROFILE: _disable_profile,
    teardown.DELETE_ALL: _delete_all,
    teardown.WAIT_GONE: _wait_gone,
    teardown.RELEASE: _release,
    teardown.DELETE: _delete,
    teardown.UNINSTALL_RELEASE: _uninstall_release,
    teardown.REMOVE_SCALE_SET_IDENTITIES: _scale_sets,
    teardown.FORGET: _forget,
}


def _delete_in_order(site: Site, refs: Sequence[ObjectRef]) -> tuple[str, ...]:
    done: tuple[str, ...] = ()
    for ref in refs:
        awaited = ref.kind in _AWAITED
        found = delete_all(site.client, [ref], "Foreground" if awaited else "Background")
        if found and awaited and not site.dry:
            wait_until_gone(site.client, [ref], site.patience)
        done += found
    return done


def _refs(client: KubernetesClient, plurals: Sequence[str]) -> list[ObjectRef]:
    return [
        _KINDS[plural].ref(item) for plural in plurals for item in objects_of(client, _KINDS[plural].kind)
    ]


def _mic_runs(site: Site) -> bool:
    for installation in site.facts.installations:
        if installation.mic is None:
            continue
        mic = installation.mic
        try:
            deployment = site.client.get(single(mic.kind, mic.namespace, mic.name, mic.api_version))
        except NotFound:
            continue
        if int((deployment.get("status") or {}).get("availableReplicas") or 0) > 0:
            return True
    return False

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Workloads to Workload Identity, wave by wave: prove, change all of a wave, wait for all, look, undo what
fails.

Nothing is remembered between runs but what lies on the workloads: the undo record (written with the change),
the mark that a switch was verified, and the mark that a workload is held. So a run that was killed anywhere
goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from .._migration.facts import ObjectRef
from .._migration.plan import PlannedWorkload
from . import dependants, exporting, switching
from .client import KubernetesClient
from .errors import KubernetesError
from .injection import Expected
from .pods import pods_of
from .proving import Proof
from .rehearsal import Rehearsal
from .rollouts import unhealthy
from .verdicts import Work, failure, settled, verdict
from .waiting import Waiting, Watched, read_pods, read_workloads, wait_for_rollouts, watch_quiet
from .workload_outcomes import Outcome, counts, shown

Prover = Callable[[Sequence[PlannedWorkload]], tuple[Proof, ...]]


@dataclass(frozen=True)
class Wishes:
    """The options of a run."""

    waiting: Waiting
    force: bool = False  # also workloads that are unhealthy now
    retry_held: bool = False
    until_wave: Optional[int] = None
    wave: Optional[int] = None
    export_folder: Optional[str] = None


class Waves:
    def __init__(
        self,
        client: KubernetesClient,
        wishes: Wishes,
        twins: Sequence[Mapping[str, Any]],
        prove: Optional[Prover],
        say: Callable[[str], None],
    ) -> None:
        self._client = client
        self._wishes = wishes
        self._twins = twins
        self._prove = prove
        self._say = say
        self._rehearsal = Rehearsal(client)

    def run(
        self, planned: Sequence[PlannedWorkload], expected: Mapping[ObjectRef, Expected]
    ) -> tuple[Outcome, ...]:
        """All workloads of the waves asked for. After a wave with a failure no later one is started.

        Raises KubernetesError only where nothing can go on (API server gone); a workload's own trouble is its
        outcome.
        """
        refs = [item.ref for item in planned]
        objects = read_workloads(self._client, refs)
        outcomes: list[Outcome] = []
        failed_in: Optional[int] = None
        for number in sorted({item.wave for item in planned}):
            works = [
                Work(item, expected[item.ref], objects.get(item.ref))
                for item in planned
                if item.wave == number
            ]
            reason = self._not_now(number, failed_in)
            if reason:
                outcomes += [self._left(item, reason) for item in works]
                continue
            try:
                done = self._wave(number, works)
            except KubernetesError as error:
                error.data = {**(error.data or {}), "workloads": shown(outcomes), "counts": counts(outcomes)}
                raise
            outcomes += done
            if any(item.failed for item in done):
                failed_in = number
        return tuple(outcomes)

    def _not_now(self, number: int, failed_in: Optional[int]) -> str:
        if failed_in is not None:
            return f"not started, since wave {failed_in} had failures"
        if self._wishes.wave is not None and number != self._wishes.wave:
            return f"wave {number} was not asked for"
        if self._wishes.until_wave is not None and number > self._wishes.until_wave:
            return f"not started: this run ends after wave {self._wishes.until_wave}"
        return ""

    def _left(self, work: Work, reason: str) -> Outcome:
        state = "blocked"
        try:
            if work.current is not None and switching.is_switched(work.current, work.planned):
                state = settled(work)
        except switching.SwitchError as error:
            reason = f"{reason}. {error}"
        return Outcome(work.ref, state, reason, work.planned.wave)

    def _wave(self, number: int, works: Sequence[Work]) -> list[Outcome]:
        outcomes: dict[ObjectRef, Outcome] = {}
        to_switch: list[Work] = []
        to_look_at: list[Work] = []
        for work in works:
            try:
                judged = self._judge(work)
            except switching.SwitchError as error:
                judged = Outcome(work.ref, "failed", str(error), work.planned.wave)
            if isinstance(judged, Outcome):
                outcomes[work.ref] = judged
            else:
                (to_switch if judged == "switch" else to_look_at).append(work)
        if to_switch:
            self._say(f"{self._client.cluster}: wave {number}: {len(to_switch)} workloads to switch")
        outcomes.update(self._refused(to_switch))
        to_switch = [work for work in to_switch if work.ref not in outcomes]
        if self._client.dry_run:
            outcomes.update({work.ref: self._rehearse(work) for work in to_switch})
            outcomes.update(self._seen(to_look_at))
        else:
            outcomes.update(self._change(to_switch))
            changed = [
                work for work in to_switch if work.ref not in outcomes or not outcomes[work.ref].failed
            ]
            outcomes.update(self._settle([*changed, *to_look_at], outcomes))
        return [outcomes[work.ref] for work in works]

    def _judge(self, work: Work) -> Any:
        """``switch``, ``look`` (it is switched: verify it) or an Outcome that stands."""
        planned, current, wave = work.planned, work.current, work.planned.wave
        if current is None and planned.apply == "none":  # of a kind that cannot be read by a fixed path, too
            return Outcome(work.ref, "blocked", planned.reason, wave)
        if current is None:
            return Outcome(work.ref, "failed", "it is gone since the plan was made: make a new plan", wave)
        if switching.is_switched(current, planned):
            return "look"
        if planned.apply == "none":
            return Outcome(work.ref, "blocked", planned.reason, wave)
        held = switching.held(current)
        if held and not self._wishes.retry_held:
            return Outcome(work.ref, "held", held, wave)
        if planned.apply == "export":
            return exporting.export(current, planned, self._wishes.export_folder, self._client.dry_run)
        sick = unhealthy(current)
        if sick and not self._wishes.force:
            return Outcome(work.ref, "blocked", f"passed over: {sick}. Mend it, or use force.", wave)
        return "switch"

    def _refused(self, works: Sequence[Work]) -> dict[ObjectRef, Outcome]:
        """Workloads whose account does not get its tokens: these are not touched."""
        if self._prove is None or not works:
            return {}
        failed: dict[tuple[str, str], Proof] = {}
        for proof in self._prove([work.planned for work in works]):
            if proof.outcome == "failed":
                failed.setdefault((proof.exchange.namespace, proof.exchange.service_account), proof)
        refused = {}
        for work in works:
            proof_of = failed.get((work.ref.namespace, work.planned.service_account))
            if proof_of is not None:
                detail = (
                    f"not touched: no token for the service account {work.planned.service_account}"
                    f" as {proof_of.exchange.client_id}: {proof_of.explanation}"
                )
                refused[work.ref] = Outcome(work.ref, "failed", detail, work.planned.wave)
        return refused

    def _rehearse(self, work: Work) -> Outcome:
        outcome, after = self._patched(work)
        if outcome.failed:
            return outcome
        rehearsed = self._rehearsal.of(after, switching.template(after), work.expected)
        if rehearsed.fault:
            return replace(outcome, state="failed", detail=rehearsed.fault, changed=False)
        return replace(outcome, detail=rehearsed.note)

    def _change(self, works: Sequence[Work]) -> dict[ObjectRef, Outcome]:
        """Patches all of them, their twins of SecretProviderClasses and the like first."""
        if not works:
            return {}
        try:
            dependants.ensure(self._client, dependants.needed(self._twins, [work.planned for work in works]))
        except KubernetesError as error:
            detail = f"not touched: what it mounts could not be prepared: {error}"
            return {work.ref: Outcome(work.ref, "failed", detail, work.planned.wave) for work in works}
        return {work.ref: self._patched(work)[0] for work in works}

    def _patched(self, work: Work) -> tuple[Outcome, Mapping[str, Any]]:
        before = switching.template(work.current or {})
        try:
            after = self._client.change(
                switching.path(work.ref), lambda current: switching.switch_patch(current, work.planned)
            )
        except KubernetesError as error:
            return Outcome(work.ref, "failed", f"not changed: {error}", work.planned.wave), {}
        outcome = Outcome(
            work.ref,
            "switched",
            "",
            work.planned.wave,
            changed=True,
            before=before,
            after=switching.template(after),
        )
        return outcome, after

    def _seen(self, works: Sequence[Work]) -> dict[ObjectRef, Outcome]:
        """Check mode: one look at workloads that are switched already."""
        if not works:
            return {}
        pods = read_pods(self._client, [work.ref for work in works])
        return {
            work.ref: verdict(
                work,
                Watched(work.current or {}, tuple(pods_of(work.current or {}, pods)), failure(work)),
                None,
            )
            for work in works
        }

    def _settle(self, works: Sequence[Work], so_far: Mapping[ObjectRef, Outcome]) -> dict[ObjectRef, Outcome]:
        """Waits for all rollouts side by side, watches the new ones, then confirms or undoes each."""
        if not works:
            return {}
        refs = [work.ref for work in works]
        watched = wait_for_rollouts(self._client, refs, self._wishes.waiting, self._say)
        fresh = {work.ref for work in works if not switching.is_verified(watched[work.ref].workload)}
        quiet = watch_quiet(
            self._client,
            {ref: item for ref, item in watched.items() if ref in fresh},
            self._wishes.waiting,
            self._say,
        )
        watched = {**watched, **quiet}
        outcomes, undone = {}, []
        for work in works:
            outcome = self._overtaken(work, watched[work.ref]) or verdict(
                work, watched[work.ref], so_far.get(work.ref)
            )
            if outcome.failed and work.ref in fresh and watched[work.ref].workload:
                outcome = self._undo(work, outcome)
                undone.append(work.ref)
            elif work.ref in fresh and outcome.state in ("switched", "already", "masked"):
                outcome = self._confirm(work, outcome)
            outcomes[work.ref] = outcome
        return {**outcomes, **self._back(undone, outcomes)}

    def _overtaken(self, work: Work, watched: Watched) -> Optional[Outcome]:
        """Another run, or its orphaned worker, may have put the workload back while this one waited."""
        if not watched.workload or switching.is_switched(watched.workload, work.planned):
            return None
        held = switching.held(watched.workload)
        if held:
            return Outcome(work.ref, "held", held, work.planned.wave)
        return Outcome(
            work.ref, "blocked", "somebody else put it back meanwhile: run again", work.planned.wave
        )

    def _confirm(self, work: Work, outcome: Outcome) -> Outcome:
        try:
            self._client.change(switching.path(work.ref), switching.verified_patch)
        except KubernetesError as error:  # the next run looks again, so nothing is lost
            return replace(outcome, detail=f"verified, but the mark of it was not written: {error}")
        return outcome

    def _undo(self, work: Work, outcome: Outcome) -> Outcome:
        """Back by the undo record, and held, in one request."""
        reason = outcome.detail
        self._say(f"{self._client.cluster}: {work.ref.namespace}/{work.ref.name} goes back: {reason}")
        try:
            after = self._client.change(
                switching.path(work.ref), lambda current: switching.undo_patch(current, hold_reason=reason)
            )
        except KubernetesError as error:
            return replace(
                outcome,
                detail=f"{reason}. Going back failed as well: {error}. Run the rollback for it.",
                changed=True,
            )
        return replace(outcome, state="rolled_back", changed=True, after=switching.template(after))

    def _back(
        self, undone: Sequence[ObjectRef], outcomes: Mapping[ObjectRef, Outcome]
    ) -> dict[ObjectRef, Outcome]:
        gone_back = [ref for ref in undone if outcomes[ref].state == "rolled_back"]
        if not gone_back:
            return {}
        watched = wait_for_rollouts(self._client, gone_back, self._wishes.waiting, self._say, switched=False)
        result = {}
        for ref in gone_back:
            after = (
                f"still not well after going back: {watched[ref].failure}"
                if watched[ref].failure
                else "as before"
            )
            remedy = "If its code cannot use a federated token, choose method proxy for it"
            result[ref] = replace(
                outcomes[ref], detail=f"{outcomes[ref].detail}. It is {after}, and held. {remedy}."
            )
        return result

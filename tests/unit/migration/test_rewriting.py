# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pod template goes to workload identity and comes back exactly."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from unit.migration.template_samples import NEW, OLD, samples

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration import (
    merge_patch,
    rewriting,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import ObjectRef
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.objects import at
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import PlannedWorkload
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.undo_record import (
    UNDO_ANNOTATION,
    UndoRecordError,
)

SAMPLES = list(samples(100))
CRON_PATH = ("spec", "jobTemplate", "spec", "template")


def deployment(**pod: Any) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "team", "resourceVersion": "41"},
        "spec": {
            "template": {
                "metadata": {"labels": {"app": "web", "aadpodidbinding": "demo"}},
                "spec": {"containers": [{"name": "main", "image": "x"}], **pod},
            }
        },
    }


def planned(kind: str = "Deployment", **fields: Any) -> PlannedWorkload:
    values: dict[str, Any] = {
        "ref": ObjectRef(kind, "team", "web", "apps/v1"),
        "service_account": "web-wi",
        "identity_ids": ("/id",),
        "method": "direct",
        "wave": 0,
        "apply": "live",
    }
    return PlannedWorkload(**{**values, **fields})


def written(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


@pytest.mark.parametrize(("obj", "wanted"), SAMPLES, ids=range(len(SAMPLES)))
def test_undo_of_a_switch_gives_the_object_back_byte_for_byte(
    obj: dict[str, Any], wanted: PlannedWorkload
) -> None:
    after = rewriting.switch(obj, wanted).after
    back = rewriting.undo(dict(after), wanted.ref.kind)
    assert written(back.after) == written(obj)
    assert back.conflicts == ()


@pytest.mark.parametrize(("obj", "wanted"), SAMPLES, ids=range(len(SAMPLES)))
def test_a_second_switch_changes_nothing(obj: dict[str, Any], wanted: PlannedWorkload) -> None:
    after = rewriting.switch(obj, wanted).after
    again = rewriting.switch(after, wanted)
    assert (again.changed, dict(again.patch), again.conflicts) == (False, {}, ())


@pytest.mark.parametrize(("obj", "wanted"), SAMPLES, ids=range(len(SAMPLES)))
def test_the_patch_makes_of_the_object_what_the_change_says(
    obj: dict[str, Any], wanted: PlannedWorkload
) -> None:
    there = rewriting.switch(obj, wanted)
    assert written(merge_patch.patched(obj, there.patch)) == written(there.after)
    back = rewriting.undo(there.after, wanted.ref.kind)
    assert written(merge_patch.patched(there.after, back.patch)) == written(obj)


@pytest.mark.parametrize(("obj", "wanted"), SAMPLES, ids=range(len(SAMPLES)))
def test_a_switch_leaves_what_it_was_given_alone(obj: dict[str, Any], wanted: PlannedWorkload) -> None:
    before = copy.deepcopy(obj)
    rewriting.switch(obj, wanted)
    assert obj == before


@pytest.mark.parametrize(("obj", "wanted"), SAMPLES[::4], ids=range(len(SAMPLES[::4])))
def test_a_changed_plan_still_goes_back_to_the_very_first_template(
    obj: dict[str, Any], wanted: PlannedWorkload
) -> None:
    first = rewriting.switch(obj, planned(wanted.ref.kind, service_account="first", method="proxy")).after
    second = rewriting.switch(first, wanted).after
    assert written(second) == written(rewriting.switch(obj, wanted).after)
    assert written(rewriting.undo(second, wanted.ref.kind).after) == written(obj)


def test_switch_sets_account_and_label_and_takes_the_old_label_away() -> None:
    template = at(rewriting.switch(deployment(), planned()).after, ("spec", "template"))
    assert template["metadata"]["labels"] == {"app": "web", "azure.workload.identity/use": "true"}
    assert template["spec"]["serviceAccountName"] == "web-wi"
    assert template["spec"]["serviceAccount"] == "web-wi"
    assert "annotations" not in template["metadata"]


def test_the_template_of_a_cron_job_lies_deeper() -> None:
    cron: dict[str, Any] = {
        "metadata": {"name": "n"},
        "spec": {"jobTemplate": {"spec": {"template": {"spec": {}}}}},
    }
    after = rewriting.switch(cron, planned("CronJob")).after
    assert at(after, CRON_PATH)["spec"]["serviceAccountName"] == "web-wi"
    assert rewriting.undo(after, "CronJob").after == cron


def test_the_patch_carries_the_resource_version_that_was_read() -> None:
    there = rewriting.switch(deployment(), planned())
    assert there.patch["metadata"]["resourceVersion"] == "41"
    assert rewriting.undo(there.after, "Deployment").patch["metadata"]["resourceVersion"] == "41"


def test_method_proxy_asks_for_the_sidecar_by_annotation() -> None:
    after = rewriting.switch(deployment(), planned(method="proxy")).after
    notes = at(after, ("spec", "template", "metadata", "annotations"))
    assert notes == {"azure.workload.identity/inject-proxy-sidecar": "true"}


def test_a_masked_workload_keeps_its_label() -> None:
    after = rewriting.switch(deployment(), planned(keep_label=True)).after
    assert at(after, ("spec", "template", "metadata", "labels"))["aadpodidbinding"] == "demo"


def test_a_pinned_client_id_is_rewritten_wherever_it_stands_in_the_template() -> None:
    container = {
        "name": "main",
        "env": [{"name": "AZURE_CLIENT_ID", "value": OLD.upper()}, {"name": "OTHER", "value": "kept"}],
        "args": ["-v", f"--client-id={OLD}"],
    }
    obj = deployment(containers=[container])
    after = rewriting.switch(obj, planned(client_ids={OLD: NEW})).after
    changed = after["spec"]["template"]["spec"]["containers"][0]
    assert changed["env"] == [{"name": "AZURE_CLIENT_ID", "value": NEW}, {"name": "OTHER", "value": "kept"}]
    assert changed["args"] == ["-v", f"--client-id={NEW}"]


def test_a_csi_volume_is_pointed_to_the_twin() -> None:
    volume = {"name": "s", "csi": {"volumeAttributes": {"secretProviderClass": "keys"}}}
    after = rewriting.switch(deployment(volumes=[volume]), planned(dependants={"keys": "keys-wi"})).after
    pointed = after["spec"]["template"]["spec"]["volumes"][0]["csi"]["volumeAttributes"]
    assert pointed == {"secretProviderClass": "keys-wi"}


def test_what_somebody_changed_in_between_is_left_and_told() -> None:
    after = copy.deepcopy(dict(rewriting.switch(deployment(), planned()).after))
    after["spec"]["template"]["spec"]["serviceAccountName"] = "third"
    back = rewriting.undo(after, "Deployment")
    assert back.after["spec"]["template"]["spec"]["serviceAccountName"] == "third"
    assert len(back.conflicts) == 1
    assert "spec.serviceAccountName" in back.conflicts[0]
    assert "'third'" in back.conflicts[0]


def test_what_somebody_added_in_between_stays_and_is_no_conflict() -> None:
    after = copy.deepcopy(dict(rewriting.switch(deployment(), planned()).after))
    after["spec"]["template"]["spec"]["containers"][0]["image"] = "y"
    back = rewriting.undo(after, "Deployment")
    assert back.conflicts == ()
    assert back.after == deployment(containers=[{"name": "main", "image": "y"}])


@pytest.mark.parametrize("head", [{}, {"labels": {}}, None])
def test_undo_puts_the_label_back_where_all_labels_are_gone(head: Any) -> None:
    obj = dict(merge_patch.patched(deployment(), rewriting.switch(deployment(), planned()).patch))
    obj["spec"]["template"]["metadata"] = head
    change = rewriting.undo(obj, "Deployment")
    back = merge_patch.patched(obj, change.patch)
    assert at(back, ("spec", "template", "metadata", "labels")) == {"aadpodidbinding": "demo"}


def test_a_place_that_is_gone_is_told_and_the_rest_goes_back() -> None:
    before = deployment(containers=[{"name": "main", "args": ["--client-id=" + OLD]}])
    switch = rewriting.switch(before, planned(client_ids={OLD: NEW}))
    obj = dict(merge_patch.patched(before, switch.patch))
    obj["spec"]["template"]["spec"]["containers"] = "broken"
    change = rewriting.undo(obj, "Deployment")
    assert len(change.conflicts) == 1
    back = merge_patch.patched(obj, change.patch)
    assert at(back, ("spec", "template", "metadata", "labels")) == {"app": "web", "aadpodidbinding": "demo"}


def test_after_the_revert_of_a_helm_upgrade_it_is_switched_again() -> None:
    after = copy.deepcopy(dict(rewriting.switch(deployment(), planned()).after))
    after["spec"]["template"] = deployment()["spec"]["template"]
    again = rewriting.switch(after, planned())
    assert again.changed
    assert again.conflicts == ()
    assert again.after == rewriting.switch(deployment(), planned()).after


def test_undo_of_what_was_never_switched_changes_nothing() -> None:
    assert rewriting.undo(deployment(), "Deployment").changed is False


def test_undo_with_a_hold_writes_both_in_one_request() -> None:
    there = rewriting.switch(deployment(), planned()).after
    hold = rewriting.Hold("2 of 3 pods crashed", "2026-11-23T21:00:00Z", "")
    back = rewriting.undo(there, "Deployment", hold)
    assert UNDO_ANNOTATION not in back.after["metadata"]["annotations"]
    found = rewriting.held(back.after, "Deployment")
    assert found is not None
    assert (found.reason, found.time) == ("2 of 3 pods crashed", "2026-11-23T21:00:00Z")


def test_a_hold_ends_when_the_template_changes() -> None:
    held = copy.deepcopy(
        dict(rewriting.hold(deployment(), "Deployment", "failed", "2026-11-23T21:00:00Z").after)
    )
    assert rewriting.held(held, "Deployment") is not None
    held["spec"]["template"]["spec"]["containers"][0]["image"] = "y"
    assert rewriting.held(held, "Deployment") is None


def test_a_switch_ends_a_hold() -> None:
    held = rewriting.hold(deployment(), "Deployment", "failed", "2026-11-23T21:00:00Z").after
    after = rewriting.switch(held, planned()).after
    assert rewriting.HELD_ANNOTATION not in after["metadata"]["annotations"]


def test_forgetting_leaves_the_template_and_takes_every_mark_away() -> None:
    there = rewriting.switch(deployment(), planned()).after
    forgotten = rewriting.forget(there, "Deployment")
    assert forgotten.after["spec"] == there["spec"]
    assert "annotations" not in forgotten.after["metadata"]
    assert "spec" not in forgotten.patch


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"v":1}', '{"v":2,"edits":[]}', '{"v":1,"edits":[{"path":[]}]}', "null"]
)
def test_a_damaged_record_is_an_error_and_not_a_guess(text: str) -> None:
    obj = deployment()
    obj["metadata"]["annotations"] = {UNDO_ANNOTATION: text}
    with pytest.raises(UndoRecordError):
        rewriting.undo(obj, "Deployment")

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole migration of three clusters, chapter by chapter: each test goes on where the one before ended."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab.app.app_token import AppToken
from lab.app.fleet_tokens import Tokens
from lab.fleet.handle import Fleet
from lab.fleet.pod_identity import helm
from lab.fleet.scenario import LOCATION_WITHOUT_FEDERATION, Application, Cluster, Identity
from lab.fleet.world import DIALS
from lab.playbook_run import Run
from lab.requests_sent import Sent
from lab.secrets_search import leaks, leaks_in_files, secret_values

pytestmark = pytest.mark.lab

KUBERNETES_MODULES = (
    "pod_identity_info",
    "service_accounts",
    "token_exchange_info",
    "workloads",
    "pod_identity",
)
LARGEST_RESULT = 30_000
# Chapters without which the later ones have no sense.
ACTING = frozenset(
    {
        "test_migrate_succeeds_on_every_cluster",
        "test_rollback_restores_every_pod_template_byte_for_byte",
        "test_migrate_moves_it_again_when_told_so",
        "test_retire_leaves_nothing_of_pod_identity",
    }
)
UNKNOWN = re.compile(r"\(known after apply[^)]*\)")


@dataclass
class Story:
    """What earlier chapters leave to later ones."""

    fleet: Fleet
    templates: dict[str, dict[str, str]] = field(default_factory=dict)
    check: Run | None = None
    migration: Run | None = None
    broken_at: str = ""


@pytest.fixture(scope="module")
def story(start_fleet: Any) -> Story:
    fleet = start_fleet(3)
    return Story(fleet, templates=fleet.templates())


@pytest.fixture(autouse=True)
def chapter(request: pytest.FixtureRequest, story: Story) -> Iterator[None]:
    """A chapter can only be read after those before it that do something."""
    if story.broken_at:
        pytest.fail(f"not tried, since {story.broken_at} failed")
    failed_before = request.session.testsfailed
    yield
    if request.node.name in ACTING and request.session.testsfailed > failed_before:
        story.broken_at = request.node.name


def applications(fleet: Fleet) -> Iterator[tuple[Cluster, Application]]:
    for cluster in fleet.clusters:
        for application in cluster.applications:
            yield cluster, application


def require_tokens(
    fleet: Fleet, tokens: Tokens, ways: tuple[str, ...], moved: dict[str, str] | None = None
) -> None:
    """Every application got a token of its identity, or of the one in its place, by one of ``ways``."""
    for cluster, application in applications(fleet):
        token = tokens[cluster.name, application.key]
        assert isinstance(token, AppToken), f"{cluster.name}: {token}"
        expected = (moved or {}).get(application.identity.id.lower(), application.identity.id.lower())
        assert token.identity_id.lower() == expected, f"{cluster.name} {application.key}"
        assert token.way in ways, f"{cluster.name} {application.key}: {token.way}"
        if application.asks == "metadata" and "workload identity" in ways:
            assert token.way == "migration proxy", f"{cluster.name} {application.key}: {token.way}"


def templates_now(story: Story) -> dict[str, dict[str, str]]:
    """Pod templates of the workloads that were there at the beginning: the add-on's webhook was not."""
    now = story.fleet.templates()
    return {
        cluster: {name: now[cluster][name] for name in workloads}
        for cluster, workloads in story.templates.items()
    }


def identities_moved(fleet: Fleet) -> dict[str, str]:
    """Old resource ID to new, of identities that the plans re-create elsewhere."""
    moved = {}
    for plan in fleet.runner.run_folder.glob("*.plan.json"):
        for identity in json.loads(plan.read_text())["identities"]:
            if identity.get("mirror_from"):
                moved[identity["mirror_from"].lower()] = identity["id"].lower()
    return moved


# ------------------------------------------------------------------------------------------------ before


def test_before_the_switch_every_app_gets_its_token_through_instance_metadata(story: Story) -> None:
    require_tokens(story.fleet, story.fleet.tokens(), ("instance metadata",))


def test_the_nodes_carry_the_identities_of_the_bound_pods(story: Story) -> None:
    for cluster in story.fleet.clusters:
        if cluster.installation in ("helm", "manifests"):
            running = {
                application.identity.id.lower()
                for application in cluster.applications
                if application.kind != "CronJob" and application.manifest["spec"].get("replicas") != 0
            }
            assert running <= {item.lower() for item in story.fleet.azure.scale_set_identities(cluster)}


def test_assess_reads_only_and_reports_no_change(story: Story) -> None:
    with story.fleet.sent() as sent:
        run = story.fleet.runner.run("assess").require_success()
    assert run.changed == {cluster.name: 0 for cluster in story.fleet.clusters}
    assert sent.azure, "the exchange log holds nothing of the run"
    assert all(sent.kubernetes.values()), "an audit log holds nothing of the run"
    assert sent.azure_writes() == []
    assert sent.kubernetes_writes() == []


def test_a_check_of_the_untouched_fleet_succeeds_and_writes_nothing(story: Story) -> None:
    before = story.fleet.state()
    with story.fleet.sent() as sent:
        story.check = story.fleet.runner.run("migrate", "--check", "--diff").require_success()
    assert sent.azure_writes() == []
    assert sent.kubernetes_writes() == []
    assert story.fleet.state() == before


# ------------------------------------------------------------------------------------------------ migrate


def test_migrate_succeeds_on_every_cluster(story: Story, figures: dict[str, Any]) -> None:
    with story.fleet.sent() as sent:
        story.migration = story.fleet.runner.run("migrate", "--diff", "-vvvv").require_success()
    assert story.migration.failed_hosts == set()
    assert all(story.migration.changed.values())
    figures["migrate"] = measured(story.migration, sent)


def measured(run: Run, sent: Sent) -> dict[str, Any]:
    hosts = len(run.stats)
    return {
        "clusters": hosts,
        "wall_seconds": round(run.wall_seconds, 1),
        "cpu_seconds_per_cluster": round(run.cpu_seconds / hosts, 1),
        "azure_requests_per_cluster": round(len(sent.azure) / hosts, 1),
        "kubernetes_requests_per_cluster": {name: len(events) for name, events in sent.kubernetes.items()},
        "tasks_per_cluster": {host: summary["ok"] for host, summary in run.stats.items()},
    }


def test_the_check_announced_the_changes_that_the_run_made(story: Story) -> None:
    assert story.check is not None
    assert story.migration is not None
    assert changing_modules(story, story.check) == changing_modules(story, story.migration)
    announced, done = differences(story.check), differences(story.migration)
    assert len(announced) == 2 * len(story.fleet.clusters)
    assert announced.keys() == done.keys()
    for where, text in announced.items():
        pattern = ".*?".join(re.escape(part) for part in UNKNOWN.split(text))
        assert re.fullmatch(pattern, done[where], re.DOTALL), f"{where}:\n{text}\nbecame\n{done[where]}"


def changing_modules(story: Story, run: Run) -> set[tuple[str, str]]:
    """(cluster, module) of results with a change; features belong to the subscription."""
    subscriptions = {cluster.name: cluster.subscription_id for cluster in story.fleet.clusters}
    return {
        (
            subscriptions[record["host"]]
            if record["action"].endswith("feature_registration")
            else record["host"],
            record["action"],
        )
        for record in run.own
        if record["result"].get("changed")
    }


def differences(run: Run) -> dict[tuple[str, str], str]:
    """What the tasks printed as their differences, by host and module."""
    compared = ("service_accounts", "federated_credentials")
    return {
        (record["host"], record["action"]): json.dumps(record["result"]["diff"], sort_keys=True, indent=1)
        for record in run.own
        if record["action"].rsplit(".", 1)[-1] in compared and record["result"].get("changed")
    }


def test_a_cluster_needs_at_most_three_kubernetes_tasks(story: Story) -> None:
    assert story.migration is not None
    for cluster in story.fleet.clusters:
        asked = [
            module
            for module in KUBERNETES_MODULES
            for result in story.migration.results(module, cluster.name)
        ]
        assert len(asked) <= 3, f"{cluster.name}: {asked}"


def test_results_are_small(story: Story) -> None:
    assert story.migration is not None
    for record in story.migration.own:
        size = len(json.dumps({key: value for key, value in record["result"].items() if key != "diff"}))
        assert size <= LARGEST_RESULT, f"{record['action']} on {record['host']}: {size} characters"


def test_the_waits_of_the_clusters_overlap(story: Story) -> None:
    """Each cluster has one long operation, and each subscription its feature registrations."""
    assert story.migration is not None
    begun: dict[str, float] = {}
    settled: dict[str, float] = {}
    for record in story.migration.own:
        if record["action"].endswith("aks_oidc_issuer"):
            begun.setdefault(record["host"], record["time"])
            settled[record["host"]] = record["time"]
    waits = [settled[host] - begun[host] for host in begun]
    together = max(settled.values()) - min(begun.values())
    assert len(waits) == len(story.fleet.clusters)
    assert sum(waits) >= DIALS["long_operation"], "the clusters' operations took no time to speak of"
    assert together < 0.7 * (sum(waits) + len(waits) * DIALS["long_operation"] / 2)


def test_no_secret_is_in_the_most_verbose_output_nor_in_any_file_of_the_run(story: Story) -> None:
    assert story.migration is not None
    values = secret_values(story.fleet.folder)
    assert leaks(f"x {values['secret of operator']} y", values), "the search itself finds nothing"
    assert "ESTABLISH LOCAL CONNECTION" in story.migration.output or len(story.migration.output) > 20_000
    assert leaks(story.migration.output, values) == []
    assert leaks_in_files([story.fleet.work, story.fleet.folder.exchanges], values) == []


def test_after_the_switch_every_app_gets_its_token_from_its_federated_credential(story: Story) -> None:
    moved = identities_moved(story.fleet)
    assert moved, "no identity was re-created, though one lies in a region without federated credentials"
    require_tokens(story.fleet, story.fleet.tokens(), ("workload identity", "migration proxy"), moved)


def test_a_re_created_identity_has_the_role_assignments_of_the_old_one(story: Story) -> None:
    state = story.fleet.state()["azure"]
    moved = identities_moved(story.fleet)
    old: Identity
    for old in {
        identity
        for cluster in story.fleet.clusters
        for identity in cluster.identities
        if identity.location == LOCATION_WITHOUT_FEDERATION
    }:
        before, after = state[old.id.lower()], state[moved[old.id.lower()]]
        assert before["roles"], "the old identity has no role to mirror"
        assert after["roles"] == before["roles"]
        assert after["location"] != before["location"]


def test_the_proxy_is_a_native_sidecar_only_where_kubernetes_has_them(story: Story) -> None:
    seen = set()
    for cluster, application in applications(story.fleet):
        if application.asks != "metadata":
            continue
        pods = story.fleet.api(cluster).list(
            f"/api/v1/namespaces/{application.namespace}/pods", labelSelector=f"app={application.name}"
        )
        minor = int(cluster.version.split(".")[1])
        for pod in pods:
            place = "initContainers" if minor >= 32 else "containers"
            assert "azwi-proxy" in {container["name"] for container in pod["spec"][place]}
            seen.add(place)
    assert seen == {"initContainers", "containers"}


def test_a_second_migration_changes_nothing(story: Story) -> None:
    with story.fleet.sent() as sent:
        run = story.fleet.runner.run("migrate").require_success()
    assert run.changed == {cluster.name: 0 for cluster in story.fleet.clusters}
    assert sent.azure_writes() == []
    assert sent.kubernetes_writes() == []


def test_verify_confirms_and_reads_only(story: Story) -> None:
    with story.fleet.sent() as sent:
        run = story.fleet.runner.run("verify").require_success()
    assert run.changed == {cluster.name: 0 for cluster in story.fleet.clusters}
    assert sent.azure_writes() == []
    assert sent.kubernetes_writes() == []


# ------------------------------------------------------------------------------------------------ rollback


def test_rollback_restores_every_pod_template_byte_for_byte(story: Story) -> None:
    assert templates_now(story) != story.templates
    story.fleet.runner.run("rollback").require_success()
    assert templates_now(story) == story.templates


def test_after_the_rollback_every_app_gets_its_token_through_instance_metadata(story: Story) -> None:
    require_tokens(story.fleet, story.fleet.tokens(), ("instance metadata",))


def test_retire_refuses_while_workloads_use_pod_identity(story: Story) -> None:
    before = story.fleet.state()
    with story.fleet.sent() as sent:
        run = story.fleet.runner.run("retire")
    assert run.returncode != 0
    assert run.failed_hosts == {cluster.name for cluster in story.fleet.clusters}
    for cluster in story.fleet.clusters:
        assert cluster.applications[0].name in run.failures(cluster.name)
    assert sent.azure_writes() == []
    assert sent.kubernetes_writes() == []
    assert story.fleet.state() == before


def test_what_was_rolled_back_stays_so_until_told_otherwise(story: Story) -> None:
    story.fleet.runner.run("migrate").require_success()
    assert templates_now(story) == story.templates


def test_migrate_moves_it_again_when_told_so(story: Story) -> None:
    story.fleet.runner.run("migrate", "-e", "workload_identity_retry_held=true").require_success()
    require_tokens(
        story.fleet,
        story.fleet.tokens(),
        ("workload identity", "migration proxy"),
        identities_moved(story.fleet),
    )


# ------------------------------------------------------------------------------------------------ retire


def test_retire_leaves_nothing_of_pod_identity(story: Story) -> None:
    templates = templates_now(story)
    assert all(story.fleet.remains().values()), "the search itself finds nothing"
    story.fleet.runner.run("retire").require_success()
    assert story.fleet.remains() == {cluster.name: [] for cluster in story.fleet.clusters}
    left = story.fleet.templates()
    for cluster in story.fleet.clusters:
        for application in cluster.applications:
            name = application.key
            assert left[cluster.name][name] == templates[cluster.name][name], "retiring restarts no pod"
    for cluster in story.fleet.clusters:
        backup = story.fleet.runner.run_folder / f"{cluster.name}.backup.json"
        assert backup.stat().st_mode & 0o777 == 0o600
        assert all(identity.name in backup.read_text() for identity in cluster.identities)


def test_helm_knows_no_release_of_it_any_more(story: Story) -> None:
    cluster = next(cluster for cluster in story.fleet.clusters if cluster.installation == "helm")
    assert (
        json.loads(helm(story.fleet.plane(cluster), "list", "--all-namespaces", "--all", "--output", "json"))
        == []
    )


def test_after_retire_every_app_still_gets_its_token(story: Story) -> None:
    require_tokens(
        story.fleet,
        story.fleet.tokens(),
        ("workload identity", "migration proxy"),
        identities_moved(story.fleet),
    )


def test_a_second_retire_changes_nothing(story: Story) -> None:
    run = story.fleet.runner.run("retire").require_success()
    assert run.changed == {cluster.name: 0 for cluster in story.fleet.clusters}

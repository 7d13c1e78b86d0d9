# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A migration that is killed again and again ends where an undisturbed one ends, and leaks nothing."""

from __future__ import annotations

from typing import Any

import pytest

from lab.app.app_token import AppToken
from lab.fleet.state import differences
from lab.killing import Moment, killed_at, killed_at_kubernetes_write
from lab.secrets_search import leaks_in_files, secret_values

pytestmark = pytest.mark.lab

CLUSTERS = 2
SPEED = 4.0
PROOF = "client_assertion"
# Each module in a process of its own, where Ansible's own files and pipes hold the arguments.
ORDINARY = ("-e", '{"workload_identity_in_worker": false}')
# In the order in which a run meets them: each run gets further than the one before.
MOMENTS = (
    Moment(
        "a cluster's credentials are being read", "POST", r"/listClusterUserCredential", arguments=ORDINARY
    ),
    Moment("a feature is being registered", "POST", r"/features/[^/]+/register"),
    Moment("a cluster is being updated, workers write on", "PUT", r"/managedClusters/[^/?]+\?", alone=True),
    Moment("an identity is being created", "PUT", r"/userAssignedIdentities/[^/?]+\?", acted=False),
    Moment("the second role is being mirrored", "PUT", r"/roleAssignments/", skip=1),
    Moment("a credential is being written", "PUT", r"/federatedIdentityCredentials/", skip=2),
    Moment("a credential is being written, unheard", "PUT", r"/federatedIdentityCredentials/", acted=False),
    Moment("the first token is being proven", "POST", r"/oauth2/v2.0/token", body=PROOF),
)
# The order of a removal: what binds, what serves, what defines.
REMOVALS = (("/azureidentitybindings/",), ("/daemonsets/", "/deployments/"), ("/customresourcedefinitions/",))


@pytest.fixture(scope="module")
def undisturbed_state(start_fleet: Any) -> Any:
    """What one run without any trouble leads to."""
    fleet = start_fleet(CLUSTERS, "undisturbed", speed=SPEED)
    fleet.runner.run("migrate").require_success()
    return fleet.state()


@pytest.fixture(scope="module")
def fleet(start_fleet: Any) -> Any:
    """The one whose runs are killed."""
    return start_fleet(CLUSTERS, "killed", speed=SPEED)


def test_a_migration_killed_at_every_stage_ends_as_an_undisturbed_one(
    fleet: Any, undisturbed_state: Any
) -> None:
    values = secret_values(fleet.folder)
    for moment in MOMENTS:
        run = killed_at(fleet, moment, "migrate")
        assert run.returncode == -9, f"{moment.name}: the run ended by itself"
        assert leaks_in_files([fleet.work], values) == [], moment.name
    run = killed_at_kubernetes_write(fleet, "migrate")
    assert run.returncode == -9, "the run ended by itself"
    assert leaks_in_files([fleet.work], values) == []

    fleet.runner.run("migrate").require_success()

    assert differences(fleet.state(), undisturbed_state) == []
    assert all(isinstance(token, AppToken) for token in fleet.tokens().values())
    assert fleet.runner.run("migrate").require_success().changed == {
        cluster.name: 0 for cluster in fleet.clusters
    }


def test_a_removal_killed_at_every_stage_ends_with_nothing_left(fleet: Any) -> None:
    """Goes on with the fleet that the test above has migrated."""
    for paths in REMOVALS:
        run = killed_at_kubernetes_write(fleet, "retire", "delete", paths)
        assert run.returncode == -9, f"{paths}: the run ended by itself"

    fleet.runner.run("retire").require_success()

    assert fleet.remains() == {cluster.name: [] for cluster in fleet.clusters}
    assert all(isinstance(token, AppToken) for token in fleet.tokens().values())
    assert fleet.runner.run("retire").require_success().changed == {
        cluster.name: 0 for cluster in fleet.clusters
    }

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of service accounts, before anything is sent."""

from __future__ import annotations

from ansible_collections.aksops.workload_identity.plugins.module_utils._kubernetes.service_accounts import (
    missing_annotations,
    new_account,
    with_subject,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import (
    PlannedServiceAccount,
)

WANTED = PlannedServiceAccount(
    "team", "web-wi", "/identity", "client", "tenant", create=True, copy_from="web"
)


def test_only_what_differs_is_written() -> None:
    there = {"metadata": {"annotations": {"azure.workload.identity/client-id": "client", "team": "a"}}}
    assert missing_annotations(there, WANTED) == {"azure.workload.identity/tenant-id": "tenant"}
    there["metadata"]["annotations"]["azure.workload.identity/tenant-id"] = "tenant"
    assert missing_annotations(there, WANTED) == {}
    assert len(missing_annotations({"metadata": {}}, WANTED)) == 2


def test_a_new_account_takes_over_pull_secrets_and_automounting_and_nothing_else() -> None:
    source = {
        "metadata": {"name": "web", "annotations": {"team": "a"}, "uid": "u"},
        "imagePullSecrets": [{"name": "registry"}],
        "automountServiceAccountToken": False,
        "secrets": [{"name": "web-token-1"}],
    }
    account = new_account(WANTED, source)
    assert account["imagePullSecrets"] == [{"name": "registry"}]
    assert account["automountServiceAccountToken"] is False
    assert "secrets" not in account
    assert account["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "aksops.workload_identity"}
    assert account["metadata"]["annotations"]["workload-identity.aksops.io/copied-from"] == "web"
    assert "team" not in account["metadata"]["annotations"]


def test_a_subject_is_added_once_and_the_others_stay() -> None:
    old = {"kind": "ServiceAccount", "name": "web", "namespace": "team"}
    binding = {"metadata": {"namespace": "team"}, "subjects": [old]}
    subjects = with_subject(binding, "team", "web-wi")
    assert subjects == [old, {"kind": "ServiceAccount", "name": "web-wi", "namespace": "team"}]
    assert with_subject({**binding, "subjects": subjects}, "team", "web-wi") is None


def test_a_subject_without_a_namespace_is_of_the_bindings_own() -> None:
    binding = {"metadata": {"namespace": "team"}, "subjects": [{"kind": "ServiceAccount", "name": "web-wi"}]}
    assert with_subject(binding, "team", "web-wi") is None

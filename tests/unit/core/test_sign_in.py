# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signs in: options before the environment, both families of variables, and no mixing of people."""

from __future__ import annotations

import pytest

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure.sign_in import Settings

SERVICE_PRINCIPAL = {"AZURE_TENANT": "t", "AZURE_CLIENT_ID": "c", "AZURE_SECRET": "s"}


@pytest.mark.parametrize(
    ("variable", "setting"),
    [
        ("AZURE_SUBSCRIPTION_ID", "subscription_id"),
        ("AZURE_TENANT", "tenant"),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client_id"),
        ("AZURE_SECRET", "secret"),
        ("AZURE_CLIENT_SECRET", "secret"),
        ("AZURE_AD_USER", "ad_user"),
        ("AZURE_PASSWORD", "password"),
        ("AZURE_X509_CERTIFICATE_PATH", "x509_certificate_path"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "x509_certificate_path"),
        ("AZURE_FEDERATED_TOKEN_FILE", "federated_token_file"),
        ("AZURE_CLOUD_ENVIRONMENT", "cloud_environment"),
    ],
)
def test_each_variable_stands_in_for_its_option(variable: str, setting: str) -> None:
    assert getattr(Settings.of({}, {variable: "value"}), setting) == "value"


def test_an_empty_variable_counts_as_not_set() -> None:
    settings = Settings.of({}, {"AZURE_SECRET": "", "AZURE_CLIENT_SECRET": "s", "AZURE_TENANT": ""})
    assert settings.secret == "s"
    assert settings.tenant is None


def test_an_option_goes_before_its_variable() -> None:
    assert Settings.of({"tenant": "mine"}, SERVICE_PRINCIPAL).tenant == "mine"


def test_the_secret_of_another_application_is_not_taken_from_the_environment() -> None:
    assert Settings.of({"client_id": "other"}, SERVICE_PRINCIPAL).secret is None
    assert Settings.of({"client_id": "C"}, SERVICE_PRINCIPAL).secret == "s"


def test_the_token_of_a_pod_serves_whichever_identity_is_asked_for() -> None:
    settings = Settings.of(
        {"client_id": "other"}, {"AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": "/t"}
    )
    assert settings.federated_token_file == "/t"


def test_a_user_does_not_sign_in_through_the_application_of_the_environment() -> None:
    settings = Settings.of({"ad_user": "u", "password": "p"}, SERVICE_PRINCIPAL)
    assert (settings.client_id, settings.secret, settings.tenant) == (None, None, "t")


def test_the_source_env_leaves_out_what_options_say_of_people() -> None:
    options = {"auth_source": "env", "client_id": "mine", "secret": "x", "subscription_id": "1"}
    settings = Settings.of(options, SERVICE_PRINCIPAL)
    assert (settings.client_id, settings.secret, settings.subscription_id) == ("c", "s", "1")


def test_the_key_tells_sign_ins_apart_and_subscriptions_not() -> None:
    mine = Settings.of({"subscription_id": "1"}, SERVICE_PRINCIPAL)
    assert mine.key == Settings.of({"subscription_id": "2"}, SERVICE_PRINCIPAL).key
    assert mine.key != Settings.of({}, {**SERVICE_PRINCIPAL, "AZURE_SECRET": "new"}).key


def test_no_secret_shows_when_settings_are_printed() -> None:
    settings = Settings.of(
        {"secret": "hush-1", "password": "hush-2"}, {"AZURE_CLIENT_CERTIFICATE_PASSWORD": "hush-3"}
    )
    assert "hush" not in repr(settings)
    assert "hush" not in settings.key

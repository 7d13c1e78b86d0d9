# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""A set of features in the state that is wanted, and their provider with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._module_spec import Result
from . import features
from .errors import AzureError
from .features import Feature
from .session import AzureSession
from .waiting import Waiter


def ensure(
    options: Mapping[str, Any], session: AzureSession, say: Callable[[str], None], check_mode: bool
) -> Result:
    """Options and results are those of the module feature_registration. Raises AzureError."""
    namespace, present = options["namespace"], options["state"] == "present"
    names = list(dict.fromkeys(options["features"]))
    planned = [features.planned(features.read(session, namespace, name), present) for name in names]
    if options["on_unknown"] == "fail":
        _refuse_unknown(planned, namespace, session.subscription_id)
    _refuse_pending(planned, namespace)
    waiter = Waiter(float(options["wait_timeout"]), float(options["poll_interval"]), say)
    changes = [item for item in planned if item.outcome in ("registered", "unregistered")]
    provider = features.provider_state(session, namespace)
    # A feature that is registered does not work in a subscription whose provider is not.
    reregister = bool(changes) or (present and provider.lower() != "registered" and _any_registered(planned))
    if check_mode or not reregister:
        ended = [_foreseen(item) for item in planned] if check_mode else planned
        return _result(namespace, planned, ended, provider, reregister)
    ended = [
        features.switch(session, namespace, item, present) if item in changes else item for item in planned
    ]
    if options["wait"]:
        ended = features.settle(session, namespace, ended, present, waiter)
        _refuse_pending([item for item in ended if item.state.lower() == "pending"], namespace, changed=True)
    settled = all(features.is_settled(item, present) for item in ended if item.outcome != "retired")
    if settled:
        try:
            provider = features.register_provider(session, namespace, waiter if options["wait"] else None)
        except AzureError as error:
            shown = [item.as_data() for item in ended]
            error.data = {
                "features": shown,
                **error.data,
                "changed": bool(changes) or "changed" in error.data,
            }
            raise
    return _result(namespace, planned, ended, provider, settled)


def _foreseen(feature: Feature) -> Feature:
    words = {"registered": "Registered", "unregistered": "Unregistered"}
    return Feature(feature.name, words.get(feature.outcome, feature.state), feature.before, feature.outcome)


def _any_registered(planned: list[Feature]) -> bool:
    return any(item.state.lower() == "registered" for item in planned)


def _refuse_unknown(planned: list[Feature], namespace: str, subscription_id: str) -> None:
    unknown = [item.name for item in planned if item.state == features.UNKNOWN]
    if unknown:
        raise AzureError(
            f"Subscription {subscription_id}: {namespace} has no feature {', '.join(unknown)}. Check the names;"
            " features that became generally available are retired, and on_unknown: ignore passes over them. Nothing"
            " was changed."
        )


def _refuse_pending(planned: list[Feature], namespace: str, changed: bool = False) -> None:
    pending = [
        item for item in planned if item.outcome == "pending" or (changed and item.state.lower() == "pending")
    ]
    if pending:
        raise AzureError(
            f"{namespace}: {', '.join(item.name for item in pending)} waits for the approval of Microsoft (state"
            " Pending). Run again once it is given.",
            data={"changed": changed, "features": [item.as_data() for item in planned]},
        )


def _result(
    namespace: str, planned: list[Feature], ended: list[Feature], provider: str, reregistered: bool
) -> Result:
    changed = reregistered or any(item.outcome in ("registered", "unregistered") for item in planned)
    before = {item.name: item.before for item in planned}
    after = {item.name: _foreseen(item).state for item in planned}
    return Result(
        changed=changed,
        data={
            "features": [item.as_data() for item in ended],
            "provider": {"namespace": namespace, "state": provider, "reregistered": reregistered},
        },
        before=before if changed else None,
        after=after if changed else None,
    )

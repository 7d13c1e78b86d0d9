# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What a plan rests on: of the facts, what makes a plan another one if it changes.

It is the same before, during and after a migration: replicas, images, health and what this collection itself writes
are no part of it. Pods and Jobs that come and go by themselves are none either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import pod_templates
from .bound_workloads import masked
from .facts import AzureIdentityRecord, Facts, IdentityFacts, WorkloadRecord
from .objects import BINDING_LABEL, labels, name, namespace, place, spec

_LASTING = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "ReplicaSet", "ReplicationController")

Basis = Mapping[str, Mapping[str, str]]  # place -> aspect -> value as text


def basis(facts: Facts) -> Basis:
    """By place ("Deployment team-a/web", "AzureIdentity a/b", a resource ID), in a fixed order."""
    found: dict[str, Mapping[str, str]] = {}
    for record in facts.workloads:
        if record.ref.kind in _LASTING:
            found[place(record.ref)] = _workload(record)
    for identity in facts.identities:
        found[place(identity.ref)] = _azure_identity(identity)
    named = {(identity.resource_id or "").lower() for identity in facts.identities}
    for resource in facts.azure.identities:
        if resource.id.lower() in named:  # and not what a migration has created since
            found[resource.id.lower()] = _resource(resource)
    for obj in facts.dependants:
        where = f"{namespace(obj)}/{name(obj)}" if namespace(obj) else name(obj)
        found[f"{obj.get('kind')} {where}"] = {"spec": _digest(spec(obj))}
    return {key: found[key] for key in sorted(found)}


def differences(reviewed: Basis, now: Basis) -> Sequence[str]:
    """Each difference in a line: what is new, what is gone, and what has which other value."""
    return tuple(_differences(reviewed, now))


def _differences(reviewed: Basis, now: Basis) -> Iterator[str]:
    for key in sorted({*reviewed, *now}):
        if key not in reviewed:
            yield f"{key} is new"
        elif key not in now:
            yield f"{key} is gone"
        else:
            before, after = reviewed[key], now[key]
            for aspect in sorted({*before} & {*after}):
                if before[aspect] != after[aspect]:
                    yield f"{key}: {aspect} was {before[aspect]!r} and is {after[aspect]!r}"


def _workload(record: WorkloadRecord) -> Mapping[str, str]:
    template = record.original_template or record.template
    return {
        "label": str(labels(template).get(BINDING_LABEL, "")),
        "label kept": "yes" if masked(record) else "no",
        "identities": ", ".join(place(ref) for ref in record.identity_refs),
        "service account": record.service_account,
        "client IDs": ", ".join(pod_templates.pinned_client_ids(template)),
        "secret provider classes": ", ".join(sorted(set(pod_templates.secret_provider_classes(template)))),
        "owned by": record.ownership,
        "proxy": record.proxy_refused or "possible",
    }


def _azure_identity(record: AzureIdentityRecord) -> Mapping[str, str]:
    return {
        "type": str(record.type),
        "resource ID": (record.resource_id or "").lower(),
        "client ID": (record.client_id or "").lower(),
        "malformed": record.malformed or "no",
    }


def _resource(identity: IdentityFacts) -> Mapping[str, str]:
    found = {"exists": "yes" if identity.exists else "no", "client ID": (identity.client_id or "").lower()}
    if identity.federation != "unknown":  # what could not be read at one time has not changed by that
        found["federation"] = identity.federation
    return found


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

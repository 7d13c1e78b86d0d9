# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The custom resources AzureIdentity and AzureIdentityBinding, and which pods they give which identity.

Rules: aad-pod-identity pkg/mic/mic.go (createDesiredAssignedIdentityList), pkg/utils (ValidateResourceID).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .facts import AzureIdentityRecord, BindingRecord, Finding, ObjectRef, RawCluster
from .findings import finding
from .kinds import AZURE_IDENTITIES, BINDINGS, listed
from .objects import annotations_of, place, spec

_RESOURCE_ID = re.compile(
    r"^/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.managedidentity/userassignedidentities/[^/]+$",
    re.IGNORECASE,
)
_BEHAVIOR = "aadpodidentity.k8s.io/Behavior"


def is_resource_id(text: str) -> bool:
    """Whether this is the resource ID of a user-assigned identity."""
    return bool(_RESOURCE_ID.match(text))


def identity_records(raw: RawCluster) -> tuple[AzureIdentityRecord, ...]:
    return tuple(_identity(obj) for obj in listed(raw, AZURE_IDENTITIES))


def binding_records(raw: RawCluster) -> tuple[BindingRecord, ...]:
    return tuple(
        BindingRecord(
            BINDINGS.ref(obj),
            str(_field(spec(obj), "azureIdentity") or ""),
            str(_field(spec(obj), "selector") or ""),
        )
        for obj in listed(raw, BINDINGS)
    )


def _identity(obj: Mapping[str, Any]) -> AzureIdentityRecord:
    kind = _field(spec(obj), "type")
    resource_id = _text(_field(spec(obj), "resourceID"))
    number = kind if isinstance(kind, int) and not isinstance(kind, bool) else (0 if kind is None else -1)
    client_id = _text(_field(spec(obj), "clientID"))
    wrong: Optional[str] = None
    if number not in (0, 1, 2):
        wrong = f"its type is {kind!r}; it must be 0, 1 or 2"
    elif number == 0 and not resource_id:
        wrong = "it has no resourceID"
    elif number == 0 and resource_id and not is_resource_id(resource_id):
        wrong = f"its resourceID is {resource_id!r}"
    elif number in (1, 2) and not client_id:
        wrong = "it has no clientID"
    return AzureIdentityRecord(
        ref=AZURE_IDENTITIES.ref(obj),
        type=number,
        resource_id=resource_id,
        client_id=client_id,
        tenant_id=_text(_field(spec(obj), "tenantID")),
        malformed=wrong,
    )


def _text(value: Any) -> Optional[str]:
    # Go reads the value as it stands; white space around an ID is a common slip and would make MIC ignore it.
    return str(value) if value not in (None, "") else None


def _field(document: Mapping[str, Any], name: str) -> Any:
    """A field whatever its case: installations before 1.6 wrote ``resourceid``."""
    if name in document:
        return document[name]
    return next((value for key, value in document.items() if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Matching:
    """Which AzureIdentities a pod gets, by namespace and label value."""

    identities: Mapping[tuple[str, str], AzureIdentityRecord]  # by (namespace, name)
    bindings: Sequence[BindingRecord]
    namespaced: frozenset[tuple[str, str]]  # identities with Behavior: namespaced
    force_namespaced: bool

    def identities_of(self, namespace: str, selector: Optional[str]) -> tuple[ObjectRef, ...]:
        """In the order of their bindings' names, each once; an empty selector matches nothing."""
        found: dict[ObjectRef, None] = {}
        for binding in self.bindings_of(namespace, selector):
            found[self.identities[binding.ref.namespace, binding.azure_identity].ref] = None
        return tuple(found)

    def bindings_of(self, namespace: str, selector: Optional[str]) -> Iterator[BindingRecord]:
        for binding in self.bindings:
            key = (binding.ref.namespace, binding.azure_identity)
            if not selector or binding.selector != selector or key not in self.identities:
                continue
            if (self.force_namespaced or key in self.namespaced) and binding.ref.namespace != namespace:
                continue
            yield binding


def matching(raw: RawCluster, force_namespaced: bool) -> Matching:
    records = identity_records(raw)
    return Matching(
        identities={(item.ref.namespace, item.ref.name): item for item in records},
        bindings=binding_records(raw),
        namespaced=frozenset(
            (AZURE_IDENTITIES.ref(obj).namespace, AZURE_IDENTITIES.ref(obj).name)
            for obj in listed(raw, AZURE_IDENTITIES)
            if annotations_of(obj).get(_BEHAVIOR) == "namespaced"
        ),
        force_namespaced=force_namespaced,
    )


def resource_findings(
    raw: RawCluster, matched: Matching, used: frozenset[ObjectRef], makers: Sequence[str]
) -> Iterator[Finding]:
    """What is wrong with the custom resources themselves. ``used``: bindings that some pod template matches;
    ``makers``: software on the cluster that makes pods on demand.
    """
    here = f" Software here that makes pods on demand: {', '.join(makers)}." if makers else ""
    for record in matched.identities.values():
        if record.malformed:
            yield finding("azure-identity-malformed", place(record.ref), f"{record.malformed.capitalize()}.")
    for binding in matched.bindings:
        if (binding.ref.namespace, binding.azure_identity) not in matched.identities:
            yield finding(
                "binding-without-identity", place(binding.ref), f"It names {binding.azure_identity!r}."
            )
        elif binding.ref not in used:
            yield finding(
                "binding-without-workload",
                place(binding.ref),
                f"Its selector is {binding.selector!r}.{here}",
            )
    for kind, names in (
        (AZURE_IDENTITIES, ("resourceID", "clientID", "tenantID")),
        (BINDINGS, ("azureIdentity",)),
    ):
        for obj in listed(raw, kind):
            slips = [
                key for key in spec(obj) if any(key != name and key.lower() == name.lower() for name in names)
            ]
            if slips:
                yield finding("lower-case-fields", place(kind.ref(obj)), f"Here: {', '.join(sorted(slips))}.")

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Policies that a migration may run into: such as name service accounts, and such as refuse the proxy."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .facts import AccountPattern, RawCluster
from .kinds import (
    AUTHORIZATION_POLICIES,
    GATEKEEPER_NO_PRIVILEGE,
    GATEKEEPER_PRIVILEGED,
    KYVERNO_CLUSTER_POLICIES,
    KYVERNO_POLICIES,
    KindPath,
    listed,
)
from .objects import Object, items, mapping, namespace, place, spec, words
from .selector_matching import selects

_NAMING_KINDS = (
    AUTHORIZATION_POLICIES,
    KYVERNO_CLUSTER_POLICIES,
    KYVERNO_POLICIES,
    GATEKEEPER_NO_PRIVILEGE,
    GATEKEEPER_PRIVILEGED,
)
# SPIFFE-like principals of Istio ("cluster.local/ns/a/sa/b") and the API server's user names.
_PRINCIPAL = re.compile(r"(?:^|/)ns/([^/]+)/sa/([^/]+)$")
_USER = re.compile(r"^system:serviceaccount:([^:]+):([^:]+)$")
_ACCOUNT_LISTS = ("serviceAccounts", "notServiceAccounts")


def account_patterns(raw: RawCluster) -> tuple[AccountPattern, ...]:
    """Every service account, or pattern of them, that such a policy names."""
    found: dict[AccountPattern, None] = {}
    for kind in _NAMING_KINDS:
        for obj in listed(raw, kind):
            own = namespace(obj) or "*"
            for where, name in _named(spec(obj), own):
                found[AccountPattern(place(kind.ref(obj)), where, name)] = None
    return tuple(found)


def differing(patterns: tuple[AccountPattern, ...], where: str, old: str, new: str) -> tuple[str, ...]:
    """Policies that cover one of two accounts of a namespace and not the other."""
    return tuple(
        dict.fromkeys(
            item.by
            for item in patterns
            if fnmatch.fnmatchcase(where, item.namespace)
            and fnmatch.fnmatchcase(old, item.name) != fnmatch.fnmatchcase(new, item.name)
        )
    )


def _named(node: Any, own: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        match = _PRINCIPAL.search(node) or _USER.match(node)
        if match:
            yield match.group(1), match.group(2)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _named(item, own)
    elif isinstance(node, Mapping):
        if node.get("kind") == "ServiceAccount" and isinstance(node.get("name"), str):
            yield str(node.get("namespace") or own), node["name"]
        for key, value in node.items():
            if key in _ACCOUNT_LISTS and isinstance(value, (list, tuple)):
                for item in value:
                    where, slash, name = str(item).rpartition("/")
                    yield (where if slash else own), name
            elif key in ("serviceAccountName", "=(serviceAccountName)") and isinstance(value, str):
                for name in value.split("|"):
                    yield own, name.strip().lstrip("!")
            else:
                yield from _named(value, own)


@dataclass(frozen=True)
class PrivilegePolicy:
    """A policy that refuses privileged containers where it applies."""

    by: str
    match: tuple[Mapping[str, Any], ...]  # of Gatekeeper or Kyverno; several: any of them
    exclude: tuple[Mapping[str, Any], ...] = ()
    namespace: str = ""  # it applies to this one only

    def applies(self, where: str, namespace_labels: Mapping[str, Any]) -> bool:
        if self.namespace and self.namespace != where:
            return False
        if any(_covers(item, where, namespace_labels, False) for item in self.exclude):
            return False
        return any(_covers(item, where, namespace_labels, True) for item in self.match)


def privilege_policies(raw: RawCluster) -> tuple[PrivilegePolicy, ...]:
    """Those of Gatekeeper (Azure Policy among them) and Kyverno that deny; warnings and dry runs are left out."""
    found = []
    for kind in (GATEKEEPER_NO_PRIVILEGE, GATEKEEPER_PRIVILEGED):
        for obj in listed(raw, kind):
            if str(spec(obj).get("enforcementAction", "deny")) == "deny":
                found.append(PrivilegePolicy(place(kind.ref(obj)), (mapping(spec(obj).get("match")),)))
    for kind in (KYVERNO_CLUSTER_POLICIES, KYVERNO_POLICIES):
        for obj in listed(raw, kind):
            found += _kyverno(kind, obj)
    return tuple(found)


def _kyverno(kind: KindPath, obj: Object) -> Iterator[PrivilegePolicy]:
    general = str(spec(obj).get("validationFailureAction", "Audit"))
    for rule in items(spec(obj).get("rules")):
        validate = mapping(rule.get("validate"))
        enforced = str(validate.get("failureAction", general)).lower() == "enforce"
        if enforced and _refuses_privilege(validate):
            match, exclude = mapping(rule.get("match")), mapping(rule.get("exclude"))
            yield PrivilegePolicy(
                place(kind.ref(obj)), _resources(match) or ({},), _resources(exclude), namespace(obj)
            )


def _refuses_privilege(validate: Mapping[str, Any]) -> bool:
    level = str(mapping(validate.get("podSecurity")).get("level", "")).lower()
    pattern = str(validate.get("pattern", "")) + str(validate.get("anyPattern", ""))
    return level in ("baseline", "restricted") or "privileged" in pattern


def _resources(block: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    filters = (*items(block.get("any")), *items(block.get("all")), block)
    return tuple(mapping(item["resources"]) for item in filters if "resources" in item)


def _covers(match: Mapping[str, Any], where: str, tags: Mapping[str, Any], otherwise: bool) -> bool:
    """Whether the filter takes in a namespace; ``otherwise`` where it says nothing of namespaces."""
    said = False
    for pattern in words(match.get("excludedNamespaces")):
        if fnmatch.fnmatchcase(where, pattern):
            return False
    wanted = words(match.get("namespaces"))
    if wanted:
        said = True
        if not any(fnmatch.fnmatchcase(where, pattern) for pattern in wanted):
            return False
    if match.get("namespaceSelector"):
        said = True
        if not selects(match.get("namespaceSelector"), tags):
            return False
    return said or otherwise

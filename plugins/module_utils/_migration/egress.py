# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Whether pods can reach the authority themselves: network policies on the way out, and proxies.

Pod Identity's requests for tokens left from the host network, past both.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

from .facts import RawCluster
from .kinds import NETWORK_POLICIES, listed
from .objects import BINDING_LABEL, USE_LABEL, containers, items, labels, mapping, namespace, place, spec
from .pod_templates import host_network
from .selector_matching import selects

_HTTPS = 443
_AUTHORITIES = (
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
)


def egress_policies(raw: RawCluster) -> tuple[Mapping[str, Any], ...]:
    """Network policies that isolate pods on the way out."""
    return tuple(policy for policy in listed(raw, NETWORK_POLICIES) if _isolates(policy))


def obstacles(policies: Sequence[Mapping[str, Any]], where: str, template: Mapping[str, Any]) -> str:
    """Which policies keep pods of this template, once they are switched, from TCP 443 outside; "" if none does."""
    if host_network(template):
        return ""
    tags = {key: value for key, value in labels(template).items() if key != BINDING_LABEL}
    tags[USE_LABEL] = "true"
    chosen = [
        policy
        for policy in policies
        if namespace(policy) == where and selects(spec(policy).get("podSelector"), tags)
    ]
    rules = [rule for policy in chosen for rule in items(spec(policy).get("egress")) if _https(rule)]
    if not chosen or any(_anywhere(rule) for rule in rules):
        return ""
    names = ", ".join(place(NETWORK_POLICIES.ref(policy)) for policy in chosen)
    ranges = sorted({cidr for rule in rules for cidr in _public_ranges(rule)})
    if ranges:
        return f"{names} lets them out to {', '.join(ranges[:5])} only; see that the authority lies there."
    return f"{names} does not let them out."


def https_proxy(template: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of variables that send requests to the authority through a proxy. Their values may hold passwords."""
    found: dict[str, None] = {}
    for container in containers(template):
        variables = {str(item.get("name")): item for item in items(container.get("env"))}
        exempt = next(
            (str(variables[key].get("value", "")) for key in ("NO_PROXY", "no_proxy") if key in variables), ""
        )
        if _exempts(exempt):
            continue
        for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            if key in variables and (variables[key].get("value") or "valueFrom" in variables[key]):
                found[key] = None
    return tuple(found)


def _exempts(no_proxy: str) -> bool:
    entries = [entry.strip().lower().lstrip("*.") for entry in no_proxy.split(",") if entry.strip()]
    if "*" in [entry.strip() for entry in no_proxy.split(",")]:
        return True
    return any(host == entry or host.endswith(f".{entry}") for host in _AUTHORITIES for entry in entries)


def _isolates(policy: Mapping[str, Any]) -> bool:
    types = spec(policy).get("policyTypes")
    if isinstance(types, (list, tuple)) and types:
        return "Egress" in types
    return "egress" in spec(policy)


def _https(rule: Mapping[str, Any]) -> bool:
    ports = items(rule.get("ports"))
    return not ports or any(_is_https(port) for port in ports)


def _is_https(port: Mapping[str, Any]) -> bool:
    if port.get("protocol", "TCP") != "TCP":
        return False
    first, last = port.get("port"), port.get("endPort")
    if first is None:
        return True
    if isinstance(first, int) and isinstance(last, int):
        return first <= _HTTPS <= last
    return first in (_HTTPS, "https")


def _anywhere(rule: Mapping[str, Any]) -> bool:
    peers = items(rule.get("to"))
    return not peers or any(
        network is not None and network.prefixlen == 0 for network in map(_network, peers)
    )


def _public_ranges(rule: Mapping[str, Any]) -> Iterator[str]:
    for peer in items(rule.get("to")):
        network = _network(peer)
        if network is not None and not network.is_private:
            yield str(network)


def _network(peer: Mapping[str, Any]) -> Optional[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    cidr = mapping(peer.get("ipBlock")).get("cidr")
    try:
        return ipaddress.ip_network(str(cidr), strict=False) if cidr else None
    except ValueError:
        return None

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Argo CD applications: whether a live change to what they own is taken back at once."""

from __future__ import annotations

from collections.abc import Mapping

from .facts import RawCluster
from .kinds import ARGO_APPLICATIONS, listed
from .objects import Object, annotations_of, at, labels, name, namespace


def healing(raw: RawCluster) -> Mapping[str, bool]:
    """Application (``shop``, and ``<namespace>_shop`` as tracking IDs spell those outside of Argo CD's own) ->
    whether it heals itself.
    """
    found: dict[str, bool] = {}
    for obj in listed(raw, ARGO_APPLICATIONS):
        heals = at(obj, ("spec", "syncPolicy", "automated")).get("selfHeal") is True
        found[f"{namespace(obj)}_{name(obj)}"] = heals
        found[name(obj)] = found.get(name(obj), False) or heals
    return found


def habit(obj: Object, healing_by_application: Mapping[str, bool]) -> str:
    """What the application that owns ``obj`` does with a live change, in words; empty where it is not known."""
    tracking = str(annotations_of(obj).get("argocd.argoproj.io/tracking-id", "")).partition(":")[0]
    application = tracking or str(labels(obj).get("argocd.argoproj.io/instance", ""))
    if application not in healing_by_application:
        return ""
    if healing_by_application[application]:
        return "it heals itself, so a live change is taken back at once"
    return "it does not heal itself, so a live change lasts until its next sync"

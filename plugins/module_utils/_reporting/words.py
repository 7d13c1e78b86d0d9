# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The words in which a report tells states, and what each of them means. One table for all formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    title: str
    meaning: str
    tone: str  # good | going | calm | warn | bad: how it is coloured, always beside the word itself


WORKLOAD_STATES: Mapping[str, Word] = {
    "blocked": Word("Blocked", "Something has to be done before it can be switched.", "bad"),
    "unproven": Word("No token", "Switched, and its service account did not get a token.", "bad"),
    "unhealthy": Word("Unhealthy", "Switched, and not healthy now.", "bad"),
    "held": Word("Held", "It went back to Pod Identity and is passed over until it is tried again.", "warn"),
    "export": Word("To export", "Something else owns it: its patch is written out for the owner.", "warn"),
    "waiting": Word("On Pod Identity", "Ready to be switched.", "calm"),
    "excluded": Word("Left out", "A rule leaves it on Pod Identity.", "calm"),
    "waiting_for_pod": Word("No pod yet", "Switched, and no pod of it has been seen.", "going"),
    "masked": Word(
        "Switched, label kept",
        "Switched; its selector needs the label aadpodidbinding until retirement.",
        "going",
    ),
    "switched": Word("Switched", "It runs on Workload Identity.", "good"),
    "verified": Word(
        "Verified", "It runs on Workload Identity, and its service account was given a token.", "good"
    ),
}

CLUSTER_STATES: Mapping[str, Word] = {
    "not_readable": Word("Not readable", "It could not be looked at.", "bad"),
    "blocked": Word("Blocked", "Nothing can be migrated as things are.", "bad"),
    "partly_blocked": Word("Partly blocked", "Some workloads cannot be switched as things are.", "warn"),
    "ready": Word("Ready", "Nothing is switched yet, and nothing stands in the way.", "calm"),
    "under_way": Word("Under way", "Some workloads are switched.", "going"),
    "switched": Word("Switched", "All workloads are switched; Pod Identity is still there.", "going"),
    "free": Word("Free of Pod Identity", "Nothing of Pod Identity is there, or is needed.", "good"),
    "unused": Word("Nothing to migrate", "Pod Identity is there, and no workload uses it.", "going"),
}

STEPS: Mapping[str, str] = {
    "issuer": "OIDC issuer",
    "webhook": "Webhook",
    "credentials": "Federated credentials",
    "accounts": "Service accounts",
    "switched": "Workloads switched",
    "verified": "Workloads verified",
    "removed": "Pod Identity removed",
}

STEP_STATES: Mapping[str, Word] = {
    "done": Word("done", "", "good"),
    "partial": Word("in part", "", "going"),
    "open": Word("to do", "", "calm"),
    "unknown": Word("not known", "", "warn"),
    "none": Word("not needed", "", "calm"),
}

BUDGET_STATES: Mapping[str, Word] = {
    "over": Word("too many", "More are needed than the identity takes.", "bad"),
    "full": Word("full", "Every place is taken or planned.", "warn"),
    "near": Word("nearly full", "Three places or fewer are left.", "warn"),
    "unknown": Word("not read", "What it has could not be read.", "warn"),
    "fits": Word("fits", "", "good"),
}

SEVERITIES: Mapping[str, Word] = {
    "blocker": Word("Blocker", "Stops a workload or a cluster.", "bad"),
    "warning": Word("Warning", "Look at it before you go on.", "warn"),
    "note": Word("Note", "Good to know.", "calm"),
}

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three clusters from Pod Identity to Workload Identity, before one's eyes, with proof at each stage."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from lab.__main__ import FAILURES
from lab.app.app_token import AppToken
from lab.app.fleet_tokens import Tokens, fleet_tokens
from lab.demo.tables import heading, table
from lab.fleet.administrator import AzureAdministrator
from lab.fleet.remains import remains
from lab.fleet.running import LabDescription, control_plane
from lab.fleet.start import start_lab
from lab.fleet.stop import stop_lab
from lab.folder import LabFolder
from lab.playbooks import CHECKOUT, playbook_command, playbook_environment
from lab.progress import Progress

CLUSTERS = 3
# A lab of its own, so that one that the user has running is left alone.
FOLDER = LabFolder(CHECKOUT / ".cache" / "demo")


class StepFailed(Exception):
    """A step of the demo did not end as it should; the text says which."""


def main() -> int:
    progress = Progress()
    # Whoever ends the demo in another way than by Ctrl-C gets a clean machine, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun = time.monotonic()
    try:
        show(progress)
    except KeyboardInterrupt:
        progress.say("interrupted; cleaning up")
        return 130
    except (StepFailed, *FAILURES) as error:
        progress.say(f"The demo stops: {error}")
        return 1
    finally:
        stop_lab(FOLDER, progress)
    print(f"\nThe demo took {time.monotonic() - begun:.0f} s. Its plans and backups: {FOLDER.root / 'run'}")
    return 0


def show(progress: Progress) -> None:
    heading("The lab")
    print(
        "  An emulated Azure and three AKS clusters with real control planes. Nodes are simulated;\n"
        "  admission, rollouts, tokens and all of Pod Identity's objects are real. The first time,\n"
        "  Kubernetes is built from source where its binaries may not be downloaded (about 10 minutes)."
    )
    # Plans and backups of an earlier showing; those of this one stay to be looked at.
    shutil.rmtree(FOLDER.root / "run", ignore_errors=True)
    description = start_lab(FOLDER, CLUSTERS, float(os.environ.get("LAB_SPEED", "1")), progress)

    heading("Before: every app gets its token from Pod Identity")
    before = ask_apps(description)
    print_tokens(before)
    require_tokens(before)

    heading("ansible-playbook aksops.workload_identity.assess - reads only")
    play(description, "assess")

    heading("ansible-playbook aksops.workload_identity.migrate")
    play(description, "migrate")

    heading("Now: the same apps, with the environment and token file of their real pods")
    after = ask_apps(description)
    print_tokens(after, before)
    require_tokens(after)

    heading("ansible-playbook aksops.workload_identity.verify - reads only")
    play(description, "verify")

    heading("ansible-playbook aksops.workload_identity.retire")
    play(description, "retire")

    heading("After: nothing of Pod Identity is left, and every app still gets its token")
    print_remains(description)
    finally_ = ask_apps(description)
    print_tokens(finally_, before)
    require_tokens(finally_)


def play(description: LabDescription, name: str) -> None:
    """
    Raises:
        StepFailed
    """
    begun = time.monotonic()
    done = subprocess.run(
        playbook_command(FOLDER, name),
        env=playbook_environment(FOLDER, description),
        cwd=CHECKOUT,
        check=False,
    )
    if done.returncode:
        raise StepFailed(f"the playbook {name} ended with {done.returncode}")
    print(f"  {name}: {time.monotonic() - begun:.0f} s", flush=True)


def ask_apps(description: LabDescription) -> Tokens:
    if not sys.stderr.isatty():
        return fleet_tokens(FOLDER, description)
    print("  asking ...", end="", file=sys.stderr, flush=True)
    try:
        return fleet_tokens(FOLDER, description)
    finally:
        print("\r            \r", end="", file=sys.stderr, flush=True)


def print_tokens(tokens: Tokens, before: Tokens | None = None) -> None:
    rows = []
    for (cluster, application), token in tokens.items():
        if isinstance(token, str):
            rows.append([cluster, application, "NO TOKEN", token[:90]])
            continue
        identity = token.identity_id.rsplit("/", 1)[-1]
        was = (before or {}).get((cluster, application))
        if isinstance(was, AppToken) and was.client_id != token.client_id:
            identity += " (re-created in a region with federated credentials)"
        rows.append([cluster, application, token.way, identity])
    print(table(["cluster", "app", "token by way of", "for identity"], rows), flush=True)


def require_tokens(tokens: Tokens) -> None:
    """
    Raises:
        StepFailed: an app got no token.
    """
    without = [key[1] for key, token in tokens.items() if isinstance(token, str)]
    if without:
        raise StepFailed(f"no token for {', '.join(without)}")


def print_remains(description: LabDescription) -> None:
    """
    Raises:
        StepFailed: something is left.
    """
    azure = AzureAdministrator(FOLDER, description.azure_url)
    left = {
        cluster.name: remains(control_plane(FOLDER, cluster, Path(description.tools)).api(), azure, cluster)
        for cluster in description.clusters
    }
    checked = "objects of every kind, CRDs, finalizers, identities on the nodes, the cluster's ARM profile"
    print(
        table(
            ["cluster", f"left of Pod Identity ({checked})"],
            [[k, ", ".join(v) or "nothing"] for k, v in left.items()],
        )
    )
    if any(left.values()):
        raise StepFailed("something of Pod Identity is left")


if __name__ == "__main__":
    sys.exit(main())

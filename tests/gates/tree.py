# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of the checkout as git would hand it out, for tools that want the collection in a real folder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from gates.environments import ROOT


def files() -> list[str]:
    """Every file of the checkout that git does not ignore, committed or not, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted(name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file())


def copy_collection(collections: Path) -> Path:
    """Copies the checkout below ``collections``, in place of an older copy; returns the collection."""
    target = collections / "ansible_collections" / "aksops" / "workload_identity"
    shutil.rmtree(target, ignore_errors=True)
    for name in files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    # A repository of its own: ansible-test and others ask git which files there are, and the copy lies
    # below a folder that the checkout ignores.
    subprocess.run(["git", "init", "--quiet", target], check=True)
    return target

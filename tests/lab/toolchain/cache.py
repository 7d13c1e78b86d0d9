# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where built programs are kept: one folder for each platform and state of the pinned sources."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

from lab.toolchain.programs import PROGRAMS

MODULES = Path(__file__).parent / "modules"


def cache_folder() -> Path:
    """The user's cache of this project, shared by all its checkouts."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "aksops-workload-identity"


def tools_folder() -> Path:
    """The folder of the binaries that belong to this checkout's sources; it need not exist yet.

    Its name holds a digest of everything that decides what comes out of a build, so a checkout at another
    commit with other pins has another folder and the two do not disturb each other.
    """
    digest = hashlib.sha256()
    for file in sorted(path for path in MODULES.rglob("*") if path.is_file()):
        digest.update(file.relative_to(MODULES).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    digest.update(repr(PROGRAMS).encode())
    key = f"{platform.system()}-{platform.machine()}-{digest.hexdigest()[:16]}".lower()
    return cache_folder() / "tools" / key

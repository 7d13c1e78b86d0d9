# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A search for the very values that must not leave: secrets, keys and tokens of a lab."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from pathlib import Path

from lab.fleet.principals import PRINCIPALS
from lab.folder import LabFolder

# Any JSON web token: header and payload in base64 of '{"'. No output has a reason to hold one.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PRIVATE_KEY_ENCODED = base64.b64encode(b"-----BEGIN RSA PRIV")[:20].decode()


def secret_values(folder: LabFolder) -> dict[str, str]:
    """Name to value: the principals' secrets and the clusters' client keys (a line of each)."""
    values = {f"secret of {principal.name}": principal.secret for principal in PRINCIPALS}
    for key in folder.kubernetes.glob("clusters/*/pki/*.key"):
        content = key.read_bytes()
        cluster = key.parent.parent.name
        values[f"{key.name} of {cluster}"] = content.decode().splitlines()[2]
        values[f"{key.name} of {cluster}, encoded"] = base64.b64encode(content).decode()[60:140]
    return values


def leaks(text: str, values: dict[str, str]) -> list[str]:
    """What of ``values``, or of any token or private key, stands in a text; never the value itself."""
    found = [name for name, value in values.items() if value in text]
    for name, pattern in (("a JSON web token", _TOKEN), ("a private key", _PRIVATE_KEY)):
        if pattern.search(text):
            found.append(name)
    if _PRIVATE_KEY_ENCODED in text:
        found.append("a private key, encoded")
    return found


def leaks_in_files(paths: Iterable[Path], values: dict[str, str]) -> list[str]:
    """``file: what`` for every file at or below the paths."""
    found = []
    for path in paths:
        files = [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
        for file in files:
            found += [f"{file}: {what}" for what in leaks(file.read_text(errors="replace"), values)]
    return found

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Failures without secrets that only the environment or a service knows.

Ansible itself scrubs the values of options that are marked so. It knows nothing of secrets in environment
variables, nor of tokens and keys that come up in the words of an SDK or in a traceback.
"""

from __future__ import annotations

import os
import re
from typing import Any

MASK = "********"
# As this collection and the SDKs read them.
_VARIABLES = ("AZURE_SECRET", "AZURE_CLIENT_SECRET", "AZURE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD")
_SHORTEST = 6  # characters; masking shorter values would spoil words and give nothing away less
_PATTERNS = (
    # A signed token: header, claims and signature.
    re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]+){1,4}"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    # In a form that was sent, in the header of a request, and in a kubeconfig.
    re.compile(r"(?<=client_secret=)[^&\s'\"]+"),
    re.compile(r"(?<=client_assertion=)[^&\s'\"]+"),
    re.compile(r"(?<=password=)[^&\s'\"]+"),
    re.compile(r"(?<=Bearer )[^\s'\",]+"),
    re.compile(r"(?<=client-key-data: )\S+"),
)


def without_secrets(value: Any) -> Any:
    """The same value, where each secret in a text is a mask."""
    if isinstance(value, dict):
        return {key: without_secrets(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value]
    return _masked(value) if isinstance(value, str) else value


def _masked(text: str) -> str:
    known = {os.environ.get(name, "") for name in _VARIABLES}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return text

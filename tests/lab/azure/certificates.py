# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator's certificate authority, kept across restarts, and its server certificate."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Certificates:
    """Files in a folder: ``ca.pem`` to trust, ``ca.key``, ``server.pem`` and ``server.key`` (keys: mode 0600)."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    def make(self) -> None:
        """Makes what is missing; an authority that is there stays, so that clients go on trusting it."""
        authority_key = self.folder / "ca.key"
        if self.ca.exists() and authority_key.exists():
            authority = trustme.CA.from_pem(self.ca.read_bytes(), authority_key.read_bytes())
        else:
            authority = trustme.CA(organization_name="Emulated Azure")
            _write(authority_key, authority.private_key_pem.bytes())
            authority.cert_pem.write_to_path(str(self.ca))
        server = authority.issue_cert(*NAMES)
        self.certificate.write_bytes(b"".join(blob.bytes() for blob in server.cert_chain_pems))
        _write(self.key, server.private_key_pem.bytes())


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)

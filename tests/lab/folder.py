# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a lab keeps what it has: one folder, so that labs side by side do not meet."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LabFolder:
    """The folder of one lab (``.lab`` in the checkout, or ``$LAB_DIR``)."""

    root: Path

    @staticmethod
    def chosen() -> LabFolder:
        """The folder that the environment names, else ``.lab`` in the current directory."""
        return LabFolder(Path(os.environ.get("LAB_DIR") or ".lab").resolve())

    @property
    def description(self) -> Path:
        """What was started with which settings, JSON; it exists once the lab is up."""
        return self.root / "lab.json"

    @property
    def env(self) -> Path:
        """``export`` lines for a shell."""
        return self.root / "env"

    @property
    def azure(self) -> Path:
        """State and log of the Azure emulator."""
        return self.root / "azure"

    @property
    def world(self) -> Path:
        """What the emulated Azure starts with."""
        return self.azure / "world.json"

    @property
    def ca(self) -> Path:
        """The certificate authority of the emulator, PEM."""
        return self.azure / "ca.pem"

    @property
    def cloud_description(self) -> Path:
        """The emulated cloud in the words that MIC and the webhook read."""
        return self.azure / "env.json"

    @property
    def exchanges(self) -> Path:
        """Every HTTP exchange with the emulator, one JSON object a line."""
        return self.root / "exchanges.jsonl"

    @property
    def kubernetes(self) -> Path:
        """kwokctl's folder with all control planes."""
        return self.root / "kubernetes"

    @property
    def kubeconfigs(self) -> Path:
        return self.root / "kubeconfigs"

    @property
    def inventory(self) -> Path:
        return self.root / "inventory"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def apps(self) -> Path:
        """What the processes that play apps see as their file systems."""
        return self.root / "apps"

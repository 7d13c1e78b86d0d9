# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated Azure as its parts see it."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.azure.clock import Clock
from lab.azure.effects import ClusterEffects
from lab.azure.faults import Faults
from lab.azure.operations import Operations
from lab.azure.signing import Signer
from lab.azure.throttle import Throttle
from lab.azure.world import World


@dataclass
class Azure:
    """``url``: where it is reached, ``https://host:port`` without a trailing slash; issuers lie below it."""

    url: str
    world: World
    effects: ClusterEffects
    clock: Clock
    signer: Signer = field(default_factory=Signer)
    faults: Faults = field(init=False)
    operations: Operations = field(init=False)
    throttle: Throttle = field(init=False)

    def __post_init__(self) -> None:
        self.faults = Faults(self.clock)
        self.operations = Operations(self.clock)
        self.throttle = Throttle(self.clock)

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The one waiter of the Azure side: looks again until something has come about, within a bound."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

_SAY_EVERY = 30.0  # seconds between two lines about the same wait
_FIRST = 0.5  # seconds; the pause grows to the interval, since some operations end at once


@dataclass
class Waiter:
    """``timeout`` and ``interval`` in seconds. The clock starts when the waiter is made."""

    timeout: float
    interval: float
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        self._started = time.monotonic()
        self._said = (0.0, "")
        self._pauses = 0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._started

    @property
    def expired(self) -> bool:
        return self.elapsed >= self.timeout

    def pause(self, what: str) -> None:
        """One pause before the next look. ``what`` is waited for, in words of a line: "aks-1: Updating"."""
        now = self.elapsed
        if what != self._said[1] or now - self._said[0] >= _SAY_EVERY:
            self._said = (now, what)
            self.say(f"{what}, {now:.0f} s")
        self._pauses += 1
        length = min(self.interval, _FIRST * 2 ** min(self._pauses - 1, 20)) * random.uniform(0.9, 1.1)
        time.sleep(max(0.05, min(length, self.timeout - now)))

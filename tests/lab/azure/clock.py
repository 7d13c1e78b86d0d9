# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time as a dial: delays of the emulated world are shortened, and time can be advanced."""

from __future__ import annotations

import datetime
import threading
import time


class Clock:
    """Emulated seconds pass ``speed`` times as fast as real ones. Safe for threads.

    Dates that leave the emulator (token expiry, start times) are real time plus what was advanced: tokens of real
    clusters live in real time.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"the speed has to be above 0, not {speed}")
        self._changed = threading.Condition()
        self._speed = speed
        self._base = 0.0
        self._since = time.monotonic()
        self._advanced = 0.0

    @property
    def speed(self) -> float:
        return self._speed

    def now(self) -> float:
        """Emulated seconds since the start."""
        with self._changed:
            return self._now()

    def utc(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self._advanced)

    def advance(self, seconds: float) -> None:
        with self._changed:
            self._base += seconds
            self._advanced += seconds
            self._changed.notify_all()

    def set_speed(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"the speed has to be above 0, not {speed}")
        with self._changed:
            self._base, self._since = self._now(), time.monotonic()
            self._speed = speed
            self._changed.notify_all()

    def wait_until(self, moment: float, cancelled: threading.Event | None = None) -> bool:
        """Blocks until the emulated moment; False when ``cancelled`` was set before (seen within 0.1 s)."""
        with self._changed:
            while True:
                if cancelled is not None and cancelled.is_set():
                    return False
                rest = (moment - self._now()) / self._speed
                if rest <= 0:
                    return True
                self._changed.wait(min(rest, 0.1) if cancelled is not None else rest)

    def sleep(self, seconds: float) -> None:
        self.wait_until(self.now() + seconds)

    def _now(self) -> float:
        return self._base + (time.monotonic() - self._since) * self._speed


def timestamp(moment: datetime.datetime) -> str:
    """ISO 8601 with seven fractional digits and Z, as Azure writes it."""
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"

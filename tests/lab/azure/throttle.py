# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits of requests per second: token buckets, as the services have them."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

from lab.azure.clock import Clock
from lab.azure.errors import arm_error


@dataclass
class _Bucket:
    level: float
    at: float


class Throttle:
    """Counts by key. Safe for threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str, rate: float, burst: int, code: str, what: str) -> None:
        """Takes one request out of the bucket; ``rate`` 0 means no limit.

        Raises:
            ServiceError: 429 with Retry-After in whole (real) seconds.
        """
        if rate <= 0:
            return
        with self._lock:
            now = self._clock.now()
            bucket = self._buckets.setdefault(key, _Bucket(burst, now))
            bucket.level = min(float(burst), bucket.level + (now - bucket.at) * rate)
            bucket.at = now
            if bucket.level >= 1:
                bucket.level -= 1
                return
            wait = max(1, math.ceil((1 - bucket.level) / rate / self._clock.speed))
        raise arm_error(
            429,
            code,
            f"The {what} request limit has been exceeded, please retry again in {wait} seconds",
            {"Retry-After": str(wait)},
        )

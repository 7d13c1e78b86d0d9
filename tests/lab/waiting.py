# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for what a cluster, or a service, does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(what: Callable[[], T], accept: Callable[[T], bool] = bool, seconds: float = 20.0) -> T:
    """The first acceptable answer.

    Raises:
        TimeoutError: none in time; tells the last one.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = what()
        if accept(answer):
            return answer
        if time.monotonic() >= deadline:
            raise TimeoutError(f"after {seconds} s still {answer!r}")
        time.sleep(0.1)

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines that tell what a longer piece of work is at: when it began, when it is done, and that it is alive."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LIFE_SIGN_SECONDS = 10.0


class Progress:
    """Writes one line per step, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = time.monotonic()

    def say(self, text: str) -> None:
        with self._lock:
            print(f"[{time.monotonic() - self._begun:5.1f} s] {text}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Tells the end of a step with its duration, and every 10 s that it goes on."""
        begun = time.monotonic()
        done = threading.Event()

        def live() -> None:
            while not done.wait(LIFE_SIGN_SECONDS):
                self.say(f"{text} ... {time.monotonic() - begun:.0f} s")

        watcher = threading.Thread(target=live, daemon=True)
        watcher.start()
        try:
            yield
        except BaseException:
            self.say(f"{text}: failed after {time.monotonic() - begun:.1f} s")
            raise
        else:
            self.say(f"{text}: {time.monotonic() - begun:.1f} s")
        finally:
            done.set()
            watcher.join()

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free TCP ports that stay free until their program has started."""

from __future__ import annotations

import random
import socket

# Below the range that Linux gives to outgoing connections (32768 and up): a port from that range could be
# taken by any client while a stopped API server waits to be started again.
FIRST, LAST = 20000, 31999


def free_ports(count: int, taken: frozenset[int] = frozenset()) -> list[int]:
    """Distinct ports on which nothing listens now, none of ``taken``.

    Raises:
        RuntimeError: there are not that many.
    """
    chosen: list[int] = []
    for port in random.sample(range(FIRST, LAST + 1), k=2000):
        if port not in taken and _is_free(port):
            chosen.append(port)
            if len(chosen) == count:
                return chosen
    raise RuntimeError(f"could not find {count} free ports between {FIRST} and {LAST}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

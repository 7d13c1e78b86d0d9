# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The one retry policy of all requests to Resource Manager, and which answers may be tried again (pure).

Everything that is sent is safe to repeat: reads, PUTs of a whole state, DELETEs, and POSTs such as
``register``. A PUT that was accepted although its answer was lost is met by the caller's precondition (412)
or comes out the same.
"""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

_TRANSIENT = frozenset({408, 500, 502, 503, 504})
_FEW = 6  # attempts after faults: what lasts longer is no hiccup
_FIRST_DELAY = 1.0  # seconds, doubled each time
_LONGEST_DELAY = 30.0
_PATIENCE = 600.0  # seconds in which throttling and concurrent writes are waited out
# "Concurrent Federated Identity Credentials writes under the same managed identity are not supported."
_CONCURRENT = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
# 409s that are about the state of the resource: waiting blindly is no answer to them.
_CALLERS = frozenset(
    {"OperationNotAllowed", "EtagMismatch", "RoleAssignmentExists", "MissingSubscriptionRegistration"}
)


@dataclass(frozen=True)
class Attempt:
    """What came of one attempt. ``status`` is 0 where there was no answer at all."""

    number: int  # from 1
    status: int
    code: str = ""
    retry_after: Optional[float] = None  # seconds
    elapsed: float = 0.0  # seconds since the first attempt


def pause(attempt: Attempt, chance: float) -> Optional[float]:
    """Seconds until the next attempt, or None where this answer is final. ``chance``: 0 to 1, for the jitter."""
    crowded = attempt.status == 429 or (
        attempt.status == 409
        and attempt.code not in _CALLERS
        and (attempt.code == _CONCURRENT or attempt.retry_after is not None)
    )
    faulty = attempt.status in _TRANSIENT or attempt.status == 0
    if not crowded and not faulty:
        return None
    if faulty and attempt.number >= _FEW:
        return None
    delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(attempt.number - 1, 10)) * (0.5 + chance)
    if attempt.retry_after is not None:
        # Asking early starts the service's count anew; the jitter keeps many workers from coming back together.
        delay = attempt.retry_after * (1 + 0.2 * chance) + (0.05 if attempt.retry_after else 0.0)
    return None if attempt.elapsed + delay > _PATIENCE else delay


def retry_after(headers: Mapping[str, str], now: Optional[float] = None) -> Optional[float]:
    """Seconds that the service asks to wait, in any of the three headers that Azure uses."""
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value) * unit)
        except ValueError:
            pass
        try:
            then = email.utils.parsedate_to_datetime(value).timestamp()
        except (TypeError, ValueError):
            continue
        return max(0.0, then - (time.time() if now is None else now))
    return None


def chance() -> float:
    return random.random()

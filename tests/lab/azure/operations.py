# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long operations: what is going on behind an ``Azure-AsyncOperation`` address."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.azure.clock import Clock, timestamp
from lab.azure.messages import Json

API_VERSION = "2025-03-01"


@dataclass(frozen=True)
class Outcome:
    """How an operation ends: ``Succeeded``, ``Failed`` or ``Canceled``."""

    status: str = "Succeeded"
    code: str = ""
    message: str = ""


@dataclass
class Operation:
    """``acts``: false when it was told beforehand how to end, and does nothing then."""

    id: str
    kind: str
    subscription: str
    location: str
    resource_id: str
    started: float
    start_time: str
    signature: str
    cancelled: threading.Event = field(default_factory=threading.Event)
    duration: float = 0.0
    outcome: Outcome | None = None
    end_time: str = ""

    def path(self, kind: str = "operations") -> str:
        """The address to poll, which is signed, long, and to be used as it is."""
        return (
            f"/subscriptions/{self.subscription}/providers/Microsoft.ContainerService/locations/{self.location}"
            f"/{kind}/{self.id}?api-version={API_VERSION}&t=639{self.id[:8]}&c={self.signature * 4}"
            f"&s={self.signature}&h={self.id[-12:]}"
        )

    def body(self, now: float) -> Json:
        """What a poll answers. In its second half a running operation has a status that no standard knows, as
        AKS does."""
        if self.outcome is None:
            half = self.duration and now - self.started > self.duration / 2
            return {
                "name": self.id,
                "status": "ProvisioningControlPlane" if half else "InProgress",
                "startTime": self.start_time,
            }
        answer: Json = {
            "name": self.id,
            "status": self.outcome.status,
            "startTime": self.start_time,
            "endTime": self.end_time,
        }
        if self.outcome.code:
            answer["error"] = {"code": self.outcome.code, "message": self.outcome.message}
        return answer


class Operations:
    """All operations; each runs in a thread of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all: dict[str, Operation] = {}

    def find(self, operation_id: str) -> Operation | None:
        with self._lock:
            return self._all.get(operation_id.lower())

    def new(
        self, kind: str, subscription: str, location: str, resource_id: str, duration: float
    ) -> Operation:
        operation = Operation(
            str(uuid.uuid4()),
            kind,
            subscription,
            location,
            resource_id,
            self._clock.now(),
            timestamp(self._clock.utc()),
            secrets.token_urlsafe(96),
            duration=duration,
        )
        with self._lock:
            self._all[operation.id] = operation
        return operation

    def run(
        self, operation: Operation, act: Callable[[], Outcome], finished: Callable[[Operation, Outcome], None]
    ) -> None:
        """Calls ``act`` in a thread, waits until the operation's time is over, then ``finished``.

        Cancelling ends the wait; ``act`` itself is not interrupted.
        """

        def body() -> None:
            try:
                outcome = act()
            except Exception as error:
                outcome = Outcome("Failed", "InternalServerError", f"{type(error).__name__}: {error}")
            self._clock.wait_until(operation.started + operation.duration, operation.cancelled)
            if operation.cancelled.is_set():
                outcome = Outcome("Canceled", "Canceled", "The operation was canceled by the user.")
            operation.end_time = timestamp(self._clock.utc())
            finished(operation, outcome)
            operation.outcome = outcome

        threading.Thread(target=body, name=f"{operation.kind}-{operation.id}", daemon=True).start()

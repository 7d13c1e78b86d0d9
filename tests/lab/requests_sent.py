# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was sent to the emulated Azure and to the API servers in a span of time, from their own logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.folder import LabFolder

Entry = dict[str, Any]
# POSTs that read: token endpoints and credentials of clusters.
_READING_POSTS = re.compile(r"/oauth2/(v2\.0/)?token|/listCluster\w*Credentials?(\?|$)", re.IGNORECASE)
OURS = "ansible-aksops.workload_identity"
_READING_VERBS = frozenset({"get", "list", "watch"})
# Reviews are POSTs that answer a question and store nothing; a token request issues a token and stores
# nothing.
_REVIEWS = re.compile(r"/(selfsubject\w+reviews|tokenreviews|serviceaccounts/[^/]+/token)(\?|$)")


@dataclass
class Sent:
    """Requests of one span; filled when it ends.

    Attributes:
        azure: entries of the exchange log.
        kubernetes: audit events of the collection's own client, by cluster.
    """

    azure: list[Entry] = field(default_factory=list)
    kubernetes: dict[str, list[Entry]] = field(default_factory=dict)

    def azure_writes(self) -> list[str]:
        """``METHOD url`` of requests that are neither GET nor a POST that only reads."""
        return [
            f"{entry['method']} {entry['url']}"
            for entry in self.azure
            if entry["method"] not in ("GET", "HEAD")
            and not (entry["method"] == "POST" and _READING_POSTS.search(entry["url"]))
        ]

    def kubernetes_writes(self) -> list[str]:
        """``verb uri`` of requests that changed something: dry runs and reviews did not."""
        return [
            f"{event['verb']} {event['requestURI']}"
            for events in self.kubernetes.values()
            for event in events
            if event["verb"] not in _READING_VERBS
            and "dryRun=All" not in event["requestURI"]
            and not _REVIEWS.search(event["requestURI"])
        ]


@contextmanager
def sent_meanwhile(folder: LabFolder, audit_logs: Mapping[str, Path]) -> Iterator[Sent]:
    """Collects what is sent by the collection until the block ends."""
    azure_mark = _size(folder.exchanges)
    marks = {name: _size(log) for name, log in audit_logs.items()}
    sent = Sent()
    yield sent
    sent.azure = [entry for entry in _since(folder.exchanges, azure_mark) if _ours(entry)]
    for name, log in audit_logs.items():
        sent.kubernetes[name] = [
            event for event in _since(log, marks[name]) if OURS in str(event.get("userAgent", ""))
        ]


def _ours(entry: Entry) -> bool:
    """All but the lab's own: MIC, the webhook and the tests sign in as others, with other user agents."""
    headers = {str(name).lower(): str(value) for name, value in dict(entry["request_headers"]).items()}
    return OURS in headers.get("user-agent", "")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _since(path: Path, mark: int) -> list[Entry]:
    if not path.exists():
        return []
    with path.open("rb") as source:
        # A log that was rotated or begun anew is read from its start.
        source.seek(mark if path.stat().st_size >= mark else 0)
        return [json.loads(line) for line in source.read().splitlines() if line.endswith(b"}")]

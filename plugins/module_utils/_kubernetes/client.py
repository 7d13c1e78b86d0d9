# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""The one client of an API server: fixed paths, plain dicts, paging, one retry policy, dry run in check
mode."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import urlencode

from .._failure import MigrationError
from .connection import APPLY_PATCH, Connection, Credentials, NoAnswer
from .errors import Conflict, KubernetesError, NotFound, Unreachable, from_answer

FIELD_MANAGER = "aksops.workload_identity"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"

_PAGE = 500
_ATTEMPTS = 6
_FIRST_DELAY = 0.5  # seconds, doubled each time up to the longest
_LONGEST_DELAY = 8.0
_ASK_WHY = 2  # after so many attempts Azure is asked whether the cluster is stopped
# 500 is what a webhook that does not answer looks like ("failed calling webhook"), 503 and 504 an API server
# that restarts.
_TRANSIENT = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Silence:
    """Why an API server does not answer. ``lasting``: nor will it soon, so nobody waits for it."""

    reason: str
    lasting: bool


class KubernetesClient:
    """Objects go in and come out as the API's own JSON. All methods raise KubernetesError or a subclass of
    it.

    ``dry_run``: writes carry dryRun=All, so that admission and validation speak, and nothing is stored.
    ``explain`` may say why the API server cannot be reached (a stopped cluster) once nothing answers.
    """

    def __init__(
        self,
        api: Any,
        credentials: Credentials,
        *,
        cluster: str,
        dry_run: bool = False,
        explain: Optional[Callable[[], Optional[Silence]]] = None,
    ) -> None:
        self.cluster = cluster
        self.dry_run = dry_run
        self._connection = Connection(api, credentials)
        self._explain = explain
        self._version: Optional[str] = None

    @property
    def requests(self) -> int:
        """Sent so far: what a run costs an API server."""
        return self._connection.requests

    @property
    def server_version(self) -> str:
        """``v1.31.13``; asked once."""
        if self._version is None:
            self._version = str(self.get("/version").get("gitVersion", ""))
        return self._version

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._send("GET", path, query=query)

    def find(self, path: str) -> Optional[dict[str, Any]]:
        """The object, or None where it (or its kind) does not exist."""
        try:
            return self.get(path)
        except NotFound:
            return None

    def list(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All objects of a list, page by page; each with its kind and apiVersion, which the API leaves out in
        lists.

        A list whose continuation expired (410) is read again from the start, so objects are given once it is
        whole.
        """
        try:
            yield from self._pages(path, query)
        except KubernetesError as error:
            if error.status != 410:
                raise
            yield from self._pages(path, query, page=None)

    def _pages(
        self, path: str, query: Mapping[str, Any], page: Optional[int] = _PAGE
    ) -> Sequence[dict[str, Any]]:
        found = []
        token = None
        while True:
            answer = self.get(path, **{**query, "limit": page, "continue": token})
            kind = str(answer.get("kind", ""))[: -len("List")]
            for item in answer.get("items") or ():
                found.append({"apiVersion": answer.get("apiVersion"), "kind": kind, **item})
            token = (answer.get("metadata") or {}).get("continue")
            if not token:
                return found

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """``path`` is the collection's. Raises AlreadyExists."""
        return self._send("POST", path, body=body, query=self._writing())

    def create_dry(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What a create would give after admission; never stores anything."""
        return self._send("POST", path, body=body, query={"dryRun": "All", "fieldManager": FIELD_MANAGER})

    def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A POST that changes nothing (TokenRequest, access reviews): sent in check mode as well."""
        return self._send("POST", path, body=body)

    def patch(self, path: str, body: Any, content_type: str = MERGE_PATCH) -> dict[str, Any]:
        """A resourceVersion in a merge patch (or a JSON patch's test) is its precondition; then raises
        Conflict."""
        return self._send("PATCH", path, body=body, content_type=content_type, query=self._writing())

    def apply(
        self, path: str, body: Mapping[str, Any], field_manager: str = FIELD_MANAGER, force: bool = False
    ) -> dict[str, Any]:
        """Server-side apply; creates what is missing. Raises Conflict where another manager owns a field."""
        query = {**self._writing(), "fieldManager": field_manager, "force": "true" if force else None}
        return self._send("PATCH", path, body=body, content_type=APPLY_PATCH, query=query)

    def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._send("PUT", path, body=body, query=self._writing())

    def delete(
        self,
        path: str,
        *,
        uid: Optional[str] = None,
        resource_version: Optional[str] = None,
        propagation: str = "Background",
    ) -> bool:
        """False where there was nothing to delete. ``uid`` and ``resource_version`` are preconditions."""
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
            "preconditions": {key: value for key, value in preconditions.items() if value},
        }
        if self.dry_run:
            options["dryRun"] = ["All"]
        try:
            self._send("DELETE", path, body=options)
        except NotFound:
            return False
        return True

    def change(
        self, path: str, wanted: Callable[[dict[str, Any]], Optional[dict[str, Any]]]
    ) -> dict[str, Any]:
        """Reads, asks ``wanted`` for a merge patch (None: nothing to do) and sends it with the version read.

        A conflict is read and asked again: safe, since the patch is made anew from what is there by then.
        """
        for attempt in range(_ATTEMPTS):
            current = self.get(path)
            patch = wanted(current)
            if patch is None:
                return current
            metadata = {
                **(patch.get("metadata") or {}),
                "resourceVersion": current["metadata"]["resourceVersion"],
            }
            try:
                return self.patch(path, {**patch, "metadata": metadata})
            except Conflict:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(_delay(attempt))
        raise AssertionError("unreachable")

    def _writing(self) -> dict[str, Any]:
        return {"fieldManager": FIELD_MANAGER, "dryRun": "All" if self.dry_run else None}

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content_type: str = "application/json",
        query: Optional[Mapping[str, Any]] = None,
    ) -> dict[str, Any]:
        """One request, sent again while the answer is that it may be. All of it is safe to send twice: a
        create that was stored answers AlreadyExists, a patch with a precondition Conflict, and callers read
        again on both."""
        given = {key: value for key, value in (query or {}).items() if value is not None}
        target = f"{path}?{urlencode(given)}" if given else path
        attempted = f"{method} {path}"
        renewed = False
        for attempt in range(_ATTEMPTS):
            last = attempt + 1 == _ATTEMPTS
            try:
                status, headers, answer = self._connection.exchange(
                    method, target, body, content_type, renew=False
                )
                if status == 401 and not renewed:
                    renewed = True
                    status, headers, answer = self._connection.exchange(
                        method, target, body, content_type, renew=True
                    )
            except NoAnswer as error:
                silence = self._silence() if last or error.final or attempt == _ASK_WHY else None
                if last or error.final or (silence is not None and silence.lasting):
                    raise self._unreachable(attempted, str(error), silence) from None
                time.sleep(_delay(attempt))
                continue
            if 200 <= status <= 299:
                parsed: dict[str, Any] = json.loads(answer) if answer else {}
                return parsed
            if status not in _TRANSIENT or last:
                raise from_answer(attempted, self.cluster, status, answer)
            time.sleep(_retry_after(headers) or _delay(attempt))
        raise AssertionError("unreachable")

    def _silence(self) -> Optional[Silence]:
        if self._explain is None:
            return None
        try:
            return self._explain()
        except MigrationError as error:  # the cluster itself may be gone
            return Silence(str(error).rstrip("."), lasting=False)

    def _unreachable(self, attempted: str, words: str, silence: Optional[Silence]) -> KubernetesError:
        remedy = (
            silence.reason
            if silence
            else (
                "Check that the cluster runs, that this machine may reach its API server (private cluster,"
                " authorized IP"
                " ranges, proxy settings), and that the kubeconfig is of today"
            )
        )
        return Unreachable(
            f"{self.cluster}: {attempted}: the API server {self._connection.host} did not answer: {words}."
            f" {remedy}."
        )


def _delay(attempt: int) -> float:
    return float(min(_LONGEST_DELAY, _FIRST_DELAY * 2**attempt) * random.uniform(0.7, 1.3))


def _retry_after(headers: Any) -> Optional[float]:
    try:
        return min(60.0, float(headers.get("Retry-After")))
    except (TypeError, ValueError):
        return None

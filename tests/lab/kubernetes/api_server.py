# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An administrator's client of one API server: paths and plain dictionaries."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml

Document = dict[str, Any]
Documents = list[Document]

MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
CRD_PATIENCE_SECONDS = 20.0
BUSY_PATIENCE_SECONDS = 10.0


class ApiError(Exception):
    """The API server refused: ``status`` (HTTP), ``reason`` and ``message`` of its Status object."""

    def __init__(self, method: str, path: str, status: int, reason: str, message: str) -> None:
        super().__init__(f"{method} {path}: {status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class Kind:
    """Where objects of a kind live."""

    plural: str
    namespaced: bool


@dataclass(frozen=True)
class ApiServer:
    """One API server, spoken to with a client certificate. Safe to share between threads."""

    server: str
    ca: Path
    certificate: Path
    key: Path
    timeout_seconds: float = 30.0
    _state: _State = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pool = urllib3.PoolManager(
            cert_file=str(self.certificate),
            key_file=str(self.key),
            ca_certs=str(self.ca),
            timeout=self.timeout_seconds,
            retries=False,
            maxsize=8,
        )
        object.__setattr__(self, "_state", _State(pool))

    # ---- single requests

    def get(self, path: str, **query: str) -> Document:
        return self._request("GET", path, query=query)

    def find(self, path: str, **query: str) -> Document | None:
        """Like ``get``; None when there is no such object (or no such kind)."""
        try:
            return self.get(path, **query)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, **query: str) -> Documents:
        """All items, with the ``apiVersion`` and ``kind`` that lists leave out."""
        answer = self.get(path, **query)
        kind = str(answer["kind"]).removesuffix("List")
        return [{"apiVersion": answer["apiVersion"], "kind": kind, **item} for item in answer["items"]]

    def create(self, path: str, body: Document, **query: str) -> Document:
        return self._request("POST", path, body, query)

    def replace(self, path: str, body: Document, **query: str) -> Document:
        return self._request("PUT", path, body, query)

    def patch(self, path: str, body: object, content_type: str = MERGE_PATCH, **query: str) -> Document:
        return self._request("PATCH", path, body, query, content_type)

    def delete(self, path: str, **query: str) -> bool:
        """Deletes; False when it was not there."""
        try:
            self._request("DELETE", path, query=query)
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return True

    def version(self) -> Document:
        return self.get("/version")

    def jwks(self) -> Document:
        """The public keys that service account tokens are signed with, as the API server publishes them."""
        return self.get("/openid/v1/jwks")

    def ready(self) -> bool:
        """Whether the API server answers and calls itself ready."""
        try:
            answer = self._state.pool.request("GET", f"{self.server}/readyz", timeout=2.0)
        except (urllib3.exceptions.HTTPError, OSError):
            return False
        return answer.status == 200

    def token(
        self,
        namespace: str,
        service_account: str,
        audience: str | None = None,
        pod: Mapping[str, Any] | None = None,
        expiration_seconds: int = 3600,
    ) -> str:
        """A service account token, bound to the pod when one is given, as the kubelet asks for one."""
        spec: Document = {
            "expirationSeconds": expiration_seconds,
            "audiences": [audience] if audience else [],
        }
        if pod is not None:
            name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
            spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token"
        return str(self.create(path, body)["status"]["token"])

    # ---- whole manifests

    def apply(
        self, documents: Iterable[Mapping[str, Any]], namespace: str = "default", field_manager: str = "lab"
    ) -> Documents:
        """Server-side apply, forced, in the given order; waits for kinds that were defined just before."""
        query = {"fieldManager": field_manager, "force": "true"}
        return [
            self.patch(self.path_of(document, namespace), dict(document), APPLY_PATCH, **query)
            for document in flattened(documents)
        ]

    def apply_yaml(self, source: str | Path, namespace: str = "default") -> Documents:
        """Applies the documents of a YAML text or file."""
        text = source.read_text() if isinstance(source, Path) else source
        return self.apply((document for document in yaml.safe_load_all(text) if document), namespace)

    def remove(self, documents: Iterable[Mapping[str, Any]], namespace: str = "default") -> None:
        """Deletes in reverse order what the documents name; what is gone already is fine."""
        for document in reversed(flattened(documents)):
            try:
                path = self.path_of(document, namespace, patience_seconds=0)
            except LookupError:
                continue
            self.delete(path)

    def path_of(
        self,
        document: Mapping[str, Any],
        namespace: str = "default",
        patience_seconds: float = CRD_PATIENCE_SECONDS,
    ) -> str:
        """The path of an object.

        Raises:
            LookupError: the API server does not serve the kind, also not after ``patience_seconds``.
        """
        version, kind = str(document["apiVersion"]), str(document["kind"])
        found = self._kind(version, kind, patience_seconds)
        prefix = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        metadata = document["metadata"]
        if found.namespaced:
            prefix += f"/namespaces/{metadata.get('namespace') or namespace}"
        return f"{prefix}/{found.plural}/{metadata['name']}"

    def _kind(self, version: str, kind: str, patience_seconds: float) -> Kind:
        deadline = time.monotonic() + patience_seconds
        while True:
            with self._state.lock:
                known = self._state.kinds.get((version, kind))
            if known is not None:
                return known
            self._discover(version)
            with self._state.lock:
                if (version, kind) in self._state.kinds:
                    continue
            if time.monotonic() >= deadline:
                raise LookupError(f"{self.server} does not serve {kind} of {version}")
            time.sleep(0.1)

    def _discover(self, version: str) -> None:
        answer = self.find(f"/api/{version}" if "/" not in version else f"/apis/{version}")
        kinds = {
            (version, str(resource["kind"])): Kind(str(resource["name"]), bool(resource["namespaced"]))
            for resource in (answer or {}).get("resources", [])
            if "/" not in resource["name"]
        }
        with self._state.lock:
            self._state.kinds.update(kinds)

    def _request(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Document:
        url = f"{self.server}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {
            "Accept": "application/json, application/jwk-set+json",
            "Content-Type": content_type,
            "User-Agent": "lab",
        }
        content = None if body is None else json.dumps(body).encode()
        deadline = time.monotonic() + BUSY_PATIENCE_SECONDS
        while True:
            answer = self._state.pool.request(method, url, body=content, headers=headers)
            # 429 here means "storage is (re)initializing": a kind that was defined a moment ago.
            if answer.status != 429 or time.monotonic() >= deadline:
                break
            time.sleep(0.2)
        if answer.status >= 400:
            raise _refusal(method, path, answer.status, answer.data)
        parsed = json.loads(answer.data)
        return parsed if isinstance(parsed, dict) else {"value": parsed}


@dataclass
class _State:
    pool: urllib3.PoolManager
    kinds: dict[tuple[str, str], Kind] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def _refusal(method: str, path: str, status: int, data: bytes) -> ApiError:
    try:
        answer = json.loads(data)
        reason, message = str(answer.get("reason", "")), str(answer.get("message", ""))
    except (ValueError, AttributeError):
        reason, message = "", data.decode(errors="replace")[:500]
    return ApiError(method, path, status, reason, message)


def flattened(documents: Iterable[Mapping[str, Any]]) -> Documents:
    """The documents, with the items of any List in its place."""
    flat: Documents = []
    for document in documents:
        if str(document.get("kind", "")).endswith("List") and "items" in document:
            flat.extend(flattened(document["items"] or []))
        else:
            flat.append(dict(document))
    return flat

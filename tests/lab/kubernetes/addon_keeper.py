# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AKS's addon manager in small: what belongs to an enabled add-on comes back when somebody deletes it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import urllib3

from lab.kubernetes.api_server import ApiError, ApiServer, Document
from lab.kubernetes.control_plane import ControlPlane

_log = logging.getLogger(__name__)


class AddonKeeper:
    """Looks every ``interval`` seconds for the objects of an add-on, and applies those that are missing.

    Stop it before the add-on is removed. While the control plane is stopped or restarting it does nothing.
    """

    def __init__(
        self, control_plane: ControlPlane, documents: Callable[[], list[Document]], interval: float = 2.0
    ) -> None:
        self._control_plane = control_plane
        self._documents = documents
        self._interval = interval
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            name = f"addon-keeper-{self._control_plane.name}"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Returns when no further write will come."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        api = self._control_plane.api()
        while not self._ended.wait(self._interval):
            try:
                self._put_back(api)
            except (ApiError, LookupError, OSError, urllib3.exceptions.HTTPError) as error:
                _log.info("%s: add-on not looked after just now: %s", self._control_plane.name, error)

    def _put_back(self, api: ApiServer) -> None:
        for document in self._documents():
            if self._ended.is_set():
                return
            if _missing(api, document):
                api.apply([document], field_manager="aks-addon")
                _log.info("%s: put back %s", self._control_plane.name, document["metadata"]["name"])


def _missing(api: ApiServer, document: Document) -> bool:
    try:
        return api.find(api.path_of(document, patience_seconds=0)) is None
    except LookupError:
        return True

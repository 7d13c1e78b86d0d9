# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, driven over WebDriver (https://www.w3.org/TR/webdriver2/) by the standard library."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAMS = ("chromedriver", "chromium")
_PATIENCE_SECONDS = 30
_ARGUMENTS = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,900",
)  # fmt: skip


def missing_program() -> str:
    """The first program that is not there; empty where all are."""
    return next((name for name in PROGRAMS if shutil.which(name) is None), "")


@dataclass(frozen=True)
class Browser:
    session: str  # URL of the WebDriver session

    def open(self, path: Path, fragment: str = "") -> None:
        """Loads a file anew; a fragment alone would only scroll."""
        self._post("url", {"url": "about:blank"})
        self._post("url", {"url": path.as_uri() + (f"#{fragment}" if fragment else "")})

    def run(self, script: str, *arguments: Any) -> Any:
        """What ``return`` gives in a script; ``arguments`` are its ``arguments``."""
        return self._post("execute/sync", {"script": script, "args": list(arguments)})

    def protocol(self, command: str, **parameters: Any) -> Any:
        """A command of the DevTools protocol: media and size that WebDriver does not set."""
        return self._post("goog/cdp/execute", {"cmd": command, "params": parameters})

    def complaints(self) -> list[str]:
        """What the page and the browser's security policy have complained of since the last look."""
        return [str(line["message"]) for line in self._post("se/log", {"type": "browser"})]

    def _post(self, path: str, body: Any) -> Any:
        return _request("POST", f"{self.session}/{path}", body)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Chromium with an empty profile below ``folder``, for the length of the block."""
    log = folder / "chromedriver.log"
    with log.open("wb") as sink:
        driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=sink, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{_port(log)}"
        # Chromium refuses its sandbox to root, and build machines run as root.
        alone = ["--no-sandbox"] if os.geteuid() == 0 else []
        options = {"args": [*_ARGUMENTS, *alone, f"--user-data-dir={folder / 'profile'}"]}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        answer = _request("POST", f"{address}/session", {"capabilities": {"alwaysMatch": wanted}})
        session = f"{address}/session/{answer['sessionId']}"
        try:
            yield Browser(session)
        finally:
            _request("DELETE", session, None)
    finally:
        driver.terminate()
        driver.wait(_PATIENCE_SECONDS)


def _port(log: Path) -> int:
    """The port that chromedriver chose, as it tells."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        _before, told, after = log.read_text().partition("started successfully on port ")
        if told and "." in after:
            return int(after.split(".")[0])
        time.sleep(0.05)
    raise TimeoutError(f"chromedriver did not start: {log.read_text()}")


def _request(method: str, url: str, body: Any) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_PATIENCE_SECONDS) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url}: {error.read().decode(errors='replace')[:600]}") from None

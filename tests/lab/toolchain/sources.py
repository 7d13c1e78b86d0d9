# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Upstream's charts and manifests, from the very modules that the programs are built from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from lab.toolchain.cache import MODULES
from lab.toolchain.go import go_binary


class SourcesMissing(Exception):
    """The module could not be downloaded; the text holds go's own words."""


def pod_identity_sources() -> Path:
    """github.com/Azure/aad-pod-identity: charts/*.tgz, deploy/infra, deploy/demo, examples. Read-only."""
    return _module_folder("podidentity", "github.com/Azure/aad-pod-identity")


def workload_identity_sources() -> Path:
    """github.com/Azure/azure-workload-identity: charts/, deploy/, examples. Read-only."""
    return _module_folder("webhook", "github.com/Azure/azure-workload-identity")


def _module_folder(module: str, path: str) -> Path:
    go = go_binary(lambda line: print(line, file=sys.stderr))
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    done = subprocess.run(
        [go, "mod", "download", "-json", path],
        cwd=MODULES / module,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SourcesMissing(f"go mod download {path}: {done.stderr.strip() or done.stdout.strip()}")
    return Path(json.loads(done.stdout)["Dir"])

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pod Identity as users install it: upstream's chart with the real helm, or upstream's raw manifests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from lab.kubernetes.control_plane import ControlPlane

CHART_VERSION = "4.1.18"
RELEASE = "aad-pod-identity"
NAMESPACE = "kube-system"


class HelmFailed(Exception):
    """helm ended with an error; the text is what it said."""


def install_chart(plane: ControlPlane, sources: Path) -> None:
    """``helm upgrade --install`` of chart 4.1.18 with its own defaults."""
    chart = sources / "charts" / f"{RELEASE}-{CHART_VERSION}.tgz"
    helm(plane, "upgrade", "--install", RELEASE, str(chart), "--namespace", NAMESPACE, "--wait=false")


def install_manifests(plane: ControlPlane, sources: Path) -> None:
    """What ``kubectl apply --server-side -f deployment-rbac.yaml`` and ``mic-exception.yaml`` give."""
    for name in ("deployment-rbac.yaml", "mic-exception.yaml"):
        plane.api().apply_yaml(sources / "deploy" / "infra" / name)


def helm(plane: ControlPlane, *arguments: str) -> str:
    """Runs the real helm against a cluster, with its homes inside the lab; gives what it printed.

    Raises:
        HelmFailed
    """
    home = plane.home / "helm"
    environment = {
        **os.environ,
        "HELM_CACHE_HOME": str(home / "cache"),
        "HELM_CONFIG_HOME": str(home / "config"),
        "HELM_DATA_HOME": str(home / "data"),
    }
    command = [str(plane.tools / "helm"), "--kubeconfig", str(plane.kubeconfig), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise HelmFailed(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout

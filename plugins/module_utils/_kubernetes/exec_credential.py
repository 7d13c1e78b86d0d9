# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Credential plugins of kubeconfigs, run as kubectl runs them.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .errors import KubernetesError
from .kubeconfig import ExecCommand

_TIMEOUT = 60.0  # seconds; a plugin that asks on a terminal would wait for ever


@dataclass(frozen=True)
class ExecCredential:
    token: Optional[str] = field(default=None, repr=False)
    certificate: Optional[bytes] = field(default=None, repr=False)
    key: Optional[bytes] = field(default=None, repr=False)


def run(command: ExecCommand) -> ExecCredential:
    """The plugin's credential. Raises KubernetesError with the command's name, never with what it printed to
    stdout."""
    environment = dict(os.environ)
    environment.update(command.env)
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(
        {"apiVersion": command.api_version, "kind": "ExecCredential", "spec": {"interactive": False}}
    )
    try:
        # Not run_command of AnsibleModule: there is no module where this runs in the worker.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            [command.command, *command.args],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise KubernetesError(
            f"The kubeconfig wants the credential plugin {command.command}, which is not installed."
        ) from None
    except subprocess.TimeoutExpired:
        raise KubernetesError(
            f"The credential plugin {command.command} gave nothing within {_TIMEOUT:.0f} s."
        ) from None
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise KubernetesError(
            f"The credential plugin {command.command} ended with {done.returncode}: {words}"
        )
    try:
        status: Mapping[str, Any] = json.loads(done.stdout)["status"]
    except (ValueError, KeyError, TypeError):
        raise KubernetesError(f"The credential plugin {command.command} printed no ExecCredential.") from None
    certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
    return ExecCredential(
        token=status.get("token"),
        certificate=certificate.encode() if certificate else None,
        key=key.encode() if key else None,
    )

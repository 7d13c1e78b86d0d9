# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What ``reconcile`` is given to act with: Azure and the cluster, opened when first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Optional

from ._run_id import CORRELATION_ID

if TYPE_CHECKING:
    from ._azure.session import AzureSession
    from ._kubernetes.client import KubernetesClient


class Access:
    """Lazy ways in. A module that reads a file only never signs in anywhere."""

    correlation_id = CORRELATION_ID

    def __init__(
        self, options: Mapping[str, Any], check_mode: bool, say: Optional[Callable[[str], None]] = None
    ) -> None:
        self._options = options
        self._check_mode = check_mode
        self._say = say
        self._azure: Optional[AzureSession] = None
        self._kubernetes: Optional[KubernetesClient] = None

    @property
    def azure(self) -> AzureSession:
        if self._azure is None:
            from ._azure.session import open_session

            self._azure = open_session(self._options)
        return self._azure

    @property
    def kubernetes(self) -> KubernetesClient:
        """In check mode all of its writes are dry runs."""
        if self._kubernetes is None:
            from ._kubernetes.access import connect
            from ._version import USER_AGENT

            azure = None if self._options.get("kubeconfig") and not self._can_sign_in() else self.azure
            self._kubernetes = connect(self._options, azure, self._check_mode, USER_AGENT)
        return self._kubernetes

    def say(self, text: str) -> None:
        """One line of progress for whoever watches; lost where nobody does (an ordinary module)."""
        if self._say is not None:
            self._say(text)

    def _can_sign_in(self) -> bool:
        from ._azure.sign_in import Settings

        return Settings.of(self._options).names_somebody

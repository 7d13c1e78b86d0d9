# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""How each module of this collection runs as an ordinary Ansible module, and what it needs for that.

The other way, inside the controller's worker, is in ``plugin_utils/_in_worker.py``. Both share the argument
spec, ``reconcile``, and the way from a result or an exception to what Ansible shows (``_outcome.py``).
"""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from ._access import Access
from ._failure import MigrationError
from ._module_spec import ModuleSpec, Result
from ._outcome import Reconcile, outcome

__all__ = ["Access", "MigrationError", "ModuleSpec", "Reconcile", "Result", "run_module"]


def run_module(spec: ModuleSpec, reconcile: Reconcile) -> None:
    """Parses the module's arguments, runs ``reconcile`` and ends the process with its result."""
    module = AnsibleModule(
        argument_spec=spec.argument_spec(), supports_check_mode=spec.supports_check_mode, **spec.rules()
    )
    result = outcome(reconcile, module.params, module.check_mode, module._diff)
    for text in result.pop("warnings", ()):
        module.warn(text)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)

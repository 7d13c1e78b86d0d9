# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of preview features."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: feature_registration_info
short_description: Read the states of preview features of a subscription
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Reads the registration of preview features of a resource provider, and of the provider itself.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing.
  diff_mode:
    support: none
options:
  namespace:
    description:
      - Namespace of the resource provider.
    type: str
    default: Microsoft.ContainerService
  features:
    description:
      - Names of the features. Without any, all features of the provider that are registered or on their way are
        returned.
    type: list
    elements: str
    default: []
seealso:
  - module: aksops.workload_identity.feature_registration
"""

EXAMPLES = r"""
- name: See whether the Pod Identity preview is still registered
  aksops.workload_identity.feature_registration_info:
    features:
      - EnablePodIdentityPreview
  register: previews
"""

RETURN = r"""
features:
  description: One entry for each feature; the state is V(Unknown) where the provider has no such feature.
  returned: success
  type: list
  elements: dict
  sample:
    - name: EnablePodIdentityPreview
      state: Registered
      outcome: registered
provider:
  description: The provider.
  returned: success
  type: dict
  sample:
    namespace: Microsoft.ContainerService
    state: Registered
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import features
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)

SPEC = ModuleSpec(
    options={
        "namespace": {"type": "str", "default": "Microsoft.ContainerService"},
        "features": {"type": "list", "elements": "str", "default": []},
    },
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    session, namespace = access.azure, options["namespace"]
    if options["features"]:
        found = [features.read(session, namespace, name) for name in options["features"]]
    else:
        found = [
            item
            for item in features.read_all(session, namespace)
            if item.state.lower() in ("registered", "registering", "pending", "unregistering")
        ]
    return Result(
        data={
            "features": [
                {"name": item.name, "state": item.state, "outcome": _outcome(item.state)} for item in found
            ],
            "provider": {"namespace": namespace, "state": features.provider_state(session, namespace)},
        }
    )


def _outcome(state: str) -> str:
    """The state as a word like those of feature_registration: summaries count by it."""
    return {"NotRegistered": "not_registered"}.get(state, state.lower())


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

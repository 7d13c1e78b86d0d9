# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preview features of a subscription."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: feature_registration
short_description: Register preview features of a subscription
version_added: 0.1.0
author:
  - aksops.workload_identity contributors (@aksops)
description:
  - Registers or unregisters preview features of a resource provider in a subscription, waits until each is there, and
    registers the provider again afterwards, without which it does not take them up.
  - Several hosts of one subscription may run it at once; who finds the work done does nothing.
extends_documentation_fragment:
  - aksops.workload_identity.attributes
  - aksops.workload_identity.azure
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  namespace:
    description:
      - Namespace of the resource provider.
    type: str
    default: Microsoft.ContainerService
  features:
    description:
      - Names of the features.
    type: list
    elements: str
    required: true
  state:
    description:
      - Whether the features are registered.
    type: str
    choices: [present, absent]
    default: present
  on_unknown:
    description:
      - What to do about a feature that the provider does not have (any more). Features that became generally available
        are retired after a while, and then nothing needs to be registered.
    type: str
    choices: [fail, ignore]
    default: fail
  wait:
    description:
      - Whether to wait until features and provider are registered.
      - With V(false) the provider is not registered again while a feature is still on its way; a later call with
        V(true) does that.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most. The registration goes on in Azure afterwards.
    type: int
    default: 1800
  poll_interval:
    description:
      - Longest pause in seconds between two looks.
    type: int
    default: 10
seealso:
  - module: aksops.workload_identity.feature_registration_info
"""

EXAMPLES = r"""
- name: Register what older subscriptions need
  aksops.workload_identity.feature_registration:
    features:
      - EnableOIDCIssuerPreview
      - EnableWorkloadIdentityPreview
    on_unknown: ignore

- name: Unregister Pod Identity once no cluster has the add-on any more
  aksops.workload_identity.feature_registration:
    features:
      - EnablePodIdentityPreview
    state: absent
    on_unknown: ignore
"""

RETURN = r"""
features:
  description: One entry for each feature, in the order of O(features).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the feature.
      type: str
      returned: success
      sample: EnableWorkloadIdentityPreview
    state:
      description: State as it was seen last, in the service's words, or V(Unknown).
      type: str
      returned: success
      sample: Registered
    before:
      description: State before.
      type: str
      returned: success
      sample: NotRegistered
    outcome:
      description:
        - V(unchanged), V(registered), V(unregistered), or V(retired) for a feature that the provider does not have and
          that is passed over.
      type: str
      returned: success
      sample: registered
provider:
  description: The provider, with V(reregistered) telling whether it was registered again.
  returned: success
  type: dict
  sample:
    namespace: Microsoft.ContainerService
    state: Registered
    reregistered: true
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._azure import feature_set
from ansible_collections.aksops.workload_identity.plugins.module_utils._module import (
    Access,
    ModuleSpec,
    Result,
    run_module,
)

SPEC = ModuleSpec(
    options={
        "namespace": {"type": "str", "default": "Microsoft.ContainerService"},
        "features": {"type": "list", "elements": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "on_unknown": {"type": "str", "choices": ["fail", "ignore"], "default": "fail"},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 1800},
        "poll_interval": {"type": "int", "default": 10},
    },
)


def reconcile(options: Mapping[str, Any], access: Access, check_mode: bool) -> Result:
    return feature_set.ensure(options, access.azure, access.say, check_mode)


def main() -> None:
    run_module(SPEC, reconcile)


if __name__ == "__main__":
    main()

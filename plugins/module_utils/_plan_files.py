# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""From a file of facts to a file with the plan, and the small result that tells of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ._files import write_private
from ._migration import summary
from ._migration.facts import FACTS_SCHEMA, Facts
from ._migration.options import OptionError, PlanOptions, Rule
from ._migration.plan import PLAN_SCHEMA, Plan
from ._migration.plan_review import ReviewError, accepted
from ._migration.planning import plan
from ._migration.records import to_data
from ._module import MigrationError
from ._record_files import read_record

_MOST_IDENTITIES = 50  # in a result; a registered result is kept by the controller for every host


class PlanError(MigrationError):
    """No plan can be made: options that cannot be meant, or a reviewed plan that does not fit."""


def plan_to_file(options: Mapping[str, Any]) -> dict[str, Any]:
    """Reads the facts, writes the plan and gives the module's result. Raises PlanError and RecordFileError."""
    facts = read_record(Facts, FACTS_SCHEMA, str(options["facts_path"]))
    try:
        made = plan(facts, plan_options(options))
        if options.get("reviewed_plan"):
            reviewed = read_record(Plan, PLAN_SCHEMA, str(options["reviewed_plan"]))
            made = accepted(reviewed, made, facts)
    except OptionError as error:
        raise PlanError(f"{facts.azure.cluster.name}: {error}") from None
    except ReviewError as error:
        raise PlanError(
            f"{facts.azure.cluster.name}: {options['reviewed_plan']}: {error}. Nothing was written. Make a plan of"
            " the facts of now (leave reviewed_plan out), review it, and give that."
        ) from None
    path = str(options["plan_path"])
    write_private(path, to_data(made))
    findings, left_out = summary.capped(made.findings)
    sizes = Counter(item.wave for item in made.workloads if item.apply != "none")
    return {
        "state": made.state,
        "plan_path": path,
        "counts": dict(summary.counts(facts, made)),
        "findings": [to_data(item) for item in findings],
        "findings_left_out": left_out,
        "identities": [{"id": item.id, "create": item.create} for item in made.identities[:_MOST_IDENTITIES]],
        "waves": [{"wave": wave, "workloads": size} for wave, size in sorted(sizes.items())],
        "summary": summary.lines(facts, made),
    }


def plan_options(options: Mapping[str, Any]) -> PlanOptions:
    """The module's options as a record. Raises OptionError, and RecordFileError for a plan file that is none."""
    return PlanOptions(
        rules=tuple(Rule.of(rule) for rule in options.get("rules") or ()),
        regions=tuple(options.get("regions") or ()),
        identity_resource_group=str(options.get("identity_resource_group") or ""),
        service_account_mode=str(options["service_account_mode"]),
        waves=tuple(str(size) for size in options.get("waves") or ()),
        audience=str(options["audience"]),
        acknowledge=tuple(options.get("acknowledge") or ()),
        fleet_plans=tuple(
            read_record(Plan, PLAN_SCHEMA, str(path)) for path in options.get("fleet_plans") or ()
        ),
    )

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/schema/plan.v1.json, made of the records of a plan. Run it to write the file:
``PYTHONPATH=tests:.cache/collections python -m unit.migration.plan_schema``.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import typing
from pathlib import Path
from typing import Any

from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.facts import Finding
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.findings import (
    BLOCKER,
    CATALOGUE,
    NOTE,
    WARNING,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.options import (
    APPLIES,
    METHODS,
)
from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.plan import (
    PLAN_SCHEMA,
    Plan,
    PlannedWorkload,
)

FILE = Path(__file__).parents[3] / "docs" / "schema" / "plan.v1.json"

# What the types of the records do not say.
_NARROWER: dict[tuple[type, str], dict[str, Any]] = {
    (Plan, "schema"): {"const": PLAN_SCHEMA},
    (Plan, "state"): {"enum": ["nothing_to_migrate", "ready", "partly_blocked", "blocked"]},
    (Plan, "issuer_url"): {
        "type": "string",
        "description": "With its trailing slash; (known after apply: ...) where the cluster has none yet.",
    },
    (Plan, "basis"): {
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
        "description": "What the plan rests on; a plan that is given back is held against it. Leave it as it is.",
    },
    (PlannedWorkload, "method"): {"enum": list(METHODS)},
    (PlannedWorkload, "apply"): {"enum": list(APPLIES)},
    (PlannedWorkload, "wave"): {"type": "integer", "minimum": 0, "description": "0 is the canary."},
    (Finding, "severity"): {"enum": [BLOCKER, WARNING, NOTE]},
    (Finding, "code"): {"enum": sorted(CATALOGUE)},
}
_SCALARS = {str: "string", bool: "boolean", int: "integer"}


def schema() -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    whole = _record(Plan, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "plan.v1.json",
        "title": "Plan of the migration of one AKS cluster to workload identity",
        "$comment": "Copyright (c) 2026, the aksops.workload_identity contributors; GPL-3.0-or-later",
        **whole,
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def text() -> str:
    return json.dumps(schema(), indent=2) + "\n"


def _record(record: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(record)
    properties, required = {}, []
    for field in dataclasses.fields(record):
        properties[field.name] = _NARROWER.get((record, field.name)) or _of(hints[field.name], definitions)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            required.append(field.name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


# Optional[x] lists it among its arguments.
_NONE = type(None)


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return {}
    if origin is typing.Union:
        (inner,) = (item for item in arguments if item is not _NONE)
        return {"anyOf": [_of(inner, definitions), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0], definitions)}
    if origin is collections.abc.Mapping:
        return {"type": "object", "additionalProperties": _of(arguments[1], definitions)}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        name = hint.__name__
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = _record(hint, definitions)
        return {"$ref": f"#/$defs/{name}"}
    return {"type": _SCALARS[hint]}


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text())

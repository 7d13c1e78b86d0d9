# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Kubernetes' own way of matching labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .objects import items, mapping


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a LabelSelector matches; an empty one matches everything, as the API has it."""
    chosen = mapping(selector)
    if any(labels.get(key) != value for key, value in mapping(chosen.get("matchLabels")).items()):
        return False
    return all(_fits(expression, labels) for expression in items(chosen.get("matchExpressions")))


def _fits(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, operator = str(expression.get("key")), expression.get("operator")
    given = expression.get("values")
    values = given if isinstance(given, (list, tuple)) else ()
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return key not in labels or labels[key] not in values
    return (key in labels) is (operator == "Exists")

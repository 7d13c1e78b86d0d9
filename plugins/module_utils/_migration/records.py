# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Frozen dataclasses to JSON and back: how facts and plans travel between modules as files."""

from __future__ import annotations

import collections.abc
import dataclasses
import typing

T = typing.TypeVar("T")


class RecordError(ValueError):
    """A document does not have the shape of the record that was asked for; the message names the place."""


def to_data(value: typing.Any) -> typing.Any:
    """Plain dicts, lists and scalars of a record, ready for ``json.dump``; key order is field order."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_data(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, collections.abc.Mapping):
        return {str(key): to_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_data(item) for item in value]
    return value


def from_data(record: type[T], data: typing.Any, where: str = "$") -> T:
    """The record that ``to_data`` gave ``data`` for. Unknown keys are refused: a newer or a mistyped document.

    Raises RecordError with the JSON path of the first place that does not fit.
    """
    if not isinstance(data, collections.abc.Mapping):
        raise RecordError(f"{where}: expected an object, got {type(data).__name__}")
    hints = typing.get_type_hints(record)
    fields = {field.name: field for field in dataclasses.fields(record)}  # type: ignore[arg-type]
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise RecordError(f"{where}: unknown key {unknown[0]!r}")
    values = {}
    for name, field in fields.items():
        if name in data:
            values[name] = _value(hints[name], data[name], f"{where}.{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise RecordError(f"{where}: key {name!r} is missing")
    return record(**values)


# Optional[x] lists it among its arguments.
_NONE = type(None)


def _value(hint: typing.Any, data: typing.Any, where: str) -> typing.Any:
    if hint is typing.Any:
        return data
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        if data is None and _NONE in arguments:
            return None
        return _value(next(item for item in arguments if item is not _NONE), data, where)
    if origin is tuple:
        if not isinstance(data, (list, tuple)):
            raise RecordError(f"{where}: expected a list, got {type(data).__name__}")
        return tuple(_value(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(data))
    if origin is collections.abc.Mapping:
        if not isinstance(data, collections.abc.Mapping):
            raise RecordError(f"{where}: expected an object, got {type(data).__name__}")
        return {str(key): _value(arguments[1], item, f"{where}.{key}") for key, item in data.items()}
    if dataclasses.is_dataclass(hint):
        return from_data(typing.cast("type[typing.Any]", hint), data, where)
    if not isinstance(data, hint) or (hint is int and isinstance(data, bool)):
        raise RecordError(f"{where}: expected {hint.__name__}, got {type(data).__name__}")
    return data

# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""HTML out of values: what is not markup already is escaped, always."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Union

_VOID = ("meta", "input", "use", "rect", "path", "line")


class Markup(str):
    """Text that is HTML already. Only ``tag`` and ``join`` make it of values."""


Content = Union[str, int, Iterable["Markup"], None]


def tag(element: str, /, *children: Content, **attributes: Union[str, int, bool, None]) -> Markup:
    """An element. Strings are escaped, ``Markup`` is taken as it is, None is nothing.

    An attribute's name may end in an underscore (``class_``); others inside become hyphens. None and False leave it
    out, True gives it without a value.
    """
    given = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        given.append(attribute if value is True else f'{attribute}="{html.escape(str(value), quote=True)}"')
    opening = " ".join([element, *given])
    if element in _VOID and not children:
        return Markup(f"<{opening}>" if element in ("meta", "input") else f"<{opening}/>")
    return Markup(f"<{opening}>{join(*children)}</{element}>")


def join(*children: Content) -> Markup:
    """The children one after the other, escaped where they are not markup."""
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, (str, int)):
            parts.append(html.escape(str(child), quote=True))
        else:
            parts.extend(join(item) for item in child)
    return Markup("".join(parts))

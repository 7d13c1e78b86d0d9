# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Facts, plans, backups and reports as files that only their owner reads."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from ._failure import MigrationError


def write_private(path: str, data: Any) -> None:
    """Writes ``data`` as JSON; the rest as ``write_private_text``."""
    write_private_text(path, f"{json.dumps(data, indent=1)}\n")


def write_private_text(path: str, text: str) -> None:
    """Writes ``text`` with mode 0600; folders that are missing are made with mode 0700.

    The file is there whole or not at all: a run that is killed leaves the former one. Raises MigrationError.
    """
    target = os.path.abspath(os.path.expanduser(path))
    folder = os.path.dirname(target)
    unfinished = None
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(target)}.")  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(unfinished, target)
        unfinished = None
    except OSError as error:
        raise MigrationError(
            f"{target} cannot be written: {error.strerror}. Choose a folder that this user may write."
        ) from None
    finally:
        if unfinished is not None:
            os.unlink(unfinished)


def read_json(path: str) -> Any:
    """The data of a JSON file. Raises MigrationError where it is missing, unreadable or no JSON."""
    target = os.path.abspath(os.path.expanduser(path))
    try:
        with open(target, encoding="utf-8") as stream:
            return json.load(stream)
    except OSError as error:
        raise MigrationError(
            f"{target} cannot be read: {error.strerror}. Run the step that writes it."
        ) from None
    except ValueError as error:
        raise MigrationError(f"{target} is no JSON: {error}. Run the step that writes it again.") from None

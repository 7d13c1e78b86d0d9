# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""Files of a run: facts, plans and backups, for the user's eyes only."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from ._module import MigrationError


class FileError(MigrationError):
    """A file of the run cannot be read or written; the message names it and the remedy."""


def write_private(path: str, data: Any) -> None:
    """Writes JSON that only the user can read (0600, folder 0700), whole or not at all."""
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    write_private_text(path, text)


def write_private_text(path: str, text: str) -> None:
    """Writes text that only the user can read (0600, folder 0700), whole or not at all."""
    path = os.path.abspath(os.path.expanduser(path))
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # A temporary file beside it is 0600 from the start, and the rename is atomic.
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}. Choose another folder or free some space.") from error


def read_json(path: str) -> Any:
    """What ``write_private`` wrote."""
    path = os.path.abspath(os.path.expanduser(path))
    try:
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)
    except FileNotFoundError:
        raise FileError(f"{path} does not exist. The step that writes it has to run before this one.") from None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise FileError(f"{path} is not JSON: {error}. Delete it and run the step that writes it again.") from error

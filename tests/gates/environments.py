# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python environments: the development one (.venv) and those that single gates need beside it.

Only the standard library is used here, since this program makes the environment that all others run in::

    PYTHONPATH=tests python3.11 -m gates.environments     # .venv, and .cache/collections

An environment is installed again only when its requirement files or its Python change.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
COLLECTIONS = CACHE / "collections"


class EnvironmentBroken(Exception):
    """An environment could not be made; the text holds the command and pip's own words."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment: where it lies, what it holds, and the Python (a path) that it is made with."""

    folder: Path
    requirements: str
    python: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def stamp(self) -> str:
        """Names the Python and the content of all requirement files, included ones too."""
        digest = hashlib.sha256(str(self.python).encode())
        for path in _with_included(ROOT / "requirements" / self.requirements):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def make(self) -> bool:
        """Creates or updates the environment; False when there was nothing to do.

        Raises:
            EnvironmentBroken: when venv or pip fails.
        """
        stamp_file = self.folder / ".stamp"
        with _lock(self.folder):
            if stamp_file.exists() and stamp_file.read_text() == self.stamp() and self._works():
                return False
            stamp_file.unlink(missing_ok=True)
            if not self._works():
                shutil.rmtree(self.folder, ignore_errors=True)
                _run([str(self.python), "-m", "venv", str(self.folder)])
            _run([
                str(self.bin / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                "-r", str(ROOT / "requirements" / self.requirements),
            ])  # fmt: skip
            stamp_file.write_text(self.stamp())
            return True

    def _works(self) -> bool:
        python = self.bin / "python"
        if not python.exists():
            return False
        return (
            subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode
            == 0
        )


def development() -> Environment:
    return Environment(ROOT / ".venv", "dev.txt", Path(sys.executable))


def link_collection() -> Path:
    """Makes the checkout importable as ``ansible_collections.aksops.workload_identity``; gives the path."""
    link = COLLECTIONS / "ansible_collections" / "aksops" / "workload_identity"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.resolve() != ROOT:
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(ROOT, link.parent))
    return COLLECTIONS


def find_python(*versions: str) -> Path | None:
    """The first of these Pythons ("3.13", ...) that is installed: on the PATH, or in pyenv's folder."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in versions:
        on_path, in_pyenv = shutil.which(f"python{version}"), pyenv.glob(f"{version}.*/bin/python{version}")
        for candidate in filter(None, [on_path, *sorted(map(str, in_pyenv))]):
            # The program itself is asked, since pyenv's shims exist for versions that are not selected.
            asked = "import sys, venv, ensurepip; print(sys.executable, '%d.%d' % sys.version_info[:2])"
            answer = subprocess.run([candidate, "-c", asked], capture_output=True, text=True, check=False)
            *path, found = answer.stdout.rsplit(maxsplit=1) or ("",)
            if answer.returncode == 0 and found == version:
                return Path(path[0])
    return None


def _with_included(path: Path) -> list[Path]:
    included = re.findall(r"^-r (\S+)", path.read_text(), flags=re.MULTILINE)
    return [path, *(found for name in included for found in _with_included(path.parent / name))]


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / f"{folder.name.strip('.')}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: list[str]) -> None:
    # No inherited PYTHONPATH: pip must see the packages of its own environment only.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip()
        if "ensurepip" in words:
            words += "\nInstall the venv package of this Python (Debian: python3-venv)."
        raise EnvironmentBroken(f"{' '.join(command)} failed with {done.returncode}:\n{words}")


def main() -> int:
    if sys.version_info < (3, 11):
        print(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    try:
        if development().make():
            print(f".venv: made with Python {sys.version.split()[0]}")
    except EnvironmentBroken as error:
        print(error, file=sys.stderr)
        return 1
    link_collection()
    return 0


if __name__ == "__main__":
    sys.exit(main())

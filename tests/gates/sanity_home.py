# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A home for ``ansible-test``, in which it also works where only a package index can be reached.

``ansible-test`` makes its own environments with few environment variables left, so pip's settings must lie in
a file; and it downloads a script that installs pip, which a closed network refuses, so one that uses Python's
own ``ensurepip`` is put where the download would be kept.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from gates.environments import Environment, find_python

# What ansible-test downloads (ansible_test/_util/target/setup/requirements.py).
_BOOTSTRAP_URL = "https://ci-files.testing.ansible.com/ansible-test/get-pip-{version}.py"
_BOOTSTRAP = '''\
"""Installs pip from Python itself, and then what it is asked for: stands in for get-pip.py."""
import os
import subprocess
import sys

# In a process of its own: ensurepip switches pip's configuration off for the process that it runs in.
environment = {name: value for name, value in os.environ.items() if name != "GET_PIP"}
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], env=environment)
arguments = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install"] + arguments, env=environment))
'''
_PIP_SETTINGS = {
    "cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "proxy",
    "trusted-host",
}
_TARGET_PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


def prepare_home(home: Path, core: Environment) -> dict[str, str]:
    """Makes the home folder and returns the environment variables that lead ``ansible-test`` to it."""
    home.mkdir(parents=True, exist_ok=True)
    _write_pip_settings(home / ".config" / "pip" / "pip.conf")
    version = _pip_version(core)
    script = home / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    if not script.exists() and not _reachable(_BOOTSTRAP_URL.format(version=version)):
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(_BOOTSTRAP)
    pythons = _link_pythons(home / "pythons")
    return {
        "HOME": str(home),
        "PATH": f"{core.bin}{os.pathsep}{pythons}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": "",
        "ANSIBLE_COLLECTIONS_PATH": "",
    }


def _write_pip_settings(path: Path) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    settings = dict(
        re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", listed.stdout, flags=re.MULTILINE)
    )
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    if proxy:
        settings.setdefault("proxy", proxy)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} = {value}" for name, value in sorted(settings.items()) if name in _PIP_SETTINGS]
    path.write_text("\n".join(["[global]", *lines, ""]))


def _pip_version(core: Environment) -> str:
    """The version of pip that this ansible-test wants in its environments."""
    (source,) = core.folder.glob("lib/python3*/site-packages/ansible_test/_internal/python_requirements.py")
    found = re.search(r"^\s+pip='([\d.]+)',", source.read_text(), flags=re.MULTILINE)
    if found is None:
        raise ValueError(f"{source} does not say which pip it wants")
    return found.group(1)


def _reachable(url: str) -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=10):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _link_pythons(folder: Path) -> Path:
    """Links to the Pythons themselves: pyenv's shims answer by HOME, which is another one here."""
    folder.mkdir(exist_ok=True)
    for version in _TARGET_PYTHONS:
        link, python = folder / f"python{version}", find_python(version)
        link.unlink(missing_ok=True)
        if python is not None:
            link.symlink_to(python)
    return folder

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One playbook, run in the controller's worker and with ordinary modules, on surroundings that are alike."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
RECORDING = CHECKOUT / "tests" / "lab" / "recording"
COLLECTIONS = CHECKOUT / ".cache" / "collections"
_PATIENCE_SECONDS = 600
_SETTINGS = ("ANSIBLE_", "AZURE_", "ARM_", "AKSOPS_")
# What differs from run to run and from world to world, whatever the way.
_PASSING = (
    (re.compile(r"https://localhost:\d+"), "<azure>"),
    (re.compile(r"(Trace|Correlation) ID: [0-9a-f-]{36}"), r"\1 ID: <id>"),
    (re.compile(r"Timestamp: [\d-]+ [\d:]+Z"), "Timestamp: <time>"),
)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Way:
    """``records``: what each task gave, by the task's name, without what passes."""

    output: str
    records: Mapping[str, Any]
    writes: tuple[str, ...]
    runs: frozenset[str] = frozenset()  # correlation IDs of the requests to Resource Manager

    @property
    def module_processes(self) -> int:
        """How many commands Ansible ran on the target: none in the worker."""
        return len(re.findall(r"^<[^>]+> EXEC ", self.output, re.MULTILINE))


def run(
    playbook: Path,
    folder: Path,
    *,
    ansible: Path,
    in_worker: bool,
    environment: Mapping[str, str],
    variables: Mapping[str, Any],
    passing: Mapping[str, str],
) -> tuple[str, dict[str, Any]]:
    """Runs it with ``-vvvv --diff`` and gives the output and the results by task.

    ``passing``: texts of this run's surroundings, and what stands for them in the comparison.
    """
    folder.mkdir(parents=True)
    settings = folder / "ansible.cfg"
    settings.touch()
    records = folder / "records.jsonl"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    command = [str(ansible), "-i", "aks-1,", "-c", "local", "-vvvv", "--diff", str(playbook)]
    given = {
        **variables,
        "workload_identity_in_worker": in_worker,
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    done = subprocess.run(
        [*command, "-e", json.dumps(given)],
        env={
            **kept,
            "HOME": str(folder),
            "ANSIBLE_CONFIG": str(settings),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CALLBACK_PLUGINS": str(RECORDING),
            "ANSIBLE_CALLBACKS_ENABLED": "lab_record",
            "LAB_RECORD": str(records),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    output = done.stdout + done.stderr
    assert records.exists(), output[-4000:]
    (folder / "output.txt").write_text(output)
    lines = [json.loads(line) for line in records.read_text().splitlines()]
    return output, {
        line["task"]: [line["outcome"], stable(line["result"], passing)] for line in lines if "task" in line
    }


def stable(value: Any, passing: Mapping[str, str]) -> Any:
    """The value without what Ansible itself adds by the way it ran, and without what passes."""
    if isinstance(value, dict):
        return {
            key: stable(item, passing)
            for key, item in value.items()
            # A traceback names the file that Ansible unpacked; the invocation is compared as it was scrubbed.
            if not key.startswith("_ansible") and key not in ("exception", "ansible_facts")
        }
    if isinstance(value, list):
        return [stable(item, passing) for item in value]
    if isinstance(value, str):
        for text, name in passing.items():
            value = value.replace(text, name)
        for pattern, name in _PASSING:
            value = pattern.sub(name, value)
    return value


def made_alike(value: Any, known: set[str]) -> Any:
    """IDs and ETags that each world made up itself, as the same text."""
    if isinstance(value, dict):
        return {key: "<etag>" if key == "etag" else made_alike(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [made_alike(item, known) for item in value]
    if isinstance(value, str):
        return _GUID.sub(lambda found: found.group() if found.group() in known else "<guid>", value)
    return value

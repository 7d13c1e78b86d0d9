# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook run against a lab, and all that can be known about it afterwards."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lab.fleet.principals import OPERATOR, ServicePrincipal
from lab.fleet.running import LabDescription
from lab.folder import LabFolder
from lab.playbooks import COLLECTION, playbook_command, playbook_environment

RECORDING = Path(__file__).parent / "recording"
PATIENCE_SECONDS = 400


@dataclass(frozen=True)
class Run:
    """What happened. ``records``: one dict per result (host, task, action, outcome, result) in order."""

    returncode: int
    output: str
    wall_seconds: float
    cpu_seconds: float
    records: tuple[dict[str, Any], ...]
    stats: dict[str, dict[str, int]]

    @cached_property
    def own(self) -> tuple[dict[str, Any], ...]:
        """Results of this collection's modules, of those that were not skipped."""
        return tuple(
            record
            for record in self.records
            if record["action"].startswith(f"{COLLECTION}.") and record["outcome"] != "skipped"
        )

    def results(self, module: str, host: str | None = None) -> list[dict[str, Any]]:
        """Results of one module, in order; of one host when named."""
        return [
            record["result"]
            for record in self.own
            if record["action"] == f"{COLLECTION}.{module}" and host in (None, record["host"])
        ]

    def failures(self, host: str) -> str:
        """The messages of all failed tasks of a host."""
        failed = [record for record in self.records if record["host"] == host and record["outcome"] != "ok"]
        return "\n".join(
            str(record["result"].get("msg", "")) for record in failed if record["outcome"] != "skipped"
        )

    @property
    def changed(self) -> dict[str, int]:
        return {host: summary["changed"] for host, summary in self.stats.items()}

    @property
    def failed_hosts(self) -> set[str]:
        return {host for host, summary in self.stats.items() if summary["failures"] or summary["unreachable"]}

    def require_success(self) -> Run:
        """Itself; AssertionError with the end of the output when the run failed."""
        assert self.returncode == 0, f"ansible-playbook ended with {self.returncode}:\n{self.output[-6000:]}"
        return self


@dataclass(frozen=True)
class Runner:
    """Runs playbooks for a lab, with a home, a temporary folder and logs of its own below ``folder``."""

    lab: LabFolder
    description: LabDescription
    folder: Path

    @property
    def run_folder(self) -> Path:
        """Facts, plans and backups."""
        return self.folder / "run"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def run(self, name: str, *arguments: str, **settings: Any) -> Run:
        """Runs a playbook to its end; ``settings`` as for ``start``."""
        running = self.start(name, *arguments, **settings)
        return running.finish()

    def start(
        self,
        name: str,
        *arguments: str,
        principal: ServicePrincipal = OPERATOR,
        callback: str = f"{COLLECTION}.fleet",
        inventory: str = "fleet.aks.yml",
        extra: Mapping[str, str] | None = None,
        ansible: Path | None = None,
    ) -> Running:
        """Starts a playbook in a session of its own and comes back at once.

        ``ansible``: the ``ansible-playbook`` of another environment.
        """
        for directory in (self.home, self.folder / "tmp"):
            directory.mkdir(parents=True, exist_ok=True)
        number = len(list(self.folder.glob("*.out")))
        base = self.folder / f"{number:02}-{name}"
        record, output = base.with_suffix(".jsonl"), base.with_suffix(".out")
        environment = playbook_environment(
            self.lab,
            self.description,
            principal=principal,
            callback=callback,
            extra={
                "HOME": str(self.home),
                "TMPDIR": str(self.folder / "tmp"),
                "ANSIBLE_CALLBACK_PLUGINS": str(RECORDING),
                "ANSIBLE_CALLBACKS_ENABLED": "lab_record",
                "ANSIBLE_NOCOLOR": "true",
                "LAB_RECORD": str(record),
                **(extra or {}),
            },
        )
        command = playbook_command(
            self.lab, name, *arguments, inventory=inventory, run_folder=self.run_folder, ansible=ansible
        )
        with output.open("wb") as sink:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Running(process, record, output, time.monotonic(), _children_cpu())


@dataclass(frozen=True)
class Running:
    """A playbook that runs."""

    process: subprocess.Popen[bytes]
    record: Path
    output: Path
    begun: float
    cpu_before: float

    def finish(self, patience_seconds: float = PATIENCE_SECONDS) -> Run:
        """Waits for the end.

        Raises:
            subprocess.TimeoutExpired: the run is killed then.
        """
        try:
            returncode = self.process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
            raise
        wall = time.monotonic() - self.begun
        lines = [json.loads(line) for line in self._lines()]
        stats: dict[str, dict[str, int]] = next((line["stats"] for line in lines if "stats" in line), {})
        return Run(
            returncode=returncode,
            output=self.output.read_text(errors="replace"),
            wall_seconds=wall,
            cpu_seconds=_children_cpu() - self.cpu_before,
            records=tuple(line for line in lines if "stats" not in line),
            stats=stats,
        )

    def _lines(self) -> list[str]:
        if not self.record.exists():
            return []
        # A killed controller may leave half a line at the end.
        return [line for line in self.record.read_text().splitlines() if line.endswith("}")]


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback that writes down each result of a run, one JSON object a line, for tests to look at."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: lab_record
type: aggregate
short_description: Writes results to the file that LAB_RECORD names
description: [For the lab's tests only.]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "lab_record"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sink = open(os.environ["LAB_RECORD"], "a", encoding="utf-8")  # noqa: SIM115 - open for the whole run
        self._play = ""

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = str(play.get_name())

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write(result, "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write(result, "unreachable")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write(result, "skipped")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        summary = {host: stats.summarize(host) for host in sorted(stats.processed)}
        self._line({"stats": summary})

    def _write(self, result: Any, outcome: str) -> None:
        # ansible-core 2.19 renamed these; the older names go in 2.23.
        public = hasattr(result, "result")
        task = result.task if public else result._task
        host = result.host if public else result._host
        self._line(
            {
                "time": time.time(),
                "play": self._play,
                "host": host.get_name(),
                "task": task.get_name(),
                "action": task.action,
                "outcome": outcome,
                "result": result.result if public else result._result,
            }
        )

    def _line(self, record: dict[str, Any]) -> None:
        self._sink.write(json.dumps(record, default=str) + "\n")
        self._sink.flush()

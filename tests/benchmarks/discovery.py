# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What discovery and plan of a large cluster cost, from its objects to the plan's JSON, in a process of its own.

``python -m benchmarks.discovery`` is that process: it prints its figures as JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

MOST_SECONDS = 5.0
MOST_MEGABYTES = 200.0
MOST_REQUESTS = 40


@dataclass(frozen=True)
class Figures:
    workloads: int
    pods: int
    namespaces: int
    requests: int  # to the API server, for the lists
    # Of CPU time, as all seconds here: one thread computes, and neighbours do not count.
    discovery_seconds: float
    plan_seconds: float
    writing_seconds: float  # facts and plan as JSON
    facts_megabytes: float
    plan_megabytes: float
    objects_megabytes: float  # of memory, for the objects alone, before discovery
    largest_megabytes: float  # of memory, of the whole process

    @property
    def seconds(self) -> float:
        return self.discovery_seconds + self.plan_seconds + self.writing_seconds


def measured() -> Figures:
    """Figures of a fresh process, so that nobody else's memory is among them."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.discovery"], capture_output=True, text=True, check=True
    )
    return Figures(**json.loads(done.stdout))


def report() -> bool:
    """Prints the figures; whether all bounds are kept."""
    figures = measured()
    print(
        f"\nDiscovery and plan: {figures.workloads} bound workloads, {figures.pods} pods,"
        f" {figures.namespaces} namespaces.\n"
    )
    rows = (
        ("API requests", figures.requests, MOST_REQUESTS),
        ("CPU seconds", round(figures.seconds, 2), MOST_SECONDS),
        ("MB of memory", round(figures.largest_megabytes), MOST_MEGABYTES),
    )
    for what, value, most in rows:
        print(f"{what:<24}{value:>9}   of at most {most:g}{'' if value <= most else '   EXCEEDED'}")
    print(
        f"    discovery {figures.discovery_seconds:.2f} s, plan {figures.plan_seconds:.2f} s, writing"
        f" {figures.writing_seconds:.2f} s; facts {figures.facts_megabytes:.1f} MB, plan"
        f" {figures.plan_megabytes:.1f} MB; the objects alone {figures.objects_megabytes:.0f} MB of memory",
        flush=True,
    )
    return all(value <= most for _what, value, most in rows)


def _figures() -> Figures:
    from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.discovery import (
        discover,
    )
    from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.planning import (
        PlanOptions,
        plan,
    )
    from ansible_collections.aksops.workload_identity.plugins.module_utils._migration.records import to_data
    from benchmarks import large_cluster

    raw, azure = large_cluster.raw_cluster(), large_cluster.azure_side()
    objects = _memory()
    begun = time.process_time()
    facts = discover(raw, azure)
    discovered = time.process_time()
    planned = plan(facts, PlanOptions())
    made = time.process_time()
    facts_size, plan_size = (len(json.dumps(to_data(item), indent=1)) for item in (facts, planned))
    written = time.process_time()
    if len(planned.workloads) != large_cluster.WORKLOADS or planned.state not in ("ready", "partly_blocked"):
        raise SystemExit(f"the plan is wrong: {planned.state}, {len(planned.workloads)} workloads")
    return Figures(
        workloads=len(planned.workloads),
        pods=len(raw.objects["pods"]),
        namespaces=len(raw.objects["namespaces"]),
        requests=large_cluster.requests(raw),
        discovery_seconds=discovered - begun,
        plan_seconds=made - discovered,
        writing_seconds=written - made,
        facts_megabytes=facts_size / 1e6,
        plan_megabytes=plan_size / 1e6,
        objects_megabytes=objects,
        largest_megabytes=_memory(),
    )


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(asdict(_figures())))

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m benchmarks``: what a migration costs, beside what a user would do instead, in one run."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from benchmarks import discovery
from benchmarks.azure_side import azure_cli, by_azure_cli, by_collection
from benchmarks.cost import Cost
from benchmarks.emulated_azure import LONG_OPERATION_SECONDS

CACHE = Path(".cache/bench")
PARTS = ("azure", "discovery")


def main() -> int:
    options = _parser().parse_args()
    if "azure" in options.parts:
        _measure_azure_side(options.clusters)
    return 0 if "discovery" not in options.parts or discovery.report() else 1


def _measure_azure_side(clusters: list[int]) -> None:
    az = azure_cli(CACHE / "azure-cli")
    folder = Path(tempfile.mkdtemp(prefix="workload-identity-bench-"))
    try:
        _azure_side(folder, az.resolve(), clusters)
    finally:
        shutil.rmtree(folder)


def _azure_side(folder: Path, az: Path, clusters: list[int]) -> None:
    print(
        "Azure side of a migration: features, provider, issuer, webhook, one identity, one federated credential.\n"
        f"Emulated Azure; one long operation lasts {LONG_OPERATION_SECONDS:.0f} s. CPU and wall time of whole"
        " processes.\n"
    )
    print(f"{'way':<24}{'clusters':>9}{'requests':>10}{'CPU s':>9}{'wall s':>9}{'CPU s each':>12}{'MB':>7}")
    by_hand, requests = by_azure_cli(folder, az, 1)
    _row("az, by hand", 1, requests, by_hand)
    for count in clusters:
        ours, requests = by_collection(folder, count)
        _row("this collection", count, requests, ours)
        each = ours.cpu_seconds / count
        print(
            f"    CPU for each cluster: {each / by_hand.cpu_seconds:.2f} of az's; wall time:"
            f" {ours.wall_seconds / LONG_OPERATION_SECONDS:.2f} long operations"
        )


def _row(way: str, clusters: int, requests: int, cost: Cost) -> None:
    print(
        f"{way:<24}{clusters:>9}{requests:>10}{cost.cpu_seconds:>9.1f}{cost.wall_seconds:>9.1f}"
        f"{cost.cpu_seconds / clusters:>12.2f}{cost.largest_process_mb:>7.0f}",
        flush=True,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--clusters", type=int, nargs="+", default=[1, 10, 50], help="fleet sizes to measure")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=list(PARTS),
        help="what to measure; everything by default",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the emulated Azure: ``python -m lab.azure --state-dir DIR --world FILE``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.azure.effects import ClusterEffects
from lab.azure.seed import load_world
from lab.azure.server import serve


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    state: Path = options.state_dir.resolve()
    state.mkdir(parents=True, exist_ok=True)
    world = load_world(json.loads(options.world.read_text()))
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    address, port_file = state / "address.json", state / "port"
    port = options.port or (int(port_file.read_text()) if port_file.exists() else 0)
    with serve(
        world,
        state,
        speed=options.speed,
        port=port,
        exchanges=options.exchanges,
        effects_for=_real_clusters(options, state) if options.kubernetes_home else None,
    ) as azure:
        port_file.write_text(azure.url.rsplit(":", 1)[1])
        written = address.with_suffix(".new")
        written.write_text(json.dumps({"url": azure.url, "pid": os.getpid()}) + "\n")
        written.replace(address)
        logging.getLogger("lab.azure").info("serving at %s", azure.url)
        ended.wait()
    address.unlink(missing_ok=True)
    return 0


def _real_clusters(options: argparse.Namespace, state: Path) -> Callable[[str], ClusterEffects]:
    from lab.azure.cluster_effects import KubernetesEffects
    from lab.kubernetes.azure_environment import write_environment

    def make(url: str) -> ClusterEffects:
        environment = write_environment(state / "env.json", url, url)
        return KubernetesEffects(options.kubernetes_home.resolve(), options.tools.resolve(), environment)

    return make


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.azure", description=__doc__)
    parser.add_argument(
        "--state-dir", type=Path, required=True, help="certificates, address.json and the log"
    )
    parser.add_argument("--world", type=Path, required=True, help="JSON description of what there is")
    parser.add_argument(
        "--port", type=int, default=0, help="default: the port of the last run, else a free one"
    )
    parser.add_argument(
        "--exchanges", type=Path, help="the log; default: exchanges.jsonl in the state folder"
    )
    parser.add_argument(
        "--kubernetes-home", type=Path, help="folder of the control planes; default: in memory"
    )
    parser.add_argument("--tools", type=Path, help="folder of the programs, with --kubernetes-home")
    speed = float(os.environ.get("LAB_SPEED") or 1)
    parser.add_argument("--speed", type=float, default=speed, help="how much faster time runs (LAB_SPEED)")
    return parser


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m lab.toolchain build [program ...] | path``"""

from __future__ import annotations

import argparse
import sys

from lab.toolchain.building import BuildFailed, build
from lab.toolchain.cache import tools_folder
from lab.toolchain.go import GoMissing
from lab.toolchain.programs import PROGRAMS


def _line(text: str) -> None:
    print(text, flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.toolchain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="build what is missing and print the folder")
    building.add_argument("program", nargs="*", help=f"only these, of: {', '.join(p.path for p in PROGRAMS)}")
    commands.add_parser("path", help="print the folder of the binaries")
    chosen = parser.parse_args(arguments)
    if chosen.command == "path":
        _line(str(tools_folder()))
        return 0
    try:
        _line(str(build(tuple(chosen.program), _line)))
    except (BuildFailed, GoMissing, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

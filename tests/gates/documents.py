# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation, changelog, and what Galaxy's own importer says of the built collection."""

from __future__ import annotations

import re
import shutil

from gates.environments import CACHE
from gates.gate import Gate, Options, Outcome
from gates.process import Runner
from gates.tree import copy_collection

_IMPORTER_SETTINGS = """\
[galaxy-importer]
run_ansible_test = False
run_ansible_lint = True
offline_ansible_lint = True
check_changelog = True
check_required_tags = True
ansible_local_tmp = {temporary}
"""


def gates() -> list[Gate]:
    return [
        Gate("docs", "antsibull-docs, plugins and references", _docs),
        Gate("changelog", "antsibull-changelog lint", _changelog),
        Gate("importer", "galaxy-importer on the built tarball", _importer),
    ]


def _docs(runner: Runner, _options: Options) -> Outcome:
    place = CACHE / "docs"
    collection = copy_collection(place)
    done = runner.run(
        [
            "antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "self",
            "--disallow-unknown-collection-refs", "--check-extra-docs-refs", ".",
        ],
        cwd=collection,
        environment={"ANSIBLE_COLLECTIONS_PATH": str(place)},
    )  # fmt: skip
    return Outcome.of_command(done.returncode, done.output)


def _changelog(runner: Runner, _options: Options) -> Outcome:
    done = runner.run(["antsibull-changelog", "lint"])
    return Outcome.of_command(done.returncode, done.output)


def _importer(runner: Runner, _options: Options) -> Outcome:
    place = CACHE / "importer"
    shutil.rmtree(place, ignore_errors=True)
    collection = copy_collection(place)
    built = runner.run(["ansible-galaxy", "collection", "build", "--output-path", place], cwd=collection)
    tarballs = sorted(place.glob("*.tar.gz"))
    if built.returncode != 0 or not tarballs:
        return Outcome.of_command(built.returncode or 1, built.output)
    settings = place / "galaxy-importer.cfg"
    settings.write_text(_IMPORTER_SETTINGS.format(temporary=place / "tmp"))
    environment = {"GALAXY_IMPORTER_CONFIG": str(settings), "ANSIBLE_COLLECTIONS_PATH": "", "PYTHONPATH": ""}
    done = runner.run(
        ["python", "-m", "galaxy_importer.main", tarballs[0]], cwd=place, environment=environment
    )
    # The importer ends with success whatever it warns of; what it would show to users counts here.
    told = tuple(re.findall(r"^((?:ERROR|WARNING): .*)$", done.output, flags=re.MULTILINE))
    if done.returncode == 0 and not told:
        return Outcome(passed=1)
    return Outcome(
        failures=(f"{len(told)} warnings and errors; the first: {told[0]}" if told else "see the log",)
    )

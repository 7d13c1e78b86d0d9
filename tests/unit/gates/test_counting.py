# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the gates count, and that nothing which went wrong counts as passed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import __main__ as program
from gates import sanity
from gates.gate import Gate, Options, Outcome, Skip
from gates.process import Completed, Runner
from gates.pytests import read_report
from gates.report import Finished, summary

SANITY_OUTPUT = """\
Running sanity test "import" on Python 3.9
Running sanity test "import" on Python 3.13
Running sanity test "pep8"
ERROR: Found 1 pep8 issue(s) which need to be resolved:
ERROR: plugins/modules/x.py:24:5: E704: multiple statements on one line (def)
Running sanity test "yamllint"
WARNING: Skipping sanity test "compile" on Python 3.14 because it could not be found.
"""
SANITY_END = """\
FATAL: The 2 sanity test(s) listed below (out of 4) failed. See error output above for details.
import --python 3.9
pep8
"""
SANITY_WARNINGS_AGAIN = """\
WARNING: Reviewing previous 1 warning(s):
WARNING: Skipping sanity test "compile" on Python 3.14 because it could not be found.
"""
REPORT = """\
<testsuites><testsuite>
<testcase classname="unit.a" name="test_good"/>
<testcase classname="unit.a" name="test_bad"><failure message="no"/></testcase>
<testcase classname="unit.a" name="test_broken"><error message="no"/></testcase>
<testcase classname="unit.a" name="test_left_out"><skipped message="no lab"/></testcase>
</testsuite></testsuites>
"""


def test_a_sanity_test_counts_once_whatever_the_number_of_pythons() -> None:
    found = sanity.read_outcome(Completed(0, SANITY_OUTPUT))
    assert (found.passed, found.failures) == (3, ())
    assert found.skips == (Skip("sanity test compile", "on Python 3.14 because it could not be found."),)


def test_a_skip_told_again_at_the_end_counts_once() -> None:
    found = sanity.read_outcome(Completed(0, SANITY_OUTPUT + SANITY_WARNINGS_AGAIN))
    assert len(found.skips) == 1


def test_failed_sanity_tests_are_named() -> None:
    found = sanity.read_outcome(Completed(1, SANITY_OUTPUT + SANITY_END))
    assert found.passed == 1
    assert found.failures == ("import: 0 findings, see the log", "pep8: 1 findings, see the log")


def test_sanity_that_breaks_has_passed_nothing() -> None:
    found = sanity.read_outcome(Completed(1, SANITY_OUTPUT + "FATAL: Command failed\n"))
    assert found.passed == 0
    assert "Command failed" in found.failures[0]


def test_failures_and_errors_of_pytest_both_fail(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    found = read_report(report, Completed(1, ""))
    assert found.passed == 1
    assert found.failures == ("unit.a::test_bad", "unit.a::test_broken")
    assert found.skips == (Skip("unit.a::test_left_out", "no lab"),)


@pytest.mark.parametrize("report", [None, '<testsuites><testcase classname="a" name="b"/></testsuites>'])
def test_pytest_that_ends_with_an_error_never_counts_as_good(tmp_path: Path, report: str | None) -> None:
    path = tmp_path / "report.xml"
    if report is not None:
        path.write_text(report)
    assert read_report(path, Completed(3, "INTERNALERROR> x\n")).failures


def _broken(_runner: Runner, _options: Options) -> Outcome:
    raise OSError("no such tool")


@pytest.mark.parametrize("check", [_broken, lambda _runner, _options: Outcome()])
def test_a_gate_that_breaks_or_checks_nothing_has_failed(
    check: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gates.process.CACHE", tmp_path)
    (done,) = program.run([Gate("probe", "tries", check)], Options(), side_by_side=1)  # type: ignore[arg-type]
    assert done.outcome.failures


def test_the_last_line_counts_passed_failed_and_skipped() -> None:
    gate = Gate("probe", "tries", _broken)
    found = Outcome(
        passed=3, failures=("one",), skips=(Skip("x", "no Python 3.14"), Skip("y", "no Python 3.14"))
    )
    text = summary([Finished(gate, found, 2.0), Finished(gate, Outcome(passed=4), 1.0)], 3.0)
    assert text.splitlines()[-1] == "7 passed, 1 failed, 2 skipped"
    assert "no Python 3.14 (2 times" in text


def test_a_command_leaves_its_output_in_the_log_and_its_return_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gates.process.CACHE", tmp_path)
    runner = Runner("probe")
    done = runner.run(["python", "-c", "import sys; print('said'); sys.exit(7)"])
    assert (done.returncode, done.output, runner.last) == (7, "said\n", "said")
    assert "said" in runner.log.read_text()
    assert runner.run(["sleep", "30"], timeout=0.5).returncode != 0

from __future__ import annotations

import subprocess
import sys

import pytest

from ..outcome import Outcome, of_closing_line, of_pytest

TESTS = """
import unittest

class TestAll(unittest.TestCase):
    def test_good(self):
        pass

    def test_good_parts(self):
        for number in range(3):
            with self.subTest(number=number):
                pass

    def test_bad_part(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

    def test_bad(self):
        self.fail()

    @unittest.skip("not here")
    def test_skipped(self):
        pass
"""


pytestmark = pytest.mark.process


def _pytest(tmp_path, *arguments):
    """Run pytest on :data:`TESTS`; return its report and its exit code."""
    (tmp_path / "test_all.py").write_text(TESTS)
    report = tmp_path / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:odoo", f"--junit-xml={report}"]
        + ["test_all.py", *arguments],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    return report, done.returncode


def test_tests_are_counted_and_not_their_parts(tmp_path):
    assert of_pytest(*_pytest(tmp_path)) == Outcome(passed=2, failed=2, skipped=1)


def test_a_run_that_fails_without_a_failed_test_fails(tmp_path):
    report, _ = _pytest(tmp_path, "-k", "good")
    assert of_pytest(report, 3) == Outcome(passed=2, failed=1)


def test_a_run_that_cannot_start_fails(tmp_path):
    assert of_pytest(*_pytest(tmp_path, "test_gone.py")).failed == 1


def test_a_run_without_a_report_fails(tmp_path):
    assert of_pytest(tmp_path / "report.xml", 137) == Outcome(failed=1)


def test_a_closing_line_is_read_as_it_was_written():
    outcome = Outcome(passed=12, failed=3, skipped=1)
    assert of_closing_line(f"anything\n{outcome}\n", 1) == outcome


def test_a_part_that_says_nothing_fails():
    assert of_closing_line("", 0) == Outcome(failed=1)
    assert of_closing_line("Traceback ...\n", 1) == Outcome(failed=1)


def test_a_part_that_ends_badly_fails_whatever_it_said():
    assert of_closing_line("5 passed, 0 failed, 0 skipped\n", 2).failed == 1


def test_only_something_that_passed_makes_a_success():
    assert Outcome(passed=1).exit_code == 0
    assert Outcome().exit_code == 1
    assert Outcome(skipped=5).exit_code == 1
    assert (Outcome(passed=9) + Outcome(failed=1)).exit_code == 1

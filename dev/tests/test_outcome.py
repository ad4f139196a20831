from __future__ import annotations

from dev.outcome import Outcome, of_closing_line, of_pytest

REPORT = (
    '<testsuites><testsuite tests="{tests}" failures="{failures}" errors="{errors}"'
    ' skipped="{skipped}"/></testsuites>'
)


def _report(tmp_path, **counts):
    report = tmp_path / "report.xml"
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0} | counts
    report.write_text(REPORT.format(**counts))
    return report


def test_the_counts_of_pytest_are_read(tmp_path):
    report = _report(tmp_path, tests=10, failures=1, errors=2, skipped=3)
    assert of_pytest(report, 1) == Outcome(passed=4, failed=3, skipped=3)


def test_a_run_that_fails_without_a_failed_test_fails(tmp_path):
    assert of_pytest(_report(tmp_path, tests=4), 3) == Outcome(passed=4, failed=1)


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

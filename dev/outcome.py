"""What the parts of a test run say, and their sum."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """How many checks passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    @property
    def exit_code(self) -> int:
        """Zero when something was checked and nothing failed."""
        return 1 if self.failed or not self.passed else 0

    @classmethod
    def of_check(cls, succeeded: bool) -> Outcome:
        """Return the outcome of one check that passes or fails."""
        return cls(passed=1) if succeeded else cls(failed=1)


def of_pytest(report: Path, exit_code: int) -> Outcome:
    """Return what pytest reported, in its JUnit file.

    A run that failed without naming a test, because it was killed or could not
    start, counts as one failure, so that it can never pass unseen.
    """
    outcome = Outcome()
    if report.exists():
        # Cases are counted, not the suite's own sums, which include subtests.
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            kinds = {child.tag for child in case}
            if kinds & {"failure", "error"}:
                outcome += Outcome(failed=1)
            elif "skipped" in kinds:
                outcome += Outcome(skipped=1)
            else:
                outcome += Outcome(passed=1)
    if exit_code and not outcome.failed:
        outcome += Outcome(failed=1)
    return outcome


def of_closing_line(output: str, exit_code: int) -> Outcome:
    """Return the outcome in the last line of the output of a part.

    A part that ended badly without a failure in it counts as one failure.
    """
    lines = output.strip().splitlines() or [""]
    found = _CLOSING_LINE.fullmatch(lines[-1])
    outcome = Outcome(*map(int, found.groups())) if found else Outcome()
    if (exit_code or not found) and not outcome.failed:
        outcome += Outcome(failed=1)
    return outcome


_CLOSING_LINE = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")

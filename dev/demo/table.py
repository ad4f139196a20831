"""The table that the demonstration prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """What became of one document."""

    document: str
    panel: dict[str, Any]

    @property
    def validation(self) -> dict[str, Any]:
        return self.panel.get("validation") or {}

    @property
    def findings(self) -> str:
        """Codes of errors and warnings, those of the rules first."""
        shown = [
            finding["code"]
            for finding in self.validation.get("findings", ())
            if finding["severity"] != "information"
        ]
        return ", ".join(dict.fromkeys(shown)) or "-"


HEADINGS = ("Document", "Verdict", "Findings", "Tokens", "of it cached", "US$", "Time")


def print_table(rows: Sequence[Row], simulated: bool) -> None:
    """Print one line for each document, and the totals."""
    lines = [HEADINGS]
    if simulated:
        lines = [(*HEADINGS[:5], "US$ (simulated)", HEADINGS[6])]
    tokens = cached = duration = 0
    cost = 0.0
    for row in rows:
        validation = row.validation
        used = validation.get("tokens") or {"input": 0, "cached": 0, "output": 0}
        tokens += used["input"] + used["output"]
        cached += used["cached"]
        cost += validation.get("cost_usd") or 0
        duration += validation.get("duration_ms") or 0
        lines.append(
            (
                row.document,
                (validation.get("verdict") or "none").upper(),
                row.findings,
                f"{used['input'] + used['output']:,}",
                f"{used['cached']:,}",
                f"{validation.get('cost_usd') or 0:.6f}",
                f"{(validation.get('duration_ms') or 0) / 1000:.1f} s",
            )
        )
    total = (
        f"{len(rows)} documents",
        "",
        "",
        f"{tokens:,}",
        f"{cached:,}",
        f"{cost:.6f}",
        f"{duration / 1000:.1f} s",
    )
    widths = [max(len(line[i]) for line in [*lines, total]) for i in range(len(total))]
    rule = "  ".join("-" * width for width in widths)
    for number, line in enumerate([*lines, total]):
        if number in (1, len(lines)):
            print(rule)
        cells = [
            cell.rjust(width) if column > 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    if simulated:
        print("Answers, tokens and cost are simulated: no key was given.")

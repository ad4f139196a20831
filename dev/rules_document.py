"""Writes the table of rules in ``docs/rules.md`` from the registry.

``python3 -m dev.rules_document`` rewrites the table, ``--check`` only compares it.
"""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from pathlib import Path

from services.rules import RULEBOOK_VERSION, Rule, rules
from services.rules.document_types import KNOWN, SUPPORTED

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "rules.md"
_BEGIN = "<!-- rules: written by python3 -m dev.rules_document -->\n"
_END = "<!-- end of rules -->\n"
_HEAD = "| code | what must hold | leads to | types | since | needs | source |"
_SHORT = {"error": "reject", "warning": "review", "information": "send"}


def table() -> str:
    """Return the rules as Markdown, one table for each matter."""
    parts = [f"\n{len(rules())} rules."]
    for matter, members in groupby(rules(), key=lambda rule: rule.matter):
        parts.append(f"\n### {matter.replace('_', ' ').capitalize()}\n")
        parts.append(_HEAD)
        parts.append("| --- " * 7 + "|")
        parts.extend(_row(rule) for rule in members)
    return "\n".join(parts) + "\n\n"


def _row(rule: Rule) -> str:
    types = "all"
    if rule.types == KNOWN:
        types = "all, 70 71"
    elif rule.types is not None and rule.types != SUPPORTED:
        types = " ".join(sorted(rule.types, key=int))
    if rule.flow:
        types += f" ({'issued' if rule.flow == 'sale' else 'received'})"
    source = f"{rule.source} (secondary)" if rule.secondary_source else rule.source
    cells = (
        f"`{rule.code}`",
        rule.title,
        _SHORT[rule.severity.value],
        types,
        rule.valid_from.isoformat() if rule.valid_from else "",
        " ".join(sorted(rule.needs)),
        source,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def rewritten(text: str) -> str:
    """Return ``text`` with the table between its two marks renewed.

    :raises ValueError: when the marks are not there
    """
    before, begin, rest = text.partition(_BEGIN)
    _old, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT.name} has lost the marks around its table")
    return f"{before}{begin}{table()}{end}{after}"


def main() -> int:
    """Write or compare the document; return 1 when it is not up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    options = parser.parse_args()
    text = DOCUMENT.read_text(encoding="utf-8")
    new = rewritten(text)
    if not options.check:
        DOCUMENT.write_text(new, encoding="utf-8")
        print(f"{DOCUMENT.relative_to(ROOT)}: {RULEBOOK_VERSION}")
        return 0
    if new != text:
        print("docs/rules.md is old: run python3 -m dev.rules_document")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

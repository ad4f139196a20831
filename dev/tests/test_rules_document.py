from __future__ import annotations

import pytest

from .. import rules_document


def test_document_lists_the_rules_as_they_are() -> None:
    text = rules_document.DOCUMENT.read_text(encoding="utf-8")
    assert rules_document.rewritten(text) == text, "python3 -m dev.rules_document"


def test_every_rule_has_a_row() -> None:
    table = rules_document.table()
    for rule in rules_document.rules():
        assert table.count(f"| `{rule.code}` |") == 1


def test_lost_marks_are_told() -> None:
    with pytest.raises(ValueError, match="marks"):
        rules_document.rewritten("# Rules\n")

"""What the check of upgrades notices."""

import copy

import pytest

from ..upgrade import changed_panels, changed_rows

ROWS = {
    "account_ai_validation": {1: {"id": 1, "verdict": "review", "facts": "{}"}},
    "account_ai_finding": {4: {"id": 4, "code": "RUT_DV"}, 5: {"id": 5, "code": "X"}},
    "account_ai_usage": {7: {"id": 7, "cost_usd": 0.0003}},
}
FINDING = {
    "id": "4",
    "code": "RUT_DV",
    "severity": "error",
    "line": 0,
    "message": "The check digit is wrong.",
    "evidence": "1-1",
}
PANELS = [{"validation": {"verdict": "review", "stale": False, "findings": [FINDING]}}]


@pytest.fixture
def rows():
    return copy.deepcopy(ROWS)


@pytest.fixture
def panels():
    return copy.deepcopy(PANELS)


def test_the_same_is_no_change(rows, panels):
    assert changed_rows(ROWS, rows) == []
    assert changed_panels(PANELS, panels) == []


def test_more_is_no_change(rows, panels):
    rows["account_ai_disposition"] = {1: {"id": 1}}
    rows["account_ai_finding"][4]["dismissed"] = False
    panels[0]["validation"]["findings"][0]["dismissed"] = False
    panels[0]["validation"]["reviewer"] = None

    assert changed_rows(ROWS, rows) == []
    assert changed_panels(PANELS, panels) == []


def test_a_lost_row(rows):
    del rows["account_ai_finding"][5]
    assert changed_rows(ROWS, rows) == ["lost: account_ai_finding 5"]


def test_a_lost_table(rows):
    del rows["account_ai_usage"]
    assert changed_rows(ROWS, rows) == ["lost: account_ai_usage 7"]


def test_a_changed_column(rows):
    rows["account_ai_usage"][7]["cost_usd"] = 0.0
    (problem,) = changed_rows(ROWS, rows)
    assert "account_ai_usage 7, cost_usd" in problem


def test_a_lost_column(rows):
    del rows["account_ai_validation"][1]["facts"]
    (problem,) = changed_rows(ROWS, rows)
    assert "account_ai_validation 1, facts" in problem


def test_a_release_that_wrote_nothing(rows):
    rows["account_ai_usage"] = {}
    (problem,) = changed_rows(rows, rows)
    assert "account_ai_usage" in problem


def test_a_panel_that_became_stale(panels):
    panels[0]["validation"]["stale"] = True
    (problem,) = changed_panels(PANELS, panels)
    assert "stale" in problem


def test_a_panel_without_its_validation(panels):
    panels[0]["validation"] = None
    assert len(changed_panels(PANELS, panels)) == 3


def test_a_panel_with_another_finding(panels):
    panels[0]["validation"]["findings"][0]["evidence"] = ""
    assert changed_panels(PANELS, panels) == [
        "the panel of draft 0 shows other findings"
    ]

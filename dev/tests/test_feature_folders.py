from __future__ import annotations

import pytest

from .. import paths
from ..feature_folders import check


def test_the_addon_is_in_order():
    assert check(paths.CHECKOUT) == []


@pytest.mark.parametrize(
    "path",
    [
        "models/account_move.py",
        "models/running/run.py",
        "services/period.py",
        "services/helpers/period.py",
        "views/account_move_views.xml",
        "security/account_ai_security.xml",
        "static/src/dashboard/figures.js",
        "tests/test_stream.py",
        "static/tests/panel.test.js",
    ],
)
def test_what_is_in_no_folder_of_a_feature_is_found(tmp_path, path):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text("")
    (problem,) = check(tmp_path)
    assert problem.endswith(": in no folder of a feature")


@pytest.mark.parametrize(
    "path",
    [
        "models/__init__.py",
        "models/chat/account_ai_conversation.py",
        "services/claude/gateway.py",
        "security/ir.model.access.csv",
        "tests/rules/test_rules_dates.py",
        "static/tests/tours/review/review_tours.js",
    ],
)
def test_what_is_in_a_folder_of_a_feature_is_fine(tmp_path, path):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text("")
    assert check(tmp_path) == []

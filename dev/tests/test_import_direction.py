from __future__ import annotations

import pytest

from ..import_direction import check, circle, problems


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("services/rules/registry.py", "import odoo"),
        ("services/rules/registry.py", "from odoo import fields"),
        ("services/rules/registry.py", "def f():\n    from odoo.tools import sql"),
        ("services/rules/registry.py", "from ...models import account_move"),
        ("services/rules/registry.py", "from odoo.addons.account_ai.models import x"),
        ("services/rules/registry.py", "import account_ai.services"),
        ("services/rules/registry.py", "import anthropic"),
        ("services/rules/registry.py", "from dev import paths"),
        ("models/validation/account_move.py", "from anthropic import Anthropic"),
        ("models/validation/account_move.py", "from ...controllers import stream"),
        (
            "models/review/account_ai_review.py",
            "from odoo.addons.account_ai.wizards import x",
        ),
        ("models/validation/account_move.py", "from ... import wizards"),
        ("models/validation/account_move.py", "from ...tests import common"),
        ("models/validation/account_move.py", "from odoo.addons import account_ai"),
        ("wizards/consent.py", "from ..controllers import stream"),
        ("controllers/stream.py", "import anthropic.types"),
    ],
)
def test_an_import_that_points_up_is_found(path, source):
    (problem,) = problems(path, source)
    assert problem.startswith(f"{path}:{source.count(chr(10)) + 1}: ")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("services/claude/http/client.py", "import anthropic"),
        ("services/claude/http/client.py", "from .errors import ClaudeError"),
        ("services/rules/rulebook/dates.py", "from ...documents import document"),
        ("models/validation/account_move.py", "from odoo import models"),
        ("models/gateway/postgres/ledger.py", "from ...services.claude import ports"),
        (
            "models/validation/account_move.py",
            "from odoo.addons.account import models",
        ),
        ("models/common/res_company.py", "from .reading import rows"),
        ("wizards/consent.py", "from ..models import res_company"),
        ("controllers/stream.py", "from ..services import claude"),
        ("controllers/stream.py", "import json"),
    ],
)
def test_an_import_that_points_down_is_fine(path, source):
    assert problems(path, source) == []


def test_all_files_of_the_layers_are_read(tmp_path):
    deep = tmp_path / "services" / "rules" / "rulebook"
    deep.mkdir(parents=True)
    (deep / "dates.py").write_text("import odoo\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "common.py").write_text("import anthropic\n")
    assert check(tmp_path) == [
        "services/rules/rulebook/dates.py:1: imports odoo; services know no Odoo"
    ]


@pytest.mark.parametrize(
    "second",
    [
        "from .first import One",
        "from . import first",
        "from ...models.gateway import first",
        "from odoo.addons.account_ai.models.gateway.first import One",
        "def f():\n    from .first import One",
        "if TYPE_CHECKING:\n    from .first import One",
        "from .third import Three",
    ],
)
def test_a_circle_of_imports_is_found(tmp_path, second):
    folder = tmp_path / "models" / "gateway"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from . import first, second\n")
    (folder / "first.py").write_text("from .second import Two\n")
    (folder / "second.py").write_text(second)
    (folder / "third.py").write_text("from .first import One\n")
    (problem,) = circle(tmp_path)
    assert problem.startswith("imports in a circle: ")
    assert "models/gateway/first.py" in problem
    assert "models/gateway/second.py" in problem
    assert problem in check(tmp_path)


def test_what_two_modules_both_import_is_no_circle(tmp_path):
    folder = tmp_path / "services" / "rules"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from . import rates\nfrom .first import One\n")
    (folder / "first.py").write_text("from .third import Three\n")
    (folder / "second.py").write_text("from .first import One\nfrom . import third\n")
    (folder / "third.py").write_text("from datetime import date\n")
    assert circle(tmp_path) == []

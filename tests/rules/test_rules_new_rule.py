"""A new rule is one new file: nothing else is touched."""

import json
import shutil

from odoo.tests import BaseCase

from ..common.addon_copy import ADDON, copied_addon, run_python

FILE = "services/rules/rulebook/round_totals.py"
NEW_RULE = '''
"""Totals that nobody calculated."""

from ...common.translation import _
from ...validation.finding import Severity
from ..registry import Violation, rule


@rule(
    "TOTAL_ROUND",
    Severity.INFORMATION,
    message=_("The total %(total)s is a round sum."),
    advice=_("Check that it was calculated and not estimated."),
    source="Practice of accountants",
)
def round_total(document, context, rates):
    """The total is not a round sum."""
    total = document.totals.total
    if total and total % 1_000_000 == 0:
        yield Violation("MntTotal", params={"total": str(total)})
'''
FOUND = """
import json
from datetime import date
from decimal import Decimal
from dev.rules_document import table
from services.agents.registry import agent
from services.documents.context import Context
from services.documents.document import Document, Party, Totals
from services.rules import RULEBOOK_VERSION, shipped_rates
from services.validation.by_rules import judge_by_rules
from services.validation.kinds import kinds

def findings(total):
    document = Document("33", "sale", Party(), Party(), Totals(total=Decimal(total)))
    report = judge_by_rules(document, Context(date(2026, 11, 20)), shipped_rates())
    return [each.field for each in report.findings if each.code == "TOTAL_ROUND"]

print(json.dumps({
    "version": RULEBOOK_VERSION,
    "round": findings(3_000_000),
    "not round": findings(3_000_001),
    "settings": "TOTAL_ROUND" in kinds(),
    "document": table().count("| `TOTAL_ROUND` | The total is not a round sum. |"),
    "prompt": agent("dte").system("es")[1].count("round totals: TOTAL_ROUND"),
}))
"""


class TestAddARule(BaseCase):
    def test_one_file_adds_a_rule(self):
        if not (ADDON / "dev").exists():
            self.skipTest("the rules' document is in the addon's repository")
        root = copied_addon(self)
        (root / "dev").mkdir()
        for name in ("__init__.py", "rules_document.py"):
            shutil.copy(ADDON / "dev" / name, root / "dev")
        before = json.loads(run_python(root, FOUND))
        self.assertEqual(
            before,
            {
                **{"version": before["version"], "round": [], "not round": []},
                **{"settings": False, "document": 0, "prompt": 0},
            },
        )
        (root / FILE).write_text(NEW_RULE, encoding="utf-8")
        after = json.loads(run_python(root, FOUND))
        self.assertNotEqual(after.pop("version"), before["version"])
        self.assertEqual(
            after,
            {
                **{"round": ["MntTotal"], "not round": []},
                **{"settings": True, "document": 1, "prompt": 1},
            },
        )

"""A new operation in Odoo: one row of the table, and an update of the addon.

A database that was installed before is updated with a copy of the addon whose table has
one row more.
"""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

from odoo.tests import BaseCase, tagged

from ..common.addon_copy import ADDON
from .test_new_operation import add_operation

BEFORE = """
env.ref("base.main_company").account_ai_limit_validation = 13
"""
AFTER = """
import json
from odoo.addons.account_ai.services.claude.ports import Owner

new, company = "dunning_letter", env.ref("base.main_company")
gateways, budgets = env["account.ai.gateway"], env["account.ai.budget"]

def limit():
    return next(gateways._policy(company).windows(Owner(company.id, 2, new))).limit

def counted(operation):
    return [each["name"] for each in budgets._left(company, env.user, operation)]

told = {"kept": company.account_ai_limit_validation, "default": limit()}
for model in ("res.config.settings", "account.ai.company.settings"):
    fields = env[model].get_view(view_type="form")["models"][model]
    told[model] = [name for name in fields if name.endswith(f"limit_{new}")]
dialog = {"company_id": company.id, f"limit_{new}": 2}
env["account.ai.company.settings"].create(dialog).action_apply()
told["set"] = limit()
page = env["res.config.settings"].create({f"account_ai_limit_{new}": 4})
page.execute()
told["set on the page"] = limit()
settings = gateways._settings(company, new)
told["asked"] = [settings.model, settings.effort]
told["known models"] = env["account.ai.model"].search_count(
    [("model", "=", settings.model)]
)
budgets.create({
    "name": "Letters", "scope": "operation", "operation": new, "amount": 1,
    "company_id": company.id,
})
env.cr.commit()
told["budget"] = [counted(new), counted("chat")]
told["label"] = budgets._operation_labels()[new]
print("told", json.dumps(told))
"""


@tagged("post_install", "-at_install")
class TestNewOperationInOdoo(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            from dev import addon_folder
        except ImportError as error:
            raise unittest.SkipTest("the development tools are not here") from error
        from ..common.server import copied_database

        cls.prepared, cls.database = cls.enterClassContext(copied_database("operation"))
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        addon = cls.folder / addon_folder.NAME
        addon.mkdir()
        for name in addon_folder.SHIPPED:
            if name != "services" and (ADDON / name).exists():
                (addon / name).symlink_to(ADDON / name)
        shutil.copytree(
            ADDON / "services",
            addon / "services",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        add_operation(addon)

    def test_a_row_and_an_update_are_enough(self):
        self.prepared.run_script(self.database, BEFORE)
        changed = self.prepared.with_addons(self.folder, self.folder / "odoo.conf")
        changed.update(self.database, ["account_ai"])
        printed = changed.run_script(self.database, AFTER)
        line = next(each for each in printed.splitlines() if "told " in each)
        self.assertEqual(
            json.loads(line.split("told ", 1)[1]),
            {
                "kept": 13,
                "default": 7,
                "res.config.settings": ["account_ai_limit_dunning_letter"],
                "account.ai.company.settings": ["limit_dunning_letter"],
                "set": 2,
                "set on the page": 4,
                "asked": ["claude-sonnet-5-5", "low"],
                "known models": 1,
                "budget": [["Letters"], []],
                "label": "Dunning letters",
            },
        )

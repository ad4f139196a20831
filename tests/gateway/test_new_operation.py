"""Operations stand in one table, and everything else is made from it."""

from odoo.tests import BaseCase, Form, tagged

from odoo.addons.account_ai.services.claude.operations import LIMITED, OPERATIONS

from ..common.addon_copy import copied_addon, run_python
from ..common.common import AccountAiCase

TABLE = "services/claude/operations.py"
END = ")\n\nLIMITED ="
ROW = """    Operation(
        name="dunning_letter",
        label="Dunning letters",
        model=_SONNET,
        effort="low",
        fallback_models=(_SONNET,),
        limit_label="Dunning Letters per Minute",
        limit_per_minute=7,
    ),
"""
SCRIPT = """
from services.claude.operations import LIMITED, operation
from services.claude.policy import Policy
from services.claude.ports import Owner

new = operation("dunning_letter")
assert new in LIMITED and new.limit_field == "account_ai_limit_dunning_letter"
policy = Policy()
(window,) = policy.windows(Owner(1, 2, "dunning_letter"))
assert window.limit == 7, window
assert policy.answer_ttl("dunning_letter") == 900.0
print("known")
"""


def add_operation(root):
    """Write one more row into the table of a copied addon; nothing else changes."""
    table = root / TABLE
    text = table.read_text(encoding="utf-8")
    if text.count(END) != 1:
        raise AssertionError(f"{TABLE} does not end its table as expected")
    table.write_text(text.replace(END, f"{ROW}{END}"), encoding="utf-8")


@tagged("post_install", "-at_install")
class TestNewOperation(BaseCase):
    def test_a_row_is_enough(self):
        """Limits and models know an operation that is written into the table."""
        root = copied_addon(self)
        add_operation(root)
        self.assertEqual(run_python(root, SCRIPT).strip(), "known")


@tagged("post_install", "-at_install")
class TestOperations(AccountAiCase):
    """Odoo's side is made from the table, row by row."""

    uses_simulator = False
    uses_accounting = False

    def test_each_that_people_start_has_a_limit_everywhere(self):
        dialog = Form(
            self.env["account.ai.company.settings"]
            .with_user(self.manager)
            .with_company(self.company)
        )
        settings = self.env["res.config.settings"].get_view(view_type="form")["arch"]
        for number, each in enumerate(LIMITED, start=3):
            with self.subTest(each.name):
                self.assertEqual(self.company[each.limit_field], each.limit_per_minute)
                self.assertIn(f'name="{each.limit_field}"', settings)
                dialog[f"limit_{each.name}"] = number
        dialog.save().action_apply()
        policy = self.env["account.ai.gateway"]._policy(self.company)
        self.assertEqual(
            policy.limits_per_minute,
            {
                **{each.name: each.limit_per_minute for each in OPERATIONS},
                **{each.name: number for number, each in enumerate(LIMITED, start=3)},
            },
        )

    def test_each_can_have_a_budget_and_is_named_on_the_dashboard(self):
        names = {each.name: each.label for each in OPERATIONS}
        budgets = self.env["account.ai.budget"]
        self.assertEqual(dict(budgets._fields["operation"].selection), names)
        self.assertEqual(budgets._operation_labels(), names)

    def test_each_asks_its_own_model(self):
        """What a company chose for validations is not asked in a chat."""
        self.company.write(
            {"account_ai_model": "claude-opus-5-5", "account_ai_effort": "high"}
        )
        gateways = self.env["account.ai.gateway"]
        for each in OPERATIONS:
            settings = gateways._settings(self.company, each.name)
            expected = (each.model, each.effort)
            if each.name == "validation":
                expected = ("claude-opus-5-5", "high")
            self.assertEqual((settings.model, settings.effort), expected, each.name)

    def test_each_has_a_successor_when_its_model_retires(self):
        catalogue = self.env["account.ai.model"]
        catalogue._ensure_defaults()
        chat = next(each for each in OPERATIONS if each.name == "chat")
        model = catalogue.search([("model", "=", chat.model)])
        model.write({"lifecycle": "retired"})
        settings = self.env["account.ai.gateway"]._settings(self.company, "chat")
        self.assertEqual(settings.replaced_model, chat.model)
        self.assertEqual(settings.model, chat.fallback_models[1])

    def test_an_unknown_one_is_a_programming_error(self):
        with self.assertRaises(KeyError):
            self.env["account.ai.gateway"]._settings(self.company, "no_such_operation")

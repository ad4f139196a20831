"""Budgets that reserve a bound: dense texts never pass them, ordinary ones fit."""

import base64
import math
from dataclasses import replace
from decimal import Decimal

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.models.validation.account_ai_validation_begin import (
    ValidationRequest,
)
from odoo.addons.account_ai.models.validation.running.execution import admit
from odoo.addons.account_ai.services.claude.admitting import PlannedCall
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.money.estimate import worst_case
from odoo.addons.account_ai.services.claude.money.measure import Measure
from odoo.addons.account_ai.services.costs.budget_proposal import proposed_month_usd

from ..costs.usage_rows import insert_usage
from ..validation.validation_case import ValidationCase

DENSE_LINES = (
    "设备租赁合同第二期付款说明" * 12,
    "8374629105" * 20,
    base64.b64encode(bytes(range(150))).decode(),
    "👩🏽‍🔧🧾💸" * 20,
)


def worst_until_now(request):
    """Return what was reserved before there was a bound: 2.5 characters a token."""
    tokens = math.ceil(len(request.body()) / 2.5) + 400
    return worst_case(request, tokens)[0]


@tagged("post_install", "-at_install")
class TestBudgetBound(ValidationCase):
    def setUp(self):
        super().setUp()
        self.control = self.simulator.control
        self.company.account_ai_limit_validation = 1000

    def counts(self):
        return self.control.requests(endpoint="count_tokens")

    def budget(self, amount, **values):
        budget = self.env["account.ai.budget"].create(
            {"name": "Limit", "company_id": self.company.id, "amount": amount, **values}
        )
        self.env.flush_all()
        self.env["account.ai.gateway"]._backend().prepare_budgets()
        return budget

    def moves(self, count, texts=("Arriendo de grúa, 2 días, según cotización",)):
        for number in range(count):
            text = texts[number % len(texts)]
            yield self.create_move([(f"{text} {number}", 90_000 + number)])

    def test_dense_documents_never_pass_the_budget(self):
        self.control.settings(tokens_per_character=1.2)
        budget = self.budget(0.012)
        refused = 0
        for move in self.moves(24, DENSE_LINES):
            validation = self.validate(move)
            refused += validation.degraded_code == "budget"
        self.assertGreater(refused, 2, "calls were refused")
        usages = self.usages()
        self.assertGreater(len(usages), 3)
        for usage in usages:
            self.assertLessEqual(usage.cost_usd, usage.worst_case_usd)
            self.assertFalse(usage.overrun_usd)
        self.assertLessEqual(budget.spent, budget.amount)
        self.assertLessEqual(Decimal(self.control.usage()["usd"]), Decimal("0.012"))
        self.assertFalse(
            self.env["account.ai.alert"].search([("kind", "=", "overrun")])
        )

    def test_as_many_ordinary_documents_fit_as_before(self):
        """None of them is settled: what counts is what is reserved."""
        self.budget(0.05)
        admitted, before = 0, Decimal(0)
        fitted_before = 0
        for move in self.moves(30):
            opened = self.start(move).opened
            before += worst_until_now(opened.request)
            fitted_before += before <= Decimal("0.05")
            admitted += self.admitted(opened)
        self.assertGreater(fitted_before, 10)
        self.assertLess(fitted_before, 30)
        self.assertGreaterEqual(admitted, fitted_before)

    def admitted(self, opened):
        """Return whether the call of a run passes."""
        try:
            admit(opened)
        except ClaudeError as error:
            self.assertEqual(error.code, "budget")
            return False
        return True

    def test_an_overrun_is_on_its_row_and_told_once(self):
        """However it came to it: here too little was reserved on purpose."""
        budget = self.budget(5)
        for move in self.moves(2):
            opened = self.start(move).opened
            request = replace(opened.request, max_tokens=50)
            measure = Measure(request.body(), 1)
            planned = PlannedCall(request, opened.owner, opened.call_key, measure)
            (admission,) = opened.gateway.admit_all([planned])
            result = opened.gateway.call(admission)
            opened.gateway.settle(admission, result)
            opened.gateway.settle(admission, result)
        self.synchronize()
        usages = self.usages()
        self.assertEqual(len(usages), 2)
        for usage in usages:
            over = usage.cost_usd - usage.worst_case_usd
            self.assertAlmostEqual(usage.overrun_usd, over, places=8)
            self.assertGreater(over, 0)
        self.assertAlmostEqual(budget.spent, sum(usages.mapped("cost_usd")), places=4)
        alert = self.env["account.ai.alert"].search([("kind", "=", "overrun")])
        self.assertEqual(alert.company_id, self.company)
        self.assertIn("claude-haiku-5-5", alert.message)

    def test_a_prompt_is_counted_once_and_kept(self):
        first, second, third = self.moves(3)
        self.validate(first)
        self.assertEqual(len(self.counts()), 1)
        count = self.env["account.ai.prompt.count"].search([])
        self.assertEqual(len(count), 1)
        self.assertEqual(count.model, "claude-haiku-5-5")
        self.validate(second)
        self.env.registry.clear_cache()  # as another process
        self.validate(third)
        self.assertEqual(len(self.counts()), 1)
        worst = self.usages().mapped("worst_case_usd")
        self.assertLess(max(worst), 0.0045)

    def test_far_from_a_wall_nobody_is_asked(self):
        first, second = self.moves(2)
        self.validate(first)
        self.budget(50)
        self.validate(second)
        self.assertEqual(len(self.counts()), 1, "only the prompt, once")

    def test_a_soft_budget_asks_nobody(self):
        first, second = self.moves(2)
        self.validate(first)
        self.budget(0.004, limit_type="soft")
        self.validate(second)
        self.assertEqual(len(self.counts()), 1)

    @mute_logger("odoo.addons.account_ai.services.claude.http.log")
    def test_without_a_count_the_wall_holds_all_the_same(self):
        self.control.settings(tokens_per_character=1.2)
        self.control.fault("overloaded", times=99, match={"endpoint": "count_tokens"})
        budget = self.budget(0.02)
        for move in self.moves(6, DENSE_LINES):
            self.validate(move)
        self.assertLessEqual(budget.spent, budget.amount)
        self.assertTrue(self.usages())

    def test_the_queue_reserves_the_same(self):
        screen, queued = self.moves(2)
        runs = []
        for move, lane in ((screen, "screen"), (queued, "queue")):
            validations = self.env(user=self.accountant)["account.ai.validation"]
            request = ValidationRequest(move.id, f"run-{lane}", lane=lane)
            runs += validations._open_all([request])
        for opened in runs:
            self.assertTrue(self.admitted(opened))
        worst = self.usages().mapped("worst_case_usd")
        self.assertAlmostEqual(*worst, places=6)


@tagged("post_install", "-at_install")
class TestCeiling(ValidationCase):
    def test_a_manager_sets_a_ceiling_and_dear_calls_are_refused(self):
        settings = self.env["account.ai.company.settings"].with_user(self.manager)
        dialog = settings.with_company(self.company).create({"max_call_usd": 0.0025})
        dialog.action_apply()
        self.assertEqual(self.company.account_ai_max_call_usd, 0.0025)
        validation = self.validate(self.create_move())
        self.assertEqual(validation.degraded_code, "too_dear")
        self.assertIn("US$0.0025", validation.degraded_message)
        self.env["res.lang"]._activate_lang("es_CL")
        in_spanish = validation.with_context(lang="es_CL")
        self.assertIn("US$0,0025", in_spanish.degraded_message)
        self.assertFalse(self.calls())
        self.assertFalse(self.usages())
        dialog = settings.with_company(self.company).create({"max_call_usd": 0})
        dialog.action_apply()
        validation = self.validate(self.create_move([("Arriendo de grúa", 90_000)]))
        self.assertFalse(validation.degraded_code)

    def test_none_by_default(self):
        policy = self.env["account.ai.gateway"]._policy(self.company)
        self.assertIsNone(policy.max_call_usd)

    def test_it_is_not_below_zero(self):
        with self.assertRaises(ValidationError):
            self.company.account_ai_max_call_usd = -1


@tagged("post_install", "-at_install")
class TestBudgetProposal(ValidationCase):
    uses_simulator = False

    def book(self, cost="0.02", **values):
        values.setdefault("company_id", self.company.id)
        insert_usage(
            self.env.cr, cost_usd=cost, opened_at=fields.Datetime.now(), **values
        )

    def alerts(self):
        self.env["account.ai.budget"]._cron_propose()
        self.env.invalidate_all()
        return self.env["account.ai.alert"].search([("kind", "=", "no_budget")])

    def test_a_company_without_any_budget_is_told_once(self):
        self.book()
        alert = self.alerts()
        self.assertEqual(alert.company_id, self.company)
        self.assertIn(self.company.name, alert.message)
        self.assertIn("US$5.00", alert.message)
        self.book()
        self.assertEqual(self.alerts(), alert)

    def test_who_does_not_pay_or_has_a_budget_is_not_told(self):
        self.book(simulated=True)
        self.book(cost="0", from_store=True)
        self.book(state="open")
        self.assertFalse(self.alerts())
        self.env["account.ai.budget"].create(
            {"name": "All", "company_id": False, "amount": 9}
        )
        self.book()
        self.assertFalse(self.alerts())

    def test_the_proposal_opens_as_a_budget_filled_in(self):
        self.book("3.10")
        alert = self.alerts().with_user(self.manager)
        self.assertTrue(alert.proposes_budget)
        action = alert.action_propose_budget()
        budgets = self.env[action["res_model"]].with_user(self.manager)
        budget = budgets.with_context(**action["context"]).create({})
        self.assertEqual(
            (budget.amount, budget.company_id, budget.period, budget.limit_type),
            (10, self.company, "month", "hard"),
        )
        self.env.invalidate_all()
        self.assertFalse(alert.proposes_budget)

    def test_it_is_for_administrators(self):
        self.book()
        alert = self.alerts()
        with self.assertRaises(AccessError):
            alert.with_user(self.accountant).action_propose_budget()

    def test_figures_by_hand(self):
        for spent, calls, documents, amount in (
            ("0.004", 1, 0, 5),
            ("0.004", 1, 1000, 10),  # 4 US$ a month, and as much again
            ("0.4", 100, 100_000, 1000),  # 800
            ("26", 10, 1, 100),  # 52
            ("25", 10, 1, 50),
            ("0", 0, 50, 5),
        ):
            with self.subTest(spent=spent, documents=documents):
                proposed = proposed_month_usd(Decimal(spent), calls, Decimal(documents))
                self.assertEqual(proposed, amount)

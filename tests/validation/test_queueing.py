"""The dialog before many documents are queued: what it costs, what becomes of it."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import config

from odoo.addons.account_ai.models.validation import (
    account_ai_queue_forecast as forecasts,
)
from odoo.addons.account_ai.services.claude.money.forecast import seconds_for

from .validation_case import ValidationCase


@tagged("post_install", "-at_install")
class TestQueueing(ValidationCase):
    def create_moves(self, count, words=1):
        moves = self.env["account.move"]
        for days in range(2, count + 2):
            text = f"Arriendo de grúa, {days} días " * words
            moves += self.create_move([(text, 90_000)])
        return moves

    def open(self, moves, user=None):
        """Return the dialog that the list's action opens."""
        self.synchronize()
        moves = moves.with_user(user or self.accountant)
        action = moves.action_account_ai_queue()
        self.assertEqual(action["target"], "new")
        return moves.env[action["res_model"]].browse(action["res_id"])

    def budget(self, amount, **values):
        """Set a budget of the company in US$, counted from now."""
        budget = self.env["account.ai.budget"].create(
            {"name": "Noviembre", "amount": amount, "tz": "UTC", **values}
        )
        self.env.flush_all()
        self.env["account.ai.gateway"]._backend().prepare_budgets()
        return budget

    # === DOCUMENTS === #

    def test_it_queues_nothing_by_itself(self):
        moves = self.create_moves(2)
        dialog = self.open(moves)
        validations = self.env["account.ai.validation"]
        self.assertEqual(dialog.document_count, 2)
        self.assertFalse(validations.search_count([]))
        dialog.action_confirm()
        queued = validations.search([])
        self.assertEqual(queued.move_id, moves)
        self.assertEqual(queued.user_id, self.accountant)

    def test_what_is_left_out_is_said(self):
        moves = self.create_moves(4)
        self.validate(moves[0])
        self.open(moves[1]).action_confirm()
        entry = self.env["account.move"].create({"move_type": "entry"})
        dialog = self.open(moves + entry)
        self.assertEqual(dialog.document_count, 2)
        self.assertEqual(dialog.fresh_count, 1)
        self.assertEqual(dialog.waiting_count, 1)
        self.assertEqual(dialog.not_available_count, 1)
        self.assertEqual(dialog.not_readable_count, 0)
        dialog.action_confirm()
        self.assertEqual(self.env["account.ai.validation"].search_count([]), 4)

    def test_what_somebody_may_not_read_is_left_out_and_counted(self):
        moves = self.create_moves(2)
        self.env["ir.rule"].create(
            {
                "name": "One is hidden",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "domain_force": f"[('id', '!=', {moves[0].id})]",
            }
        )
        dialog = self.open(moves)
        self.assertEqual((dialog.document_count, dialog.not_readable_count), (1, 1))

    def test_nothing_to_validate(self):
        move = self.create_move()
        self.validate(move)
        with self.assertRaises(UserError):
            self.open(move)

    def test_what_was_queued_meanwhile_is_not_queued_again(self):
        moves = self.create_moves(2)
        first, second = self.open(moves), self.open(moves)
        first.action_confirm()
        with self.assertRaises(UserError):
            second.action_confirm()
        self.assertEqual(self.env["account.ai.validation"].search_count([]), 2)

    def test_it_is_for_who_may_validate(self):
        with self.assertRaises(AccessError):
            self.open(self.create_moves(1), user=self.plain_accountant)

    def test_a_colleague_does_not_see_it(self):
        dialog = self.open(self.create_moves(1))
        colleague = self.other_accountant
        with self.assertRaises(AccessError):
            dialog.with_user(colleague).action_confirm()

    # === COST === #

    def test_the_worst_cost_is_what_admitting_all_reserves(self):
        moves = self.create_moves(3, words=4)
        self.validate(self.create_moves(1)[0])  # the prompt is counted once
        dialog = self.open(moves)
        reserved = tokens = 0
        for move in moves:
            opened = self.start(move).opened
            call = opened.gateway.admit(
                opened.request, opened.owner, f"{opened.run_uuid}:1"
            ).call
            reserved += call.worst_case_usd
            tokens += call.estimated_input
        self.assertAlmostEqual(dialog.worst_usd, float(reserved), 6)
        self.assertEqual(dialog.tokens, tokens)

    def test_without_history_the_price_list_says_what_is_expected(self):
        dialog = self.open(self.create_moves(3))
        self.assertFalse(dialog.is_measured)
        self.assertFalse(dialog.is_sampled)
        self.assertGreater(dialog.expected_usd, 0)
        self.assertLess(dialog.expected_usd, dialog.worst_usd / 3)

    def test_with_history_it_is_the_mean_of_the_latest_validations(self):
        moves = self.create_moves(5)
        for move in moves[:3]:
            self.validate(move)
        self.assertEqual(len(self.usages([("state", "=", "settled")])), 3)
        for number, usage in enumerate(self.usages()):
            cost = [0.001, 0.002, 0.003][number]
            self.env.cr.execute(
                "UPDATE account_ai_usage SET cost_usd = %s WHERE id = %s",
                [cost, usage.id],
            )
        with patch.object(forecasts, "_ENOUGH_CALLS", 3):
            dialog = self.open(moves)
        self.assertTrue(dialog.is_measured)
        self.assertEqual(dialog.document_count, 2)
        self.assertAlmostEqual(dialog.expected_usd, 2 * 0.002, 6)

    def test_other_companies_and_models_do_not_count_as_history(self):
        moves = self.create_moves(3)
        for move in moves[:2]:
            self.validate(move)
        usages = self.usages()
        values = {0: ("company_id", self.other_company.id), 1: ("model", "claude-x")}
        for number, (column, value) in values.items():
            self.env.cr.execute(
                f"UPDATE account_ai_usage SET {column} = %s WHERE id = %s",
                [value, usages[number].id],
            )
        with patch.object(forecasts, "_ENOUGH_CALLS", 1):
            self.assertFalse(self.open(moves).is_measured)

    def test_many_documents_are_read_as_a_sample(self):
        moves = self.create_moves(7)
        whole = self.open(moves)
        with patch.object(forecasts, "_SAMPLE", 3):
            sampled = self.open(moves)
        self.assertTrue(sampled.is_sampled)
        self.assertEqual(sampled.document_count, 7)
        self.assertAlmostEqual(sampled.tokens / whole.tokens, 1, delta=0.05)
        self.assertAlmostEqual(sampled.worst_usd / whole.worst_usd, 1, delta=0.05)

    def test_documents_that_are_too_large_are_counted(self):
        self.company.account_ai_max_input_tokens = 10_000
        lines = [(f"Servicio {number} " + "x" * 900, 1_000) for number in range(40)]
        large = self.create_move(lines)
        dialog = self.open(large + self.create_moves(1))
        self.assertEqual((dialog.document_count, dialog.too_large_count), (2, 1))

    def test_without_consent_only_the_rules_answer(self):
        self.company._account_ai_withdraw_consent()
        dialog = self.open(self.create_moves(1))
        self.assertTrue(dialog.refusal)
        self.assertEqual((dialog.worst_usd, dialog.tokens), (0, 0))

    def test_costs_in_the_companys_currency_need_a_rate(self):
        moves = self.create_moves(1)
        dollar = self.env.ref("base.USD")
        dollar.rate_ids.unlink()
        self.assertFalse(self.open(moves).company_currency_id)
        dollar.rate_ids = [Command.create({"name": "2020-01-01", "rate": 1 / 900})]
        dialog = self.open(moves)
        self.assertEqual(dialog.company_currency_id, self.company.currency_id)
        self.assertAlmostEqual(dialog.worst_company, dialog.worst_usd * 900, delta=1)

    # === BUDGETS === #

    def test_what_is_left_of_the_budgets(self):
        moves = self.create_moves(4)
        worst = self.open(moves).worst_usd
        expected = self.open(moves).expected_usd
        for amount, fit, fitting in (
            (worst + 0.01, "yes", 4),
            (expected + 0.001, "at_most", 4),
            (expected / 2, "no", 2),
        ):
            with self.subTest(fit):
                budget = self.budget(amount)
                dialog = self.open(moves)
                self.assertEqual(dialog.fit, fit)
                self.assertAlmostEqual(dialog.fitting_count, fitting, delta=1)
                line = dialog.budget_ids
                self.assertEqual((line.name, line.currency), ("Noviembre", "USD"))
                self.assertAlmostEqual(line.left, amount, 3)
                self.assertEqual(line.fit, fit)
                budget.active = False

    def test_a_budget_that_only_warns_refuses_nothing(self):
        self.budget(0.0001, limit_type="soft")
        dialog = self.open(self.create_moves(1))
        self.assertEqual(dialog.fit, "yes")
        self.assertEqual(dialog.budget_ids.fit, "no")

    # === TIME === #

    def test_how_long_calls_take(self):
        self.assertEqual(seconds_for(0, 4.0, 3, 300), 0)
        self.assertEqual(seconds_for(1, 4.0, 3, 300), 4)
        self.assertEqual(seconds_for(30, 4.0, 3, 300), 40)
        self.assertEqual(seconds_for(30, 4.0, 1, 300), 120)
        self.assertEqual(seconds_for(30, 4.0, 3, 10), 120)

    def test_the_time_follows_from_latency_and_queue(self):
        moves = self.create_moves(3)
        forecast = self.env["account.ai.queue.forecast"]

        def seconds():
            self.synchronize()
            return forecast._forecast(moves[1:])[0].seconds

        with patch.dict(config.options, {"max_cron_threads": 1}):
            self.validate(moves[0])
            self.env.cr.execute("UPDATE account_ai_usage SET latency_ms = 9700")
            self.assertEqual(seconds(), 20)
            self.env.cr.execute(
                """UPDATE account_ai_usage SET opened_at = opened_at - %s""",
                [timedelta(days=100)],
            )
            self.assertEqual(seconds(), 9, "what was long ago says nothing")
            self.open(self.create_moves(2)).action_confirm()
            self.assertEqual(seconds(), 18, "others stand before them")
        with patch.dict(config.options, {"max_cron_threads": 2}):
            self.assertEqual(seconds(), 9)

    def test_it_says_when_claude_takes_no_calls(self):
        moves = self.create_moves(1)
        self.assertFalse(self.open(moves).pause)
        with self.env["account.ai.gateway"]._backend().transaction() as transaction:
            transaction.circuit.failed(self.simulator.base_url, 600.0)
        self.assertIn("10 minutes", self.open(moves).pause)

    def test_no_network_and_few_queries(self):
        moves = self.create_moves(12)
        self.open(moves[:2])
        self.simulator.control.reset()

        def queries(some):
            self.synchronize()
            before = self.env.cr.sql_log_count
            self.open(some)
            return self.env.cr.sql_log_count - before

        few = queries(moves[:3])
        self.assertLessEqual(queries(moves), few + 12)
        self.assertEqual(self.simulator.control.requests(), [])

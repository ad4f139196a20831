from odoo.tests import tagged

from ..common.common import AccountAiHttpCase
from ..validation.validation_case import ValidationMixin


@tagged("post_install", "-at_install")
class TestToursLimits(ValidationMixin, AccountAiHttpCase):
    """What somebody sees who is refused, and before many documents are queued."""

    def admit_another(self):
        """Let a call pass that is under way from then on; return it."""
        other = self.create_move([("Arriendo de grúa, 2 días", 90_000)])
        opened = self.start(other).opened
        return opened.gateway.admit(
            opened.request, opened.owner, f"{opened.run_uuid}:1"
        ).call

    def start_on(self, move, tour):
        self.synchronize()
        self.start_tour(
            f"/odoo/customer-invoices/{move.id}", tour, login=self.accountant.login
        )
        self.synchronize()

    def test_refused_by_a_budget(self):
        amount = float(self.admit_another().worst_case_usd) * 1.5  # one fits
        self.env["account.ai.budget"].create(
            {"name": "Noviembre", "amount": amount, "period": "month", "tz": "UTC"}
        )
        self.env.flush_all()
        self.env["account.ai.gateway"]._backend().prepare_budgets()
        move = self.create_move()

        self.start_on(move, "account_ai_refused_by_budget")

        self.assertEqual(move.account_ai_validation_id.degraded_code, "budget")
        self.assertFalse(self.calls())

    def test_refused_by_a_limit_and_left_to_the_queue(self):
        self.company.account_ai_limit_validation = 1
        self.admit_another()
        move = self.create_move()

        self.start_on(move, "account_ai_refused_by_limit")

        waiting = self.env["account.ai.validation"].search([("state", "=", "queued")])
        self.assertEqual(waiting.move_id, move)
        self.assertEqual(waiting.user_id, self.accountant)

    def queue_many(self, tour):
        """Go through ``tour`` on a list of three invoices; return them and what is
        queued."""
        moves = self.env["account.move"]
        for days in range(2, 5):
            moves += self.create_move([(f"Arriendo de grúa, {days} días", 90_000)])
        self.synchronize()
        self.start_tour("/odoo/customer-invoices", tour, login=self.accountant.login)
        self.synchronize()
        validations = self.env["account.ai.validation"]
        return moves, validations.search([("state", "=", "queued")])

    def test_queue_many(self):
        moves, queued = self.queue_many("account_ai_queue_many")
        self.assertEqual(queued.move_id, moves)

    def test_queue_many_after_all_not(self):
        _moves, queued = self.queue_many("account_ai_queue_many_after_all_not")
        self.assertFalse(queued)

"""What budgets of every backend must do; run for each one by a test class.

A class mixes this in beside :class:`~.backend_contract.BackendContract`, and gives
``make_budget(amount, period, hard, operation)``, too.
"""

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.ports import NotPrepared


class BudgetContract:
    """Mixed into a test case; ``self.backend`` is the backend under test."""

    def make_budget(self, amount, period="month", hard=True, operation=None):
        """Add a budget in US$ of the calls of the company, or of one operation."""
        raise NotImplementedError

    # === HELPERS === #

    def _reserve(self, key, worst_case="1", operation="validation"):
        """Book a call and reserve it, as the gateway does; false when refused."""

        def reserve(transaction):
            call = self._call(key, worst_case, operation)
            transaction.budget.reserve_all(
                [(call, *transaction.ledger.open_all([call]))]
            )

        for _attempt in range(2):
            try:
                self._in_transaction(reserve)
                return True
            except NotPrepared as unprepared:
                unprepared.prepare()
            except ClaudeError as error:
                self.assertEqual(error.code, "budget")
                return False
        return self.fail("budgets stay unprepared")

    def _settle(self, key, state, cost):
        def settle(transaction):
            settlement = self._settlement(state, cost)
            closing = transaction.ledger.settle(key, settlement)
            closing = closing or transaction.ledger.correct(key, settlement)
            if closing is not None:
                transaction.budget.settle(closing)
            return closing

        return self._in_transaction(settle)

    # === BUDGETS === #

    def test_contract_without_a_budget_everything_fits(self):
        self.assertTrue(self._reserve("a", "1000000"))

    def test_contract_what_fits_passes_and_no_more(self):
        self.make_budget("3")
        passed = [self._reserve(f"call:{number}") for number in range(5)]
        self.assertEqual(passed, [True, True, True, False, False])

    def test_contract_several_fit_together_or_not_at_all(self):
        self.make_budget("3")
        self.assertTrue(self._reserve("first"))

        def reserve_all(*keys):
            def reserve(transaction):
                calls = [self._call(key, "1", "validation") for key in keys]
                bookings = transaction.ledger.open_all(calls)
                transaction.budget.reserve_all(list(zip(calls, bookings, strict=True)))

            return self._in_transaction(reserve)

        with self.assertRaises(ClaudeError) as refusal:
            reserve_all("a", "b", "c")
        self.assertEqual(refusal.exception.code, "budget")
        reserve_all("a", "b")
        self.assertFalse(self._reserve("c", "0.01"))

    def test_contract_to_the_last_of_the_amount(self):
        self.make_budget("0.3")
        passed = [self._reserve(f"call:{number}", "0.1") for number in range(4)]
        self.assertEqual(passed, [True, True, True, False])

    def test_contract_a_refusal_leaves_no_row_and_takes_nothing(self):
        self.make_budget("3")
        self.assertTrue(self._reserve("a", "2"))
        self.assertFalse(self._reserve("b", "1.00000001"))
        self.assertTrue(self._reserve("b", "1"))

    def test_contract_settling_gives_back_what_was_reserved_too_much(self):
        self.make_budget("3")
        self._reserve("a", "3")
        self.assertFalse(self._reserve("b", "2.5"))
        self._settle("a", "settled", "0.5")
        self.assertTrue(self._reserve("b", "2.5"))
        self.assertFalse(self._reserve("c", "0.00000001"))

    def test_contract_a_failed_call_gives_everything_back(self):
        self.make_budget("3")
        self._reserve("a", "3")
        self._settle("a", "failed", "0")
        self.assertTrue(self._reserve("b", "3"))

    def test_contract_an_unknown_call_stays_counted_until_it_is_corrected(self):
        self.make_budget("3")
        self._reserve("a", "3")
        self._settle("a", "unknown", "3")
        self.assertFalse(self._reserve("b", "2"))
        self.assertIsNotNone(self._settle("a", "settled", "1"))
        self.assertTrue(self._reserve("b", "2"))
        self.assertIsNone(self._settle("a", "settled", "0"), "corrected once")
        self.assertFalse(self._reserve("c", "1"))

    def test_contract_a_closed_call_is_not_corrected(self):
        self._reserve("a")
        self._settle("a", "settled", "0.5")
        self.assertIsNone(self._settle("a", "settled", "0.4"))
        self.assertIsNone(self._settle("a", "unknown", "1"))

    def test_contract_a_budget_begins_anew(self):
        self.make_budget("1", period="day")
        self.assertTrue(self._reserve("a"))
        self.assertFalse(self._reserve("b"))
        self.advance(86400)
        self.assertTrue(self._reserve("b"))
        self.assertFalse(self._reserve("c"))

    def test_contract_what_is_settled_late_counts_when_it_was_reserved(self):
        self.make_budget("1", period="day")
        self.assertTrue(self._reserve("a"))
        self.advance(86400)
        self._settle("a", "settled", "0.9")
        self.assertTrue(self._reserve("b"))

    def test_contract_all_budgets_of_a_call_must_allow_it(self):
        self.make_budget("5")
        self.make_budget("1", operation="validation")
        self.assertTrue(self._reserve("a"))
        self.assertFalse(self._reserve("b"))
        # What was refused there has taken nothing here: four more fit.
        passed = [self._reserve(f"c:{each}", operation="chat") for each in range(5)]
        self.assertEqual(passed, [True] * 4 + [False])

    def test_contract_a_soft_budget_refuses_nothing(self):
        self.make_budget("1", hard=False)
        self.assertTrue(self._reserve("a"))
        self.assertTrue(self._reserve("b"))

    def test_contract_a_budget_counts_what_came_before_it(self):
        self._reserve("closed")
        self._settle("closed", "settled", "0.5")
        self._reserve("open")
        self._reserve("lost")
        self._settle("lost", "unknown", "1")
        self.make_budget("3")
        self.assertFalse(self._reserve("a", "0.6"))
        self.assertTrue(self._reserve("a", "0.5"))
        self._settle("open", "settled", "0.1")
        self.assertTrue(self._reserve("b", "0.9"))
        self._settle("lost", "settled", "0.2")
        self.assertTrue(self._reserve("c", "0.8"))
        self.assertFalse(self._reserve("d", "0.00000001"))

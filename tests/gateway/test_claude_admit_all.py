"""Several calls are admitted with the statements of one, or each of them alone."""

import copy
from dataclasses import replace
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.admitting import PlannedCall
from odoo.addons.account_ai.services.claude.money.measure import measure_of

from .claude_case import OWNER, ClaudeCase, make_request
from .claude_memory_backend import Budget


@tagged("post_install", "-at_install")
class TestAdmitTogether(ClaudeCase):
    def planned(self, number, text="", **values):
        """Return the call ``run:<number>`` of user ``number``."""
        request = make_request(system=(f"Eres un auditor. {text or number}" * 60,))
        return PlannedCall(
            request,
            replace(OWNER, user_id=values.pop("user_id", number)),
            values.pop("key", f"run:{number}"),
            values.pop("measure", None) or measure_of(request),
            **values,
        )

    def together(self, *planned, gateway=None, **policy):
        return (gateway or self.gateway(**policy)).admit_all(planned)

    def check_one_by_one(self, *planned, gateway=None, **policy):
        """Check that of calls which do not pass together each is admitted alone, and
        that nothing is left of the attempt; return the codes of the refusals."""
        gateway = gateway or self.gateway(**policy)
        before = copy.deepcopy(self.backend.tables)
        admitted = gateway.admit_all(planned)
        rows, windows = self.rows(), self.backend.tables.windows
        self.backend.tables = before
        alone = [gateway.admit_all([each])[0] for each in planned]
        self.assertEqual((rows, windows), (self.rows(), self.backend.tables.windows))
        codes = [getattr(each, "code", "") for each in admitted]
        self.assertEqual(codes, [getattr(each, "code", "") for each in alone])
        self.assertTrue(any(codes))
        return codes

    # === THE SAME AS ALONE === #

    def test_each_is_admitted_as_alone(self):
        planned = [self.planned(number) for number in (3, 1, 2)]
        gateway = self.gateway()
        admitted = self.together(*planned, gateway=gateway)
        self.assertEqual(self.backend.transactions, 1)
        rows, self.backend.tables.rows = self.backend.rows, {}
        self.backend.tables.windows = {}
        alone = [gateway.admit_all([each])[0] for each in planned]
        self.assertEqual(rows, self.backend.rows)
        self.assertEqual(admitted, alone)
        self.assertEqual({row.state for row in rows}, {"open"})
        self.assertTrue(all(row.call.worst_case_usd > 0 for row in rows))

    def test_each_can_be_asked_and_settled(self):
        gateway = self.gateway()
        planned = [self.planned(number) for number in (1, 2)]
        for admission in self.together(*planned, gateway=gateway):
            result = gateway.call(admission)
            gateway.settle(admission, result)
        self.assertEqual(
            self.rows(), [("run:1", "settled", "ok"), ("run:2", "settled", "ok")]
        )
        self.assertEqual(
            sum(row.settlement.cost_usd for row in self.backend.rows),
            Decimal(self.control.usage()["usd"]),
        )

    def test_all_calls_of_a_person_count(self):
        planned = [self.planned(number, user_id=2) for number in range(5)]
        admitted = self.together(*planned, limits_per_minute={"validation": 6})
        self.assertEqual({each.limit_state.remaining for each in admitted}, {1})
        self.assertEqual(len(self.backend.tables.windows["validation:screen:1:2"]), 5)

    def test_the_tighter_window_is_told(self):
        planned = [self.planned(number) for number in range(5)]
        admitted = self.together(*planned, company_limit=7)
        self.assertEqual(
            {(each.limit_state.limit, each.limit_state.remaining) for each in admitted},
            {(7, 2)},
        )

    def test_stored_answers_pass_with_those_that_are_asked(self):
        gateway = self.gateway()
        first, second = self.planned(1), self.planned(2)
        self.run_call(gateway, first.request, "before:1")
        transactions = self.backend.transactions
        again, asked = self.together(
            replace(first, key="run:9"), second, gateway=gateway
        )
        self.assertEqual(self.backend.transactions, transactions + 1)
        self.assertEqual((again.answer is None, asked.answer is None), (False, True))
        self.assertEqual(
            self.rows()[1:], [("run:9", "settled", ""), ("run:2", "open", "")]
        )

    def test_a_stored_answer_that_is_not_wanted(self):
        gateway = self.gateway()
        first = self.planned(1)
        self.run_call(gateway, first.request, "before:1")
        again = replace(first, key="run:9", use_stored=False)
        admitted = self.together(again, replace(first, key="run:8"))
        self.assertEqual([bool(each.answer) for each in admitted], [False, True])

    def test_different_windows(self):
        other = self.planned(2)
        other = replace(other, owner=replace(other.owner, operation="chat"))
        limits = {"validation": 1, "chat": 2}
        admitted = self.together(self.planned(1), other, limits_per_minute=limits)
        self.assertEqual([each.limit_state.limit for each in admitted], [1, 2])

    # === ONE BY ONE === #

    def test_a_full_window_of_one_person(self):
        planned = [self.planned(number, user_id=number // 2) for number in range(3)]
        codes = self.check_one_by_one(*planned, limits_per_minute={"validation": 1})
        self.assertEqual(codes, ["", "too_many_requests", ""])

    def test_a_window_that_some_fit_into(self):
        limits = {"validation": 2}
        self.together(self.planned(1, user_id=2), limits_per_minute=limits)
        planned = [self.planned(number, user_id=2) for number in (3, 4)]
        codes = self.check_one_by_one(*planned, limits_per_minute=limits)
        self.assertEqual(codes, ["", "too_many_requests"])

    def test_a_full_window_of_the_company(self):
        planned = [self.planned(number) for number in range(3)]
        codes = self.check_one_by_one(*planned, company_limit=2)
        self.assertEqual(codes, ["", "", "too_many_requests"])

    def test_a_circuit_that_is_not_closed(self):
        planned = self.planned(1), self.planned(2)
        with self.backend.transaction() as transaction:
            transaction.circuit.failed(self.simulator.base_url, 60.0)
        self.assertEqual(self.check_one_by_one(*planned), ["circuit_open"] * 2)
        self.clock.now += 61
        # One of them alone is the probe.
        self.assertEqual(self.check_one_by_one(*planned), ["", "circuit_open"])

    def test_a_budget_that_does_not_allow_all(self):
        cost = self.together(self.planned(1))[0].call.worst_case_usd
        self.backend.tables.rows = {}
        self.backend.budgets = [Budget(cost * 2)]
        planned = [self.planned(number) for number in range(3)]
        self.assertEqual(self.check_one_by_one(*planned), ["", "", "budget"])

    def test_a_key_that_is_booked(self):
        self.together(self.planned(1), self.planned(2))
        codes = self.check_one_by_one(self.planned(3), self.planned(2))
        self.assertEqual(codes, ["", "in_progress"])

    def test_a_key_that_comes_twice(self):
        codes = self.check_one_by_one(
            self.planned(1, key="run:1"), self.planned(2, key="run:1")
        )
        self.assertEqual(codes, ["", "in_progress"])

    def test_one_that_is_too_large(self):
        large = self.planned(2, measure=replace(self.planned(2).measure, counted=10**6))
        codes = self.check_one_by_one(self.planned(1), large)
        self.assertEqual(codes, ["", "too_large"])

    def test_one_without_a_price(self):
        request = replace(self.planned(2).request, model="claude-unheard-of-9")
        other = replace(self.planned(2), request=request)
        codes = self.check_one_by_one(self.planned(1), other)
        self.assertEqual(codes, ["", "price_unknown"])

    def test_a_failure_is_not_taken_for_a_refusal(self):
        """Whoever does them alone learns of it."""
        gateway = self.gateway()
        gateway._backend = None
        with self.assertRaises(AttributeError):
            gateway.admit_all([self.planned(1)])

"""Several calls are admitted with the statements of one, or each of them alone."""

from dataclasses import replace
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.account_ai.models.validation.running.execution import _admit_together
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
        return (gateway or self.gateway(**policy)).admit_together(planned)

    def check_refused_without_a_trace(self, *planned, **policy):
        rows = self.rows()
        windows = dict(self.backend.tables.windows)
        self.assertIsNone(self.together(*planned, **policy))
        self.assertEqual(self.rows(), rows)
        self.assertEqual(self.backend.tables.windows, windows)

    # === THE SAME AS ALONE === #

    def test_each_is_admitted_as_alone(self):
        planned = [self.planned(number) for number in (3, 1, 2)]
        gateway = self.gateway()
        admitted = self.together(*planned, gateway=gateway)
        self.assertEqual(self.backend.transactions, 1)
        rows, self.backend.tables.rows = self.backend.rows, {}
        self.backend.tables.windows = {}
        alone = [
            gateway.admit(each.request, each.owner, each.key, measure=each.measure)
            for each in planned
        ]
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

    # === ONE BY ONE === #

    def test_a_full_window_of_one_person(self):
        planned = [self.planned(number, user_id=number // 2) for number in range(3)]
        self.check_refused_without_a_trace(
            *planned, limits_per_minute={"validation": 1}
        )

    def test_a_window_that_some_fit_into(self):
        limits = {"validation": 2}
        self.together(self.planned(1, user_id=2), limits_per_minute=limits)
        planned = [self.planned(number, user_id=2) for number in (3, 4)]
        self.check_refused_without_a_trace(*planned, limits_per_minute=limits)
        self.assertTrue(self.together(planned[0], limits_per_minute=limits))

    def test_a_full_window_of_the_company(self):
        planned = [self.planned(number) for number in range(3)]
        self.check_refused_without_a_trace(*planned, company_limit=2)

    def test_different_windows(self):
        other = self.planned(2)
        other = replace(other, owner=replace(other.owner, operation="chat"))
        self.check_refused_without_a_trace(self.planned(1), other)

    def test_a_stored_answer(self):
        gateway = self.gateway()
        first = self.planned(1)
        self.run_call(gateway, first.request, "before:1")
        self.check_refused_without_a_trace(replace(first, key="run:9"), self.planned(2))

    def test_a_stored_answer_that_is_not_wanted(self):
        gateway = self.gateway()
        first = self.planned(1)
        self.run_call(gateway, first.request, "before:1")
        again = replace(first, key="run:9", use_stored=False)
        self.assertEqual(len(self.together(again, self.planned(2))), 2)

    def test_a_circuit_that_is_not_closed(self):
        gateway = self.gateway()
        planned = self.planned(1), self.planned(2)
        with self.backend.transaction() as transaction:
            transaction.circuit.failed(self.simulator.base_url, 60.0)
        self.check_refused_without_a_trace(*planned)
        self.clock.now += 61
        self.check_refused_without_a_trace(*planned)
        # The probe is still there, for one of them alone.
        gateway.admit(planned[0].request, OWNER, "probe:1")

    def test_a_budget_that_does_not_allow_all(self):
        cost = self.together(self.planned(1))[0].call.worst_case_usd
        self.backend.tables.rows = {}
        self.backend.budgets = [Budget(cost * 2)]
        planned = [self.planned(number) for number in range(3)]
        self.check_refused_without_a_trace(*planned)
        self.assertEqual(len(self.together(*planned[:2])), 2)

    def test_a_key_that_is_booked(self):
        self.together(self.planned(1), self.planned(2))
        self.check_refused_without_a_trace(self.planned(3), self.planned(2))

    def test_a_key_that_comes_twice(self):
        self.check_refused_without_a_trace(
            self.planned(1, key="run:1"), self.planned(2, key="run:1")
        )

    def test_one_that_is_too_large(self):
        large = self.planned(2, measure=replace(self.planned(2).measure, counted=10**6))
        self.check_refused_without_a_trace(self.planned(1), large)

    def test_one_without_a_price(self):
        request = replace(self.planned(2).request, model="claude-unheard-of-9")
        other = replace(self.planned(2), request=request)
        self.check_refused_without_a_trace(self.planned(1), other)

    # === DOORS === #

    def test_doors_are_alike_when_they_are_set_alike(self):
        client = self.gateway()._client
        gateway = self.gateway(client=client)
        self.assertTrue(gateway.is_like(self.gateway(client=client)))
        self.assertFalse(gateway.is_like(self.gateway(client=client, queue_limit=1)))
        self.assertFalse(gateway.is_like(self.gateway()))
        for name, value in (("_simulated", True), ("_own_prices", {"x": None})):
            other = self.gateway(client=client)
            setattr(other, name, value)
            self.assertFalse(gateway.is_like(other), name)

    def test_only_those_of_the_same_door_are_admitted_together(self):
        client = self.gateway()._client
        doors = [self.gateway(client=client) for _each in range(2)]
        other = self.gateway(client=client, queue_limit=1)
        wishes = [
            (door, self.planned(number))
            for number, door in enumerate((doors[0], other, doors[1]))
        ]
        admitted = _admit_together(wishes)
        self.assertEqual(
            [each and each.key for each in admitted], ["run:0", None, "run:2"]
        )
        self.assertEqual(_admit_together(wishes), [None] * 3, "they are booked")

    def test_a_failure_is_not_taken_for_a_refusal(self):
        """Whoever does them alone learns of it."""
        gateway = self.gateway()
        gateway._backend = None
        with self.assertRaises(AttributeError):
            gateway.admit_together([self.planned(1)])

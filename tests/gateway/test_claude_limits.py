"""How many calls pass in a minute, of a person, of a company, and of its queue."""

from dataclasses import replace

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.operations import OPERATIONS

from .claude_case import OWNER, ClaudeCase, make_request

COLLEAGUE = replace(OWNER, user_id=3)


@tagged("post_install", "-at_install")
class TestLimits(ClaudeCase):
    def setUp(self):
        super().setUp()
        self.number = 0

    def admit(self, gateway, owner=OWNER):
        """Return the admission of one more call of ``owner``, or its refusal."""
        self.number += 1
        try:
            return gateway.admit(make_request(), owner, f"run:{self.number}")
        except ClaudeError as error:
            return error

    def check_refused(self, outcome, limit):
        self.assertIsInstance(outcome, ClaudeError)
        self.assertEqual(outcome.code, "too_many_requests")
        self.assertEqual(outcome.params, {"limit": str(limit)})
        self.assertEqual(outcome.limit_state.limit, limit)
        self.assertEqual(outcome.limit_state.remaining, 0)
        self.assertGreater(outcome.retry_after, 0)

    def test_each_operation_has_its_default(self):
        gateway = self.gateway()
        for operation, limit in (
            ("validation", 20),
            ("chat", 30),
            ("project_suggestion", 50),
            ("another", 30),
        ):
            with self.subTest(operation):
                owner = replace(OWNER, operation=operation)
                for _number in range(limit):
                    self.assertNotIsInstance(self.admit(gateway, owner), ClaudeError)
                self.check_refused(self.admit(gateway, owner), limit)

    def test_one_operation_takes_nothing_from_another(self):
        names = [each.name for each in OPERATIONS]
        gateway = self.gateway(limits_per_minute=dict.fromkeys(names, 2))
        for operation in names * 2:
            owner = replace(OWNER, operation=operation)
            self.assertNotIsInstance(self.admit(gateway, owner), ClaudeError)
        for operation in names:
            self.check_refused(
                self.admit(gateway, replace(OWNER, operation=operation)), 2
            )

    def test_people_companies_and_lanes_are_apart(self):
        gateway = self.gateway(limits_per_minute={"validation": 1}, queue_limit=2)
        self.admit(gateway)
        self.check_refused(self.admit(gateway), 1)
        queue = replace(OWNER, lane="queue")
        for owner in (COLLEAGUE, replace(OWNER, company_id=7), queue, queue):
            self.assertNotIsInstance(self.admit(gateway, owner), ClaudeError)
        self.check_refused(self.admit(gateway, replace(COLLEAGUE, lane="queue")), 2)

    def test_everybody_together_has_a_limit_when_the_company_sets_one(self):
        gateway = self.gateway(company_limit=3)
        self.admit(gateway)
        self.admit(gateway, COLLEAGUE)
        self.admit(gateway, replace(COLLEAGUE, operation="chat"))
        refusal = self.admit(gateway)
        self.check_refused(refusal, 3)
        self.assertIn("your company", refusal.message)
        other = replace(OWNER, company_id=7)
        self.assertNotIsInstance(self.admit(gateway, other), ClaudeError)
        queue = replace(OWNER, lane="queue")
        self.assertNotIsInstance(self.admit(gateway, queue), ClaudeError)

    def test_a_refusal_of_the_company_does_not_count_for_the_person(self):
        gateway = self.gateway(company_limit=1, limits_per_minute={"validation": 2})
        self.admit(gateway, COLLEAGUE)
        for _number in range(5):
            self.check_refused(self.admit(gateway), 1)
        alone = self.gateway(limits_per_minute={"validation": 2})
        for _number in range(2):
            self.assertNotIsInstance(self.admit(alone), ClaudeError)

    def test_a_refusal_of_a_later_guard_counts_nowhere(self):
        gateway = self.gateway(company_limit=1, limits_per_minute={"validation": 1})
        self.backend.budget_usd = 0
        for _number in range(3):
            self.assertEqual(self.admit(gateway).code, "budget")
        self.backend.budget_usd = None
        self.assertNotIsInstance(self.admit(gateway), ClaudeError)

    def test_what_is_told_is_the_window_that_is_full_first(self):
        gateway = self.gateway(company_limit=4, limits_per_minute={"validation": 20})
        state = self.admit(gateway).limit_state
        self.assertEqual((state.limit, state.remaining), (4, 3))
        gateway = self.gateway(company_limit=100, limits_per_minute={"validation": 3})
        state = self.admit(gateway).limit_state
        self.assertEqual((state.limit, state.remaining), (3, 1))

    def test_an_answer_from_the_store_counts_nowhere(self):
        gateway = self.gateway(company_limit=1, limits_per_minute={"validation": 1})
        self.run_call(gateway, key="first:1")
        for _number in range(3):
            admission = self.admit(gateway)
            self.assertTrue(admission.answer)
            self.assertIsNone(admission.limit_state)

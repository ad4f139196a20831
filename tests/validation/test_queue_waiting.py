"""The queue while Claude takes no calls, or a company has reached its limit."""

from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.models.validation.account_ai_validation_queue import (
    MAX_ATTEMPTS,
)
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.validation.queue_waits import QueueWaits

from .validation_case import ValidationCase

CALL_LOG = "odoo.addons.account_ai.services.claude.http.log"


@tagged("post_install", "-at_install")
class TestQueueWaiting(ValidationCase):
    def setUp(self):
        super().setUp()
        self.validations = self.env["account.ai.validation"]
        self.prepared = []
        prepare = type(self.validations)._prepare_claimed

        def counting(validations, validation_id):
            self.prepared.append(validation_id)
            return prepare(validations, validation_id)

        patcher = patch.object(type(self.validations), "_prepare_claimed", counting)
        patcher.start()
        self.addCleanup(patcher.stop)

    def queue(self, count):
        """Return ``count`` documents that were just queued."""
        moves = self.env["account.move"]
        for days in range(2, count + 2):
            moves += self.create_move([(f"Arriendo de grúa, {days} días", 90_000)])
        self.synchronize()
        queued = self.validations.with_user(self.accountant)._queue_moves(moves)
        self.synchronize()
        return queued.with_env(self.env)

    def process(self, queued):
        """Run the queue once, as a cron does; return what it told of what remains."""
        told = []

        def commit_progress(_cron, processed=0, *, remaining=None, deactivate=False):
            if remaining is not None:
                told.append(remaining)
            return 60.0

        self.synchronize()
        with (
            patch.object(
                type(self.env["ir.cron"]), "_commit_progress", commit_progress
            ),
            mute_logger(CALL_LOG),
        ):
            self.validations._process_queue()
        self.synchronize()
        return told

    def open_circuit(self, seconds=600.0, **values):
        with self.env["account.ai.gateway"]._backend().transaction() as transaction:
            transaction.circuit.failed(self.simulator.base_url, seconds, **values)

    def woken_at(self):
        """Return when the crons are woken, the latest."""
        triggers = self.env["ir.cron.trigger"].search([], order="call_at desc", limit=1)
        return triggers.call_at

    def check_wait(self, moment, seconds):
        """Check that ``moment`` is so many seconds from now, or from a little before:
        the machine may be slow."""
        wait = (moment - fields.Datetime.now()).total_seconds()
        self.assertLessEqual(wait, seconds + 1)
        self.assertGreater(wait, seconds - 120)

    def test_an_open_circuit_lets_the_whole_queue_wait(self):
        queued = self.queue(3)
        self.open_circuit(600.0)
        self.assertEqual(self.process(queued), [0], "nothing is to be done now")
        self.assertEqual(self.prepared, [], "no document is read in vain")
        self.assertEqual(queued.mapped("state"), ["queued"] * 3)
        self.assertFalse(any(queued.mapped("attempts")))
        self.check_wait(self.woken_at(), 600)
        self.env.cr.execute("UPDATE account_ai_circuit SET open_until = now()")
        self.process(queued)
        self.assertEqual(queued.mapped("state"), ["done"] * 3)
        self.assertFalse(any(queued.mapped("degraded_code")))

    def test_a_circuit_that_opens_stops_the_queue(self):
        queued = self.queue(4)
        self.simulator.control.fault("spend_limit")
        self.process(queued)
        self.assertEqual(len(self.prepared), 1)
        self.assertEqual(queued.mapped("state"), ["queued"] * 4)
        self.check_wait(max(queued.mapped("next_try_at")), 3600)  # not next month
        alert = self.env["account.ai.alert"].search([("kind", "=", "spend_limit")])
        self.assertEqual(len(alert), 1)

    def test_what_never_reached_claude_uses_no_attempt_up(self):
        queued = self.queue(1)
        self.validations._claim("worker", QueueWaits())
        self.synchronize()
        run = self.validations._prepare_claimed(queued.id)
        self.open_circuit(60.0)
        for _number in range(MAX_ATTEMPTS + 1):
            with mute_logger(CALL_LOG):
                self.validations._carry_out_claimed(run, QueueWaits())
            self.synchronize()
            self.assertEqual(queued.state, "queued")
            self.assertEqual(queued.attempts, 0)
            queued.next_try_at = self.env.cr.now()
            self.synchronize()
            self.assertTrue(self.validations._claim("worker", QueueWaits()))
            self.synchronize()
        self.assertEqual(queued.attempts, 1)

    def test_who_has_waited_a_day_gets_what_the_rules_say(self):
        queued = self.queue(2)
        self.open_circuit(3600.0)
        old = queued[0]
        self.env.cr.execute(
            """UPDATE account_ai_validation
                  SET create_date = create_date - interval '25 hours' WHERE id = %s""",
            [old.id],
        )
        self.process(queued)
        self.assertEqual(old.state, "done")
        self.assertEqual(old.degraded_code, "circuit_open")
        self.assertEqual(old.verdict, "review")
        self.assertEqual(queued[1].state, "queued")
        self.assertFalse(self.calls())

    def test_a_company_at_its_limit_waits_without_being_read(self):
        self.company.account_ai_limit_queue = 2
        queued = self.queue(6)
        told = self.process(queued)
        self.assertEqual(len(self.calls()), 2)
        self.assertEqual(len(self.prepared), 3, "the third one tells of the rest")
        self.assertEqual(sorted(queued.mapped("state")), ["done"] * 2 + ["queued"] * 4)
        self.assertEqual(told[-1], 0, "the cron does not come back at once")
        self.assertEqual(sum(queued.mapped("attempts")), 2)
        self.check_wait(self.woken_at(), 61)

    def test_a_company_that_waits_stops_no_other(self):
        mine, others = self.queue(2)
        self.env.cr.execute(
            "UPDATE account_ai_validation SET company_id = %s WHERE id = %s",
            [self.other_company.id, others.id],
        )
        waits = QueueWaits()
        refusal = ClaudeError("too_many_requests", "", retry_after=30.0)
        waits.refused(mine.company_id.id, refusal)
        self.assertEqual(self.validations._queue_length(waits), 1)
        self.assertEqual(self.validations._claim("worker", waits), others.id)
        self.assertIsNone(self.validations._claim("worker", waits))

    def test_a_provider_that_asks_for_a_long_wait_is_left_alone(self):
        queued = self.queue(3)
        self.simulator.control.fault("rate_limit", retry_after=900, times=9)
        self.process(queued)
        self.assertEqual(len(self.calls()), 1)
        self.assertEqual(queued.mapped("state"), ["queued"] * 3)
        first = queued.filtered("attempts")
        self.assertEqual((len(first), first.attempts), (1, 1), "Claude was asked")
        self.check_wait(first.next_try_at, 900)
        self.check_wait(self.woken_at(), 900)


@tagged("post_install", "-at_install")
class TestQueueWaits(ValidationCase):
    uses_simulator = False
    uses_accounting = False

    def setUp(self):
        super().setUp()
        self.now = 100.0
        self.waits = QueueWaits(clock=lambda: self.now)

    def refuse(self, code, seconds, company_id=1):
        self.waits.refused(company_id, ClaudeError(code, "", retry_after=seconds))

    def test_nobody_waits_at_first(self):
        self.assertFalse(self.waits.all_wait)
        self.assertEqual(self.waits.waiting_companies, [])
        self.assertIsNone(self.waits.seconds_to_next)

    def test_companies_wait_apart_and_everybody_together(self):
        self.refuse("too_many_requests", 20, company_id=1)
        self.refuse("too_many_requests", 10, company_id=2)
        self.assertEqual(self.waits.waiting_companies, [1, 2])
        self.assertEqual(self.waits.seconds_to_next, 10)
        self.now += 15
        self.assertEqual(self.waits.waiting_companies, [1])
        self.refuse("rate_limited", 30)
        self.assertTrue(self.waits.all_wait)
        self.assertEqual(self.waits.seconds_to_next, 30)
        self.now += 31
        self.assertIsNone(self.waits.seconds_to_next)

    def test_other_refusals_say_nothing_of_the_next_one(self):
        for code in ("budget", "too_large", "overloaded"):
            self.refuse(code, 60)
        self.refuse("rate_limited", None)
        self.assertIsNone(self.waits.seconds_to_next)

    def test_nobody_waits_longer_than_an_hour_without_a_look(self):
        self.refuse("rate_limited", 30 * 86400)
        self.assertEqual(self.waits.seconds_to_next, 3600)

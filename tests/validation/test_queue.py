"""The queue: many invoices, worked off by crons, none twice; and the sweeper."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.services.validation.queue_waits import QueueWaits

from .validation_case import ValidationCase

CALL_LOG = "odoo.addons.account_ai.services.claude.http.log"


@tagged("post_install", "-at_install")
class TestQueue(ValidationCase):
    def create_moves(self, count):
        moves = self.env["account.move"]
        for days in range(2, count + 2):
            moves += self.create_move([(f"Arriendo de grúa, {days} días", 90_000)])
        return moves

    def queue(self, moves, user=None):
        """Queue invoices as the list's action does; return the new validations."""
        self.synchronize()
        before = self.env["account.ai.validation"].search([])
        moves = moves.with_user(user or self.accountant)
        dialog = moves.action_account_ai_queue()
        moves.env[dialog["res_model"]].browse(dialog["res_id"]).action_confirm()
        self.synchronize()
        return self.env["account.ai.validation"].search([]) - before

    def process(self):
        """Run the queue as a cron does."""
        self.synchronize()
        validations = self.env["account.ai.validation"]
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60.0
        ):
            validations._process_queue()
        self.synchronize()

    def notifications(self):
        """Return what the accountant's browser is told, in order."""
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([], order="id")
        return [
            data["payload"]
            for data in (json.loads(message.message) for message in messages)
            if data["type"] == "account_ai/queue"
        ]

    def test_queue_is_worked_off(self):
        moves = self.create_moves(3)
        queued = self.queue(moves)
        self.assertEqual(queued.mapped("state"), ["queued"] * 3)
        self.assertEqual(len(set(queued.mapped("batch_uuid"))), 1)
        self.process()
        self.assertEqual(queued.mapped("state"), ["done"] * 3)
        self.assertEqual(moves.mapped("account_ai_verdict"), ["send"] * 3)
        self.assertEqual(len(self.calls()), 3)
        self.assertEqual(set(self.usages().mapped("lane")), {"queue"})
        self.assertEqual(self.usages().user_id, self.accountant)

    def test_crons_are_woken(self):
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([])
        self.queue(self.create_moves(1))
        self.assertEqual(triggers.search_count([]) - before, 3)

    def test_toast(self):
        self.queue(self.create_moves(2))
        self.process()
        told = self.notifications()
        self.assertEqual([each["done"] for each in told], [1, 2])
        self.assertEqual({each["total"] for each in told}, {2})
        self.assertEqual((told[-1]["failed"], told[-1]["review"]), (0, 0))

    def test_fresh_and_waiting_are_not_queued(self):
        moves = self.create_moves(3)
        self.validate(moves[0])
        self.queue(moves[1])
        queued = self.queue(moves)
        self.assertEqual(queued.move_id, moves[2])
        with self.assertRaises(UserError):
            self.queue(moves)

    def test_left_to_the_queue_from_the_panel(self):
        move = self.create_moves(1)
        self.synchronize()
        as_user = move.with_user(self.accountant)
        panel = as_user.account_ai_queue()
        self.assertEqual(panel["validation"]["state"], "queued")
        self.assertEqual(as_user.account_ai_queue()["validation"]["state"], "queued")
        queued = self.env["account.ai.validation"].search([("move_id", "=", move.id)])
        self.assertEqual(len(queued), 1)
        self.process()
        self.assertEqual(queued.state, "done")
        for user in (self.plain_accountant, self.other_accountant):
            with self.assertRaises(AccessError):
                move.with_user(user).account_ai_queue()

    def test_group_is_needed(self):
        with self.assertRaises(AccessError):
            self.queue(self.create_moves(1), user=self.plain_accountant)

    def test_a_claim_is_exclusive(self):
        self.queue(self.create_moves(2))
        validations = self.env["account.ai.validation"]
        self.synchronize()
        claims = [
            validations._claim(f"worker {number}", QueueWaits()) for number in range(3)
        ]
        self.assertEqual(len(set(claims)), 3)
        self.assertIsNone(claims[2])

    def test_tried_again_when_claude_is_busy(self):
        queued = self.queue(self.create_moves(1))
        self.simulator.control.fault("overloaded", times=3)
        with mute_logger(CALL_LOG):
            self.process()
        self.assertEqual(queued.state, "queued")
        self.assertGreater(queued.next_try_at, self.env.cr.now())
        self.assertFalse(queued.degraded_code)
        queued.next_try_at = self.env.cr.now()
        self.process()
        self.assertEqual(queued.state, "done")
        self.assertFalse(queued.degraded_code)
        self.assertEqual(queued.attempts, 2)

    def test_not_tried_for_ever(self):
        queued = self.queue(self.create_moves(1))
        self.simulator.control.fault("overloaded", times=99)
        for _attempt in range(5):
            queued.next_try_at = self.env.cr.now()
            with mute_logger(CALL_LOG):
                self.process()
        self.assertEqual(queued.state, "done")
        self.assertIn(queued.degraded_code, ("overloaded", "circuit_open"))
        self.assertEqual(queued.verdict, "review")

    def test_user_without_access_any_more(self):
        queued = self.queue(self.create_moves(1))
        self.accountant.group_ids -= self.env.ref("account_ai.group_user")
        self.process()
        self.assertEqual(queued.state, "failed")
        self.assertTrue(queued.degraded_message)
        self.assertFalse(self.calls())

    def test_without_consent_rules_only(self):
        queued = self.queue(self.create_moves(1))
        self.company._account_ai_withdraw_consent()
        self.process()
        self.assertEqual(queued.degraded_code, "no_consent")
        self.assertEqual(queued.verdict, "review")
        self.assertFalse(self.calls())

    def test_validated_meanwhile_is_not_asked_again(self):
        moves = self.create_moves(1)
        queued = self.queue(moves)
        self.validate(moves)
        self.process()
        self.assertEqual(queued.state, "done")
        self.assertEqual(queued.cost_usd, 0)
        self.assertEqual(len(self.calls()), 1)

    def test_same_at_the_screen_at_the_same_time(self):
        """While somebody validates it at the screen, the queued one waits."""
        moves = self.create_moves(1)
        queued = self.queue(moves)
        self.start(moves)
        with mute_logger("odoo.sql_db"):
            self.process()
        self.assertEqual(queued.state, "queued")
        self.assertFalse(self.calls())

    def test_cron_calls_the_queue(self):
        queued = self.queue(self.create_moves(1))
        self.env.ref("account_ai.ir_cron_account_ai_queue_2").method_direct_trigger()
        self.synchronize()
        self.assertEqual(queued.state, "done")

    def test_cron_calls_the_sweeper(self):
        start = self.start(self.create_move())
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.expire(validation)
        self.env.ref("account_ai.ir_cron_account_ai_sweeper").method_direct_trigger()
        self.synchronize()
        self.assertEqual(validation.state, "interrupted")

    # === SWEEPER === #

    def expire(self, validation):
        validation.lease_until = self.env.cr.now() - timedelta(seconds=1)
        self.synchronize()

    def test_sweeper_closes_a_dead_run(self):
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        move = self.create_move(partner=partner)
        start = self.start(move)
        admission = start.opened.gateway.admit(
            start.opened.request, start.opened.owner, f"{start.opened.run_uuid}:1"
        )
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.env["account.ai.validation"]._sweep()
        self.assertEqual(validation.state, "running")
        self.expire(validation)
        self.env.cr.execute(
            "UPDATE account_ai_usage SET lease_until = now() - interval '1 minute'"
        )
        self.env["account.ai.validation"]._sweep()
        self.synchronize()
        self.assertEqual(validation.state, "interrupted")
        self.assertEqual(validation.verdict, "reject")
        self.assertEqual(self.codes(validation), ["RUT_DV"])
        usage = self.usages([("run_uuid", "=", validation.run_uuid)])
        self.assertEqual((usage.state, usage.estimated), ("unknown", True))
        self.assertAlmostEqual(usage.cost_usd, float(admission.call.worst_case_usd), 8)
        self.assertAlmostEqual(validation.cost_usd, usage.cost_usd, 8)

    def test_late_answer_completes_an_interrupted_run(self):
        start = self.start(self.create_move())
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.expire(validation)
        self.env["account.ai.validation"]._sweep()
        self.synchronize()
        self.assertEqual(validation.state, "interrupted")
        self.carry_out(start.opened)
        self.assertEqual(validation.state, "done")
        self.assertEqual(validation.verdict, "send")
        self.assertFalse(validation.degraded_code)

    def test_sweeper_queues_again_what_cost_nothing(self):
        queued = self.queue(self.create_moves(1))
        self.env["account.ai.validation"]._claim("dead", QueueWaits())
        self.synchronize()
        self.expire(queued)
        self.env["account.ai.validation"]._sweep()
        self.synchronize()
        self.assertEqual(queued.state, "queued")

    def test_sweeper_does_not_pay_twice(self):
        """A queued run that died after its call was admitted is not asked again."""
        queued = self.queue(self.create_moves(1))
        validations = self.env["account.ai.validation"]
        validations._claim("dead", QueueWaits())
        self.synchronize()
        opened = validations._prepare_claimed(queued.id)
        opened.gateway.admit(opened.request, opened.owner, f"{opened.run_uuid}:1")
        self.synchronize()
        self.expire(queued)
        validations._sweep()
        self.synchronize()
        self.assertEqual(queued.state, "interrupted")

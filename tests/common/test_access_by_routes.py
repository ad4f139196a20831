"""Routes and dialogs show of an invoice only what the user may read."""

import uuid

from odoo import http
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.controllers.validation.validation_stream import (
    joined_events,
)

from ..posting.posting_case import PostingMixin
from ..validation.validation_case import ValidationCase, ValidationMixin, read_events
from .common import AccountAiHttpCase

SECRET = "Asesoría reservada"


class HiddenMixin:
    """An invoice that a customer's own rule hides from everybody but the superuser."""

    def hide(self, move):
        self.env["ir.rule"].create(
            {
                "name": "A rule of a customer's own",
                "model_id": self.env.ref("account.model_account_move").id,
                "domain_force": f"[('id', '!=', {move.id})]",
            }
        )
        self.env.flush_all()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestStreamOfHidden(HiddenMixin, ValidationMixin, AccountAiHttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("accountant", "accountant")
        self.move = self.create_move([(SECRET, 90_000)])
        self.run_uuid = str(uuid.uuid4())

    def post(self, run_uuid=None, **fields):
        self.synchronize()
        with mute_logger("odoo.http"):
            response = self.url_open(
                "/account_ai/validate",
                {
                    "move_id": str(self.move.id),
                    "run_uuid": run_uuid or str(uuid.uuid4()),
                    "csrf_token": http.Request.csrf_token(self),
                    **fields,
                },
                timeout=60,
            )
        self.synchronize()
        return response

    def assert_refused(self, response):
        self.assertEqual(response.status_code, 403)
        self.assertNotIn(SECRET, response.text)
        self.assertNotIn("event:", response.text)

    def test_a_stored_result_is_refused(self):
        """Asked for anew, forced, or sent again with its own run."""
        self.assertEqual(self.post(self.run_uuid).status_code, 200)
        asked = len(self.calls())
        self.hide(self.move)
        for fields in ({}, {"force": "1"}, {"run_uuid": self.run_uuid}):
            with self.subTest(**fields):
                self.assert_refused(self.post(**fields))
        self.assertEqual(len(self.calls()), asked)

    def test_a_run_that_is_under_way_is_refused(self):
        self.start(self.move, run_uuid=self.run_uuid)
        self.hide(self.move)
        for run_uuid in (None, self.run_uuid):
            self.assert_refused(self.post(run_uuid))

    def test_who_loses_the_right_while_waiting_gets_an_empty_panel(self):
        start = self.start(self.move)
        self.carry_out(start.opened)
        self.hide(self.move)
        events = joined_events(
            self.env.cr.dbname,
            self.accountant.id,
            {"allowed_company_ids": self.company.ids},
            self.move.id,
            start.validation_id,
            seconds=5,
        )
        ((name, data),) = read_events(b"".join(events).decode())
        self.assertEqual(name, "done")
        self.assertEqual(data["panel"], {"available": False, "validation": None})


@tagged("post_install", "-at_install")
class TestPostingOfHidden(HiddenMixin, PostingMixin, ValidationCase):
    uses_simulator = False

    def test_the_dialog_does_not_open(self):
        """The rules run as superuser; only a user who may read the invoice is asked."""
        for policy in ("warn", "block"):
            self.policy(policy)
            move = self.wrong()
            self.hide(move)
            with self.subTest(policy=policy), self.assertRaises(AccessError):
                self.press_confirm(move.browse(move.id))

    def test_nor_is_it_told_whether_a_policy_forbids_it(self):
        self.policy("block")
        move = self.wrong()
        self.hide(move)
        bill = move.with_user(self.accountant).with_context(account_ai_automatic=True)
        with self.assertRaises(AccessError):
            bill.action_post()
        self.assertNotIn("Not posted", " ".join(move.message_ids.mapped("body")))

    def test_a_line_of_the_dialog_tells_nothing_of_another_invoice(self):
        shown, hidden = self.wrong(), self.wrong()
        dialog = self.dialog_of(self.press_confirm(shown))
        self.hide(hidden)
        values = {"posting_id": dialog.id, "move_id": hidden.id}
        with self.assertRaises(AccessError):
            dialog.line_ids.create(values)
        with self.assertRaises(AccessError):
            dialog.line_ids[:1].write({"move_id": hidden.id})
        self.assertEqual(dialog.line_ids.move_id, shown)
        self.assertTrue(dialog.line_ids.mapped("amount_total"))

    def test_a_line_goes_with_the_right_to_its_invoice(self):
        move = self.wrong()
        lines = self.dialog_of(self.press_confirm(move)).line_ids
        self.assertTrue(lines.read(["message"]))
        self.hide(move)
        self.assertFalse(lines.search([("id", "in", lines.ids)]))
        with self.assertRaises(AccessError):
            lines.read(["message"])


@tagged("post_install", "-at_install")
class TestQueueOfHidden(HiddenMixin, ValidationCase):
    def test_a_queued_invoice_that_its_user_may_not_read_fails(self):
        move = self.create_move([(SECRET, 90_000)])
        validations = self.env(user=self.accountant)["account.ai.validation"]
        queued = validations._queue_moves(move.with_user(self.accountant))
        self.hide(move)
        self.synchronize()
        opened = self.env["account.ai.validation"]._prepare_claimed(queued.id)
        self.synchronize()
        self.assertIsNone(opened)
        kept = queued.sudo()
        self.assertEqual((kept.state, kept.degraded_code), ("failed", "unreadable"))
        self.assertFalse(kept.facts or kept.document_data or kept.finding_ids)
        self.assertNotIn(move.display_name, kept.degraded_message)
        self.assertFalse(self.calls())

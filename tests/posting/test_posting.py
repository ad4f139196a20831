from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .posting_case import PostingCase


@tagged("post_install", "-at_install")
class TestPostingPolicy(PostingCase):
    """What each policy does, wherever the posting comes from."""

    uses_simulator = False
    uses_other_accounting = True

    def test_off_neither_asks_nor_records(self):
        self.policy("off")
        move = self.wrong()

        self.assertFalse(self.press_confirm(move))

        self.assertEqual(move.state, "posted")
        self.assertFalse(self.records_of(move))

    def test_good_invoices_are_posted_at_once(self):
        for policy in ("warn", "block"):
            with self.subTest(policy=policy):
                self.policy(policy)
                move = self.good()
                self.assertFalse(self.press_confirm(move))
                self.assertEqual(move.state, "posted")
                self.assertFalse(self.records_of(move))

    def test_warn_asks_at_the_button(self):
        move = self.wrong()

        dialog = self.dialog_of(self.press_confirm(move))

        self.assertEqual(move.state, "draft")
        self.assertFalse(dialog.blocked_count)
        self.assertIn("RUT_DV", dialog.line_ids.mapped("code"))
        self.assertEqual(
            dialog.action_confirm(), {"type": "ir.actions.act_window_close"}
        )
        self.assertEqual(move.state, "posted")
        record = self.records_of(move)
        self.assertEqual(record.decision, "confirmed")
        self.assertEqual(record.user_id, self.accountant)
        self.assertIn("RUT_DV", record.codes)
        self.assertIn("RUT_DV", move.message_ids[0].body)

    def test_warn_asks_about_warnings_too(self):
        dialog = self.dialog_of(self.press_confirm(self.doubtful()))

        self.assertEqual(set(dialog.line_ids.mapped("severity")), {"warning"})

    def test_warn_only_records_when_code_posts(self):
        """Point of sale, subscriptions, imports, tests: they call these methods."""
        for name, post in (
            ("action_post", lambda move: move.action_post()),
            ("_post", lambda move: move._post()),
            ("superuser", lambda move: move.sudo()._post(soft=False)),
        ):
            with self.subTest(source=name):
                move = self.wrong()
                post(move.with_user(self.plain_accountant))
                self.assertEqual(move.state, "posted")
                self.assertEqual(self.records_of(move).decision, "recorded")

    def test_warn_records_what_the_scheduled_action_posts(self):
        move = self.wrong()
        move.write({"auto_post": "at_date", "invoice_date": "2026-01-05"})

        # The cron commits as it goes, which a test may not.
        with patch.object(type(self.env["ir.cron"]), "_commit_progress"):
            self.env["account.move"]._autopost_draft_entries()

        self.assertEqual(move.state, "posted")
        self.assertEqual(self.records_of(move).decision, "recorded")

    def test_posting_again_what_was_confirmed_is_recorded_once(self):
        move = self.wrong()
        self.dialog_of(self.press_confirm(move)).action_confirm()
        move.button_draft()

        move.action_post()

        self.assertEqual(len(self.records_of(move)), 1)

    def test_nobody_is_asked_twice_about_the_same(self):
        move = self.wrong()
        self.dialog_of(self.press_confirm(move)).action_confirm()
        move.button_draft()

        self.assertFalse(self.press_confirm(move))

        self.assertEqual(move.state, "posted")
        move.button_draft()
        move.invoice_line_ids.price_unit += 1000
        self.dialog_of(self.press_confirm(move))

    def test_what_was_only_recorded_is_asked_about(self):
        move = self.wrong()
        move._post()
        move.button_draft()

        self.dialog_of(self.press_confirm(move)).action_confirm()

        self.assertEqual(
            self.records_of(move).mapped("decision"), ["recorded", "confirmed"]
        )

    def test_the_list_asks_for_all_at_once(self):
        moves = self.good() + self.wrong() + self.doubtful()

        action = moves.with_user(
            self.accountant
        ).action_validate_moves_with_confirmation()

        dialog = self.dialog_of(action)
        self.assertEqual(dialog.line_ids.move_id, moves[1:])
        self.assertEqual(set(moves.mapped("state")), {"draft"})
        dialog.action_confirm()
        self.assertEqual(set(moves.mapped("state")), {"posted"})

    def test_odoos_own_dialog_asks_too_but_not_twice(self):
        """Future invoices pass through a dialog of Odoo's before they are posted."""
        move = self.wrong()
        move.invoice_date = "2099-01-05"
        moves = move.with_user(self.accountant)

        dialog = self.dialog_of(moves.action_validate_moves_with_confirmation())
        action = dialog.action_confirm()
        self.assertEqual(action["res_model"], "validate.account.move")
        odoos = self.env["validate.account.move"].with_user(self.accountant)
        odoos = odoos.browse(action["res_id"]).with_context(**action["context"])
        odoos.force_post = True
        odoos.validate_move()
        self.assertEqual(move.state, "posted")

        other = self.wrong()
        odoos = odoos.with_context(account_ai_asked=[]).create(
            {"move_ids": [Command.set(other.ids)]}
        )
        dialog = self.dialog_of(odoos.validate_move())
        self.assertEqual(other.state, "draft")
        dialog.action_confirm()
        self.assertEqual(other.state, "posted")

    def test_what_changed_while_the_dialog_was_open_is_shown(self):
        move = self.doubtful()
        dialog = self.dialog_of(self.press_confirm(move))
        move.partner_id = self.wrong_partner
        self.synchronize()

        again = self.dialog_of(dialog.action_confirm())

        self.assertEqual(move.state, "draft")
        self.assertIn("RUT_DV", again.line_ids.mapped("code"))

    def test_block_lists_every_offender(self):
        """Codes and numbers of entries: what is raised ends in logs."""
        self.policy("block")
        allowed = [self.good(), self.doubtful()]
        offenders = [self.wrong() for _number in range(3)]
        moves = self.env["account.move"].concat(*allowed, *offenders)

        with self.assertRaises(UserError) as caught:
            moves.with_user(self.accountant)._post()

        message = str(caught.exception)
        listed = [line for line in message.splitlines() if line.startswith("- ")]
        self.assertEqual(len(listed), len(offenders))
        for move, line in zip(offenders, listed, strict=True):
            self.assertIn(f"(id {move.id})", line)
            self.assertIn("RUT_DV", line)
        self.assertNotIn(self.wrong_partner.vat, message)
        self.assertEqual(set(moves.mapped("state")), {"draft"})

    def test_block_shows_offenders_and_posts_the_others(self):
        self.policy("block")
        moves = self.good() + self.wrong() + self.doubtful()
        action = moves.with_user(
            self.accountant
        ).action_validate_moves_with_confirmation()
        dialog = self.dialog_of(action)
        self.assertEqual((dialog.blocked_count, dialog.other_count), (1, 2))

        dialog.action_post_others()

        self.assertEqual(moves.mapped("state"), ["posted", "draft", "posted"])
        self.assertEqual(self.records_of(moves[2]).decision, "confirmed")

    def test_block_lets_code_post_warnings(self):
        self.policy("block")
        move = self.doubtful()

        move._post()

        self.assertEqual(self.records_of(move).decision, "recorded")

    def test_the_journal_overrides_the_company(self):
        self.policy("off")
        move = self.wrong()
        move.journal_id.account_ai_posting_policy = "block"

        with self.assertRaises(UserError):
            move._post()

        self.policy("block")
        move.journal_id.account_ai_posting_policy = "off"
        move._post()
        self.assertEqual(move.state, "posted")

    def test_each_company_has_its_own_policy(self):
        self.policy("block")
        self.other_company.account_ai_posting_policy = "warn"
        self.env["res.users"].browse(self.env.uid).company_ids += self.other_company
        own = self.wrong()
        other = self.create_move(partner=self.wrong_partner, company=self.other_company)
        both = (own + other).with_context(
            allowed_company_ids=(self.company + self.other_company).ids
        )

        with self.assertRaises(UserError) as caught:
            both._post()
        self.assertIn(f"(id {own.id})", str(caught.exception))
        self.assertNotIn(f"(id {other.id})", str(caught.exception))

        other._post()
        record = self.records_of(other)
        self.assertEqual(record.company_id, self.other_company)
        self.assertFalse(
            self.env["account.ai.posting.record"]
            .with_user(self.accountant)
            .search([("id", "=", record.id)])
        )

    def _assert_left_alone(self, move):
        self.policy("block")
        with patch.object(
            type(self.env["account.ai.document.reader"]),
            "_read_with_places",
            side_effect=AssertionError("it was read"),
        ):
            self.assertFalse(move._account_ai_judge_posting())

    def test_other_countries_are_left_alone(self):
        move = self.wrong()
        self.company.account_fiscal_country_id = self.env.ref("base.us")
        self._assert_left_alone(move)

    def test_journals_without_tax_documents_are_left_alone(self):
        move = self.wrong()
        move.journal_id.l10n_latam_use_documents = False
        self._assert_left_alone(move)

    def test_entries_and_receipts_are_left_alone(self):
        journal = self.env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", self.company.id)], limit=1
        )
        moves = self.env["account.move"].create(
            [
                {"journal_id": journal.id},
                {"move_type": "out_receipt", "partner_id": self.wrong_partner.id},
            ]
        )
        self._assert_left_alone(moves)

    def test_payments_are_left_alone(self):
        self.policy("require")
        move = self.good()
        self.company.account_ai_posting_policy = "off"
        move._post()
        self.policy("require")

        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({})
            ._create_payments()
        )

        self.assertIn(payment.state, ("in_process", "paid"))

    def test_a_bill_that_is_not_allowed_stays_a_draft_when_posted_automatically(self):
        """The mail that brought it must not fail."""
        self.policy("block")
        self.company.autopost_bills = True
        self.wrong_partner.autopost_bills = "always"
        bill = self.create_move(
            move_type="in_invoice",
            partner=self.wrong_partner,
            invoice_date="2026-11-02",
            l10n_latam_document_number="881",
        )

        bill._autopost_bill()

        self.assertEqual(bill.state, "draft")
        self.assertIn("posting policy", bill.message_ids[0].body)

        self.policy("warn")
        bill._autopost_bill()
        self.assertEqual(bill.state, "posted")

    def test_a_bill_that_is_not_posted_automatically_is_left_alone(self):
        self.policy("block")
        bill = self.create_move(move_type="in_invoice", partner=self.wrong_partner)
        messages = bill.message_ids

        bill._autopost_bill()

        self.assertEqual(bill.message_ids, messages)

    def test_the_dialog_of_odoo_comes_after_ours(self):
        """An abnormal amount is still asked about."""
        move = self.wrong()
        with patch.object(
            type(move),
            "_compute_abnormal_warnings",
            lambda moves: moves.update(
                {"abnormal_amount_warning": "unusual", "abnormal_date_warning": False}
            ),
        ):
            action = self.dialog_of(self.press_confirm(move)).action_confirm()

        self.assertEqual(action["res_model"], "validate.account.move")
        self.assertEqual(action["context"]["account_ai_asked"], move.ids)
        self.assertEqual(move.state, "draft")

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .posting_case import PostingCase


@tagged("post_install", "-at_install")
class TestPostingOverride(PostingCase):
    """Who may post against the policy, and what is recorded about it."""

    uses_simulator = False

    def _blocked(self, user):
        self.policy("block")
        move = self.wrong()
        return move, self.dialog_of(self.press_confirm(move, user), user)

    def test_a_reviewer_overrides_with_a_reason(self):
        move, dialog = self._blocked(self.reviewer)
        dialog.reason = "  El SII confirmó el RUT por escrito.  "

        dialog.action_override()

        self.assertEqual(move.state, "posted")
        record = self.records_of(move)
        self.assertEqual(record.decision, "overridden")
        self.assertEqual(record.policy, "block")
        self.assertEqual(record.problem, "rule_errors")
        self.assertEqual(record.reason, "El SII confirmó el RUT por escrito.")
        self.assertEqual(record.user_id, self.reviewer)
        self.assertIn("RUT_DV", [each["code"] for each in record.findings])
        self.assertIn("El SII confirmó", move.message_ids[0].body)
        self.assertEqual(move.message_ids[0].author_id, self.reviewer.partner_id)

    def test_nobody_overrides_without_a_reason(self):
        move, dialog = self._blocked(self.reviewer)
        for reason in (False, "", "  \n "):
            dialog.reason = reason
            with self.assertRaises(UserError):
                dialog.action_override()
        self.assertEqual(move.state, "draft")

    def test_who_has_not_the_right_is_refused(self):
        for user in (self.accountant, self.plain_accountant):
            move, dialog = self._blocked(user)
            self.assertFalse(dialog.may_override)
            dialog.reason = "Me parece bien."
            with self.assertRaises(AccessError):
                dialog.action_override()
            with self.assertRaises(UserError):
                dialog.action_confirm()
            self.assertEqual(move.state, "draft")

    def test_nothing_that_a_client_sends_stands_in_for_an_override(self):
        move, dialog = self._blocked(self.accountant)
        forged = move.with_user(self.accountant).with_context(
            account_ai_asked=move.ids,
            account_ai_posting_policy="off",
            disable_abnormal_invoice_detection=False,
        )
        with self.assertRaises(UserError):
            forged.action_post()
        with self.assertRaises(UserError):
            forged.action_validate_moves_with_confirmation()
        asked = dialog.with_context(account_ai_asked=move.ids)
        for forged_values in ({"digest": "0"}, {"blocked_count": 0}):
            with self.assertRaises(AccessError):
                asked.write(forged_values)
        asked.reason = "x"
        with self.assertRaises(UserError):
            asked.action_confirm()
        self.assertEqual(move.state, "draft")

        values = {
            "move_id": move.id,
            "company_id": self.company.id,
            "policy": "block",
            "problem": "rule_errors",
            "decision": "overridden",
            "reason": "x",
        }
        for user in (self.accountant, self.reviewer, self.manager):
            records = self.env["account.ai.posting.record"].with_user(user)
            with self.assertRaises(AccessError):
                records.create(values)

    def test_records_are_not_changed_by_anybody(self):
        move, dialog = self._blocked(self.reviewer)
        dialog.reason = "Confirmado."
        dialog.action_override()
        for user in (self.reviewer, self.manager, self.env.ref("base.user_admin")):
            record = self.records_of(move).with_user(user)
            with self.assertRaises(AccessError):
                record.reason = "Otra cosa"
            with self.assertRaises(AccessError):
                record.unlink()

    def test_an_override_holds_until_the_document_changes(self):
        move, dialog = self._blocked(self.reviewer)
        dialog.reason = "Confirmado."
        dialog.action_override()
        move.button_draft()
        self.assertFalse(self.press_confirm(move))
        self.assertEqual(len(self.records_of(move)), 1)

        move.button_draft()
        move.invoice_line_ids.price_unit += 1000
        self.synchronize()

        with self.assertRaises(UserError):
            move._post()

    def test_an_override_of_one_is_none_of_another(self):
        _move, dialog = self._blocked(self.reviewer)
        dialog.reason = "Confirmado."
        dialog.action_override()

        with self.assertRaises(UserError):
            self.wrong()._post()

    def test_a_confirmation_under_warn_is_no_override(self):
        move = self.wrong()
        self.dialog_of(self.press_confirm(move)).action_confirm()
        move.button_draft()
        self.policy("block")

        with self.assertRaises(UserError):
            move._post()

    def test_evidence_is_forgotten_past_the_retention_time(self):
        move, dialog = self._blocked(self.reviewer)
        dialog.reason = "Confirmado."
        dialog.action_override()
        record = self.records_of(move)
        self.assertIn(self.wrong_partner.vat, record.findings_text)
        self.env["account.ai.posting.record"]._gc_findings()
        self.assertFalse(record.findings_forgotten)

        self.env.cr.execute(
            "UPDATE account_ai_posting_record SET create_date = '2025-01-01'"
        )
        self.env.invalidate_all()
        self.env["account.ai.posting.record"]._gc_findings()

        self.assertNotIn(self.wrong_partner.vat, record.findings_text)
        self.assertIn("RUT_DV", record.findings_text)
        self.assertEqual(record.reason, "Confirmado.")

    # === Who sets the policy === #

    def test_an_administrator_of_the_addon_sets_the_policy(self):
        dialogs = self.env["account.ai.company.settings"]
        dialog = dialogs.with_user(self.manager).create({})
        self.assertEqual(dialog.posting_policy, "warn")
        dialog.posting_policy = "require"
        dialog.posting_rules_only = False
        dialog.action_apply()

        self.assertEqual(self.company.account_ai_posting_policy, "require")
        self.assertFalse(self.company.account_ai_posting_rules_only)

    def test_others_do_not(self):
        journal = self._sales_journal()
        for user in (self.accountant, self.reviewer):
            with self.assertRaises(AccessError):
                self.company.with_user(user).account_ai_posting_policy = "off"
            with self.assertRaises(AccessError):
                journal.with_user(user).account_ai_posting_policy = "off"
            with self.assertRaises(AccessError):
                self.env["account.ai.company.settings"].with_user(user).create({})

    def test_a_changed_policy_of_a_journal_leaves_a_trace(self):
        journal = self._sales_journal()
        journal.account_ai_posting_policy = "off"
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertIn(
            "account_ai_posting_policy",
            journal.message_ids.tracking_value_ids.field_id.mapped("name"),
        )

    def _sales_journal(self):
        """Return the journal of sales."""
        return self.good().journal_id

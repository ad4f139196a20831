from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .review_case import FILLER_RUT, VAGUE, ReviewCase


@tagged("post_install", "-at_install")
class TestDispositions(ReviewCase):
    """A person with the right decides; the decision is valid for the same facts."""

    def test_a_decision_of_another_kind_of_data_is_refused(self):
        move = self.validated()
        for kind, reason, note in (
            (["accepted"], "agreed", ""),
            ({}, "agreed", ""),
            (7, "agreed", ""),
            ("accepted", ["agreed"], ""),
            ("accepted", {}, ""),
            ("accepted", "other", ["why"]),
            ("accepted", "other", 7),
        ):
            with self.subTest(kind=kind, reason=reason, note=note):
                with self.assertRaises(UserError):
                    self.dispose(move, "RUT_DV", kind, reason, note)

    def test_a_reason_that_no_store_takes(self):
        move = self.validated()
        self.dispose(move, "RUT_DV", "accepted", "other", "The vendor\0 \ud83d")
        decision = self.finding(move, "RUT_DV").disposition_id
        self.assertEqual(decision.note, "The vendor\ufffd \ufffd")

    def test_an_accepted_error_counts_no_more(self):
        move = self.validated()
        self.assertEqual(move.account_ai_verdict, "reject")
        self.dispose(move, "RUT_DV", "accepted", "other", "The vendor is mending it")
        finding = self.finding(move, "RUT_DV")
        self.assertTrue(finding.dismissed)
        self.assertEqual(move.account_ai_verdict, "review")
        self.assertEqual(move.account_ai_validation_id.verdict, "review")
        self.assertEqual(move.account_ai_validation_id.rules_verdict, "send")

    def test_when_all_is_dismissed_it_can_be_sent(self):
        """Claude's own verdict falls with the findings that it rests on."""
        move = self.validated()
        self.dismiss_all(move)
        self.assertEqual(move.account_ai_verdict, "send")

    def test_confirmed_findings_count_and_leave_the_queue(self):
        move = self.validated()
        self.dispose(move, "RUT_DV", "confirmed")
        self.dispose(move, "SEM_VAGUE_DESC", "confirmed")
        self.assertEqual(move.account_ai_verdict, "reject")
        reviews = self.env["account.ai.review"].search([("move_id", "=", move.id)])
        self.assertFalse(reviews)

    def test_it_does_not_come_back_for_the_same_facts(self):
        move = self.validated()
        self.dismiss_all(move)
        self.validate(move, force=True)
        self.synchronize()
        finding = self.finding(move, "RUT_DV")
        self.assertTrue(finding.dismissed)
        self.assertEqual(finding.disposition_id.user_id, self.reviewer)
        self.assertEqual(move.account_ai_verdict, "send")

    def test_the_rules_verdict_heeds_it_before_claude_has_answered(self):
        move = self.validated()
        self.dispose(move, "RUT_DV", "accepted", "agreed")
        opened = self.start(move, force=True).opened
        self.assertEqual(opened.rules_verdict.value, "send")
        self.assertTrue(opened.judged.findings[0].dismissed)

    def test_it_comes_back_when_the_facts_change(self):
        move = self.validated()
        self.dismiss_all(move)
        self.wrong_partner.with_context(no_vat_validation=True).vat = "77812345-8"
        move.invoice_line_ids.name = "Varios"
        self.validate(move)
        self.synchronize()
        self.assertFalse(self.finding(move, "RUT_DV").dismissed)
        self.assertFalse(self.finding(move, "SEM_VAGUE_DESC").dismissed)
        self.assertEqual(move.account_ai_verdict, "reject")

    def test_other_changes_do_not_bring_it_back(self):
        move = self.validated()
        self.dispose(move, "RUT_DV", "accepted", "agreed")
        move.invoice_line_ids.price_unit = 160_000
        self.validate(move)
        self.assertTrue(self.finding(move, "RUT_DV").dismissed)

    def test_posting_does_not_bring_it_back(self):
        move = self.validated(partner=self._create_partner("Relleno SpA", FILLER_RUT))
        codes = self.codes(move.account_ai_validation_id, "rule")
        self.assertTrue(codes)
        for code in codes:
            self.dispose(move, code, "false_alarm", "misread")
        move.with_context(account_ai_posting_decided=True)._post()
        self.validate(move, force=True)
        for code in codes:
            self.assertTrue(self.finding(move, code).dismissed, code)

    def test_a_decision_is_judged_anew_without_a_call(self):
        """Nothing changed for Claude: the stored answer is used again."""
        move = self.validated()
        self.dispose(move, "RUT_DV", "accepted", "agreed")
        calls = len(self.calls())
        validation = self.validate(move)
        self.assertEqual(len(self.calls()), calls)
        self.assertEqual(validation.verdict, "review")

    def test_a_decision_while_claude_is_reading_holds(self):
        move = self.validated()
        opened = self.start(move, force=True).opened
        self.dispose(move, "RUT_DV", "accepted", "agreed")
        self.carry_out(opened)
        self.assertTrue(self.finding(move, "RUT_DV").dismissed)
        self.assertEqual(move.account_ai_verdict, "review")

    def test_without_claude_it_stays_a_review(self):
        self.use_closed_endpoint()
        move = self.validated()
        self.dispose(move, "RUT_DV", "accepted", "agreed")
        self.assertEqual(move.account_ai_verdict, "review")

    def test_the_panel_says_who_and_why(self):
        move = self.validated()
        self.dispose(move, "RUT_DV", "false_alarm", "other", "Read from a bad scan")
        panel = move.with_user(self.accountant).account_ai_panel()
        shown = {each["code"]: each for each in panel["validation"]["findings"]}
        self.assertTrue(shown["RUT_DV"]["dismissed"])
        disposition = shown["RUT_DV"]["disposition"]
        self.assertEqual(disposition["user"], self.reviewer.name)
        self.assertIn("Read from a bad scan", disposition["reason"])
        self.assertFalse(shown["SEM_VAGUE_DESC"]["dismissed"])

    def test_the_chatter_keeps_it(self):
        move = self.validated()
        self.dispose(move, "RUT_DV", "accepted", "other", "Mended tomorrow")
        note = move.message_ids.sorted("id")[-1]
        self.assertEqual(note.author_id, self.reviewer.partner_id)
        for text in ("RUT_DV", "Accepted", "Mended tomorrow", "Reject → Review"):
            self.assertIn(text, note.body)

    def test_taking_it_back(self):
        move = self.validated()
        self.dispose(move, "RUT_DV", "accepted", "agreed")
        item = self.dispose(move, "RUT_DV", "reopened")
        self.assertEqual(move.account_ai_verdict, "reject")
        self.assertEqual(item["errors"], 1)
        self.assertFalse(self.finding(move, "RUT_DV").disposition_id)
        self.validate(move, force=True)
        self.assertFalse(self.finding(move, "RUT_DV").dismissed)

    def test_the_newest_decision_holds_and_all_are_kept(self):
        move = self.validated()
        self.dispose(move, "RUT_DV", "accepted", "agreed")
        self.dispose(move, "RUT_DV", "confirmed")
        decisions = self.env["account.ai.disposition"].search(
            [("move_id", "=", move.id)]
        )
        self.assertEqual(
            [(each.kind, each.superseded) for each in decisions],
            [("confirmed", False), ("accepted", True)],
        )
        self.assertFalse(self.finding(move, "RUT_DV").dismissed)
        self.assertEqual(decisions[0].verdict_before, "review")
        self.assertEqual(decisions[0].verdict_after, "reject")

    def test_equal_lines_are_decided_together(self):
        move = self.create_move([(VAGUE, 150_000), (VAGUE, 150_000)])
        self.validate(move)
        findings = self.finding(move, "SEM_VAGUE_DESC")
        self.assertEqual(len(findings), 2)
        findings[0].with_user(self.reviewer).dispose("accepted", "agreed")
        self.assertEqual(findings.mapped("dismissed"), [True, True])

    def test_a_validation_of_before_has_its_facts_worked_out(self):
        """Findings that an earlier version stored have no fingerprint yet."""
        move = self.validated()
        self.finding(move, "RUT_DV").sudo().facts_fingerprint = False
        self.dispose(move, "RUT_DV", "accepted", "agreed")
        self.validate(move, force=True)
        self.assertTrue(self.finding(move, "RUT_DV").dismissed)

    def test_deleted_facts_cannot_be_decided_about(self):
        move = self.validated()
        self.finding(move, "RUT_DV").sudo().facts_fingerprint = False
        move.account_ai_validation_id.sudo()._forget_facts()
        with self.assertRaisesRegex(UserError, "retention"):
            self.dispose(move, "RUT_DV", "confirmed")

    def test_a_deleted_invoice_leaves_its_decisions(self):
        move = self.validated()
        self.dispose(move, "RUT_DV", "confirmed")
        decision = self.finding(move, "RUT_DV").disposition_id
        move.unlink()
        self.synchronize()
        self.assertTrue(decision.exists())
        self.assertFalse(decision.move_id)


@tagged("post_install", "-at_install")
class TestDispositionRights(ReviewCase):
    """Only reviewers decide, only with a reason, and nobody can forge a decision."""

    def setUp(self):
        super().setUp()
        self.move = self.validated()

    def test_a_user_may_not_decide(self):
        for user in (self.accountant, self.plain_accountant, self.other_accountant):
            with self.assertRaises(AccessError):
                self.dispose(self.move, "RUT_DV", "confirmed", user=user)
        self.assertEqual(self.move.account_ai_verdict, "reject")

    def test_a_reviewer_of_another_company_may_not(self):
        foreign = new_test_user(
            self.env,
            login="foreign_reviewer",
            groups="account.group_account_invoice,account_ai.group_reviewer",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        with self.assertRaises(AccessError):
            self.dispose(self.move, "RUT_DV", "confirmed", user=foreign)

    def test_a_reviewer_who_may_not_read_the_invoice_may_not(self):
        reviewer = new_test_user(
            self.env,
            login="reviewer_without_invoices",
            groups="account_ai.group_reviewer",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.dispose(self.move, "RUT_DV", "confirmed", user=reviewer)

    def test_dismissing_needs_a_reason(self):
        for kind, reason, note in (
            ("false_alarm", False, ""),
            ("accepted", False, "because"),
            ("accepted", "other", "  "),
            ("accepted", "misread", ""),
            ("false_alarm", "nonsense", ""),
            ("confirmed", "agreed", ""),
            ("nonsense", "agreed", ""),
        ):
            with self.subTest(kind=kind, reason=reason), self.assertRaises(UserError):
                self.dispose(self.move, "RUT_DV", kind, reason, note)
        self.assertFalse(self.env["account.ai.disposition"].search([]))

    def test_an_earlier_validation_cannot_be_decided_about(self):
        earlier = self.finding(self.move, "RUT_DV")
        self.validate(self.move, force=True)
        with self.assertRaisesRegex(UserError, "again"):
            earlier.with_user(self.reviewer).dispose("confirmed")

    def test_nobody_writes_decisions_by_hand(self):
        self.dispose(self.move, "RUT_DV", "confirmed")
        for user in (self.reviewer, self.manager):
            decisions = self.env["account.ai.disposition"].with_user(user)
            for operation in ("create", "write", "unlink"):
                self.assertFalse(decisions.has_access(operation), operation)
            self.assertTrue(decisions.search([]))
        findings = self.env["account.ai.finding"].with_user(self.manager)
        self.assertFalse(findings.has_access("write"))

    def test_decisions_of_other_companies_are_not_seen(self):
        self.dispose(self.move, "RUT_DV", "confirmed")
        decisions = self.env["account.ai.disposition"]
        self.assertTrue(self.seen_by(self.accountant, decisions).search([]))
        self.assertFalse(self.seen_by(self.other_accountant, decisions).search([]))

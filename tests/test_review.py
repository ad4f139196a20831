from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.services.validation.finding import Severity

from .validation_case import ValidationCase

WRONG_RUT = "77812345-9"
FILLER_RUT = "77777777-7"
VAGUE = "Servicios varios"


class ReviewCase(ValidationCase):
    """An invoice with an error of the rules and a warning of Claude's, validated."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wrong_partner = cls._create_partner("Viña Los Aromos Ltda.", WRONG_RUT)

    def validated(self, text=VAGUE, partner=None, price=150_000, **values):
        move = self.create_move(
            [(text, price)], partner=partner or self.wrong_partner, **values
        )
        self.validate(move)
        return move

    def finding(self, move, code):
        """Return the finding ``code`` of the invoice's last validation."""
        self.synchronize()
        validation = move.account_ai_validation_id
        return validation.finding_ids.filtered(lambda each: each.code == code)

    def seen_by(self, user, records):
        """Return the records as ``user`` has them, in the user's own companies."""
        companies = user.company_ids.ids
        return records.with_user(user).with_context(allowed_company_ids=companies)

    def dispose(self, move, code, kind, reason=False, note="", user=None):
        """Decide about a finding as the reviewer."""
        finding = self.seen_by(user or self.reviewer, self.finding(move, code))
        result = finding.dispose(kind, reason, note)
        self.synchronize()
        return result

    def dismiss_all(self, move):
        for finding in self.finding(move, "RUT_DV") + self.finding(
            move, "SEM_VAGUE_DESC"
        ):
            self.dispose(move, finding.code, "accepted", "agreed")


@tagged("post_install", "-at_install")
class TestDispositions(ReviewCase):
    """A person with the right decides; the facts are what the decision holds for."""

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
        run = self.start(move, force=True).run
        self.assertEqual(run.rules_verdict.value, "send")
        self.assertTrue(run.judged.findings[0].dismissed)

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
        run = self.start(move, force=True).run
        self.dispose(move, "RUT_DV", "accepted", "agreed")
        self.carry_out(run)
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


@tagged("post_install", "-at_install")
class TestQueue(ReviewCase):
    """What stands to lose comes first."""

    def queue(self, user=None):
        self.synchronize()
        return self.seen_by(user or self.reviewer, self.env["account.ai.review"])

    def test_amount_at_risk_and_age_give_the_order(self):
        small = self.validated(price=100_000)
        large = self.validated(price=900_000)
        warned = self.validated(partner=self.partner, price=900_000)
        day = fields.Date.context_today(self.env.user) - timedelta(days=60)
        old = self.validated(price=400_000, invoice_date=day)
        queue = self.queue().search([])
        self.assertEqual(queue.move_id.ids, (old + large + warned + small).ids)
        risks = dict(
            zip(queue.move_id.ids, queue.mapped("amount_at_risk"), strict=True)
        )
        self.assertEqual(risks[large.id], large.amount_total)
        self.assertEqual(risks[warned.id], warned.amount_total / 4)
        self.assertAlmostEqual(queue[0].age_days, 60, delta=1)

    def test_only_what_is_open(self):
        move = self.validated()
        clean = self.validated("Mantención de bombas de agua", self.partner)
        self.assertEqual(self.queue().search([]).move_id, move)
        self.assertEqual(clean.account_ai_verdict, "send")
        self.dispose(move, "RUT_DV", "confirmed")
        review = self.queue().search([])
        self.assertEqual((review.errors, review.warnings), (0, 1))
        move.button_cancel()
        self.assertFalse(self.queue().search([]))

    def test_the_queue_with_its_findings(self):
        move = self.validated()
        data = self.queue().get_queue()
        self.assertEqual(data["total"], 1)
        item = data["items"][0]
        self.assertEqual(item["move_id"], move.id)
        self.assertEqual(
            {each["code"] for each in item["findings"]}, {"RUT_DV", "SEM_VAGUE_DESC"}
        )
        self.assertEqual(
            [each["code"] for each in data["reasons"]["false_alarm"]],
            ["not_applicable", "misread", "other"],
        )

    def test_it_costs_no_more_queries_with_more_invoices(self):
        """Apart from reading texts in packets, which the ORM does."""
        self.validated()
        queue = self.queue()
        queue.get_queue()
        self.synchronize()
        before = self.env.cr.sql_log_count
        queue.get_queue()
        one = self.env.cr.sql_log_count - before
        for _number in range(4):
            self.validated()
        self.synchronize()
        before = self.env.cr.sql_log_count
        queue.get_queue()
        self.assertLessEqual(self.env.cr.sql_log_count - before, one + 2)

    def test_others_have_no_queue(self):
        self.validated()
        for user in (self.accountant, self.plain_accountant):
            with self.assertRaises(AccessError):
                self.queue(user).get_queue()

    def test_other_companies_are_not_in_it(self):
        self.validated()
        foreign = new_test_user(
            self.env,
            login="foreign_reviewer",
            groups="account.group_account_invoice,account_ai.group_reviewer",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        self.assertEqual(self.queue(foreign).get_queue()["items"], [])

    def test_invoices_that_the_reviewer_may_not_read_are_not_in_it(self):
        self.validated()
        self.env["ir.rule"].create(
            {
                "name": "no customer invoices",
                "model_id": self.env.ref("account.model_account_move").id,
                "domain_force": "[('move_type', '!=', 'out_invoice')]",
            }
        )
        self.assertEqual(self.queue().get_queue()["total"], 0)


@tagged("post_install", "-at_install")
class TestPrecision(ReviewCase):
    """Decisions tell how good a rule is, and a noisy one can be lowered."""

    def setting(self, code="RUT_DV", severity="warning", user=None, **values):
        settings = self.env["account.ai.rule.setting"].with_user(user or self.manager)
        return settings.create(
            {
                "code": code,
                "severity": severity,
                "reason": "Eleven false alarms in October",
                "company_id": self.company.id,
                **values,
            }
        )

    def test_precision_is_what_reviewers_found_right(self):
        moves = [self.validated(price=price) for price in (100_000, 200_000, 300_000)]
        self.dispose(moves[0], "RUT_DV", "confirmed")
        self.dispose(moves[1], "RUT_DV", "false_alarm", "misread")
        self.dispose(moves[2], "RUT_DV", "accepted", "agreed")
        figures = self.env["account.ai.rule.precision"].with_user(self.manager)
        figure = figures.search([("code", "=", "RUT_DV")])
        self.assertEqual(
            (figure.confirmed, figure.false_alarms, figure.accepted, figure.judged),
            (1, 1, 1, 2),
        )
        self.assertEqual(figure.precision, 0.5)
        self.dispose(moves[0], "RUT_DV", "false_alarm", "misread")
        figure.invalidate_recordset()
        self.assertEqual(figure.precision, 0.0)
        self.dispose(moves[0], "RUT_DV", "reopened")
        figure.invalidate_recordset()
        self.assertEqual((figure.judged, figure.false_alarms), (1, 1))

    def test_precision_is_for_managers(self):
        with self.assertRaises(AccessError):
            self.env["account.ai.rule.precision"].with_user(self.reviewer).search([])

    def test_a_lowered_rule_warns_from_now_on(self):
        move = self.validated("Mantención de bombas de agua")
        self.assertEqual(move.account_ai_verdict, "reject")
        self.setting()
        self.validate(move)
        self.synchronize()
        finding = self.finding(move, "RUT_DV")
        self.assertEqual((finding.severity, finding.demoted_from), ("warning", "error"))
        self.assertEqual(move.account_ai_verdict, "review")

    def test_archiving_gives_the_rule_its_weight_back(self):
        setting = self.setting()
        setting.active = False
        move = self.validated()
        self.assertEqual(self.finding(move, "RUT_DV").severity, "error")

    def test_other_companies_judge_as_before(self):
        self.setting()
        settings = self.env["account.ai.rule.setting"]
        self.assertEqual(
            settings._demoted(self.company.id), {"RUT_DV": Severity.WARNING}
        )
        self.assertEqual(settings._demoted(self.other_company.id), {})

    def test_asking_costs_no_query(self):
        settings = self.env["account.ai.rule.setting"]
        settings._demoted(self.company.id)
        with self.assertQueryCount(0):
            settings._demoted(self.company.id)

    def test_an_error_is_not_hidden(self):
        with self.assertRaisesRegex(ValidationError, "only be lowered"):
            self.setting(severity="information")

    def test_an_unknown_rule_and_an_empty_reason_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "no such rule"):
            self.setting(code="NO_SUCH_RULE")
        with self.assertRaises(ValidationError):
            self.setting(reason="   ")

    @mute_logger("odoo.sql_db")
    def test_one_weight_for_each_rule(self):
        self.setting()
        with self.assertRaises(Exception) as caught:
            self.setting()
        self.assertIn("rule_setting_code_unique", str(caught.exception))

    def test_the_chatter_keeps_who_and_why(self):
        setting = self.setting()
        self.assertEqual(setting.user_id, self.manager)
        self.flush_tracking()
        another = self.manager.copy({"login": "another_manager"})
        setting.with_user(another).active = False
        self.flush_tracking()
        self.assertEqual(setting.user_id, another)
        tracked = setting.message_ids.sudo().tracking_value_ids.field_id
        self.assertIn("active", tracked.mapped("name"))

    def test_only_managers_lower_and_nobody_deletes(self):
        for user in (self.accountant, self.reviewer):
            with self.assertRaises(AccessError):
                self.setting(user=user)
        setting = self.setting()
        self.assertFalse(setting.has_access("unlink"))
        with self.assertRaises(AccessError):
            setting.with_user(self.reviewer).active = False

    def test_the_precision_leads_to_the_weight(self):
        self.dispose(self.validated(), "RUT_DV", "false_alarm", "misread")
        figures = self.env["account.ai.rule.precision"].with_user(self.manager)
        figure = figures.search([("code", "=", "RUT_DV")])
        context = figure.action_demote()["context"]
        self.assertEqual(context["default_severity"], "warning")
        setting = self.setting()
        self.synchronize()
        self.assertEqual(figure.setting_id, setting)
        self.assertEqual(figure.action_demote()["res_id"], setting.id)
        domain = figure.action_dispositions()["domain"]
        self.assertEqual(self.env["account.ai.disposition"].search_count(domain), 1)

    def test_what_claude_found_cannot_be_lowered(self):
        self.dispose(self.validated(), "SEM_VAGUE_DESC", "false_alarm", "misread")
        figures = self.env["account.ai.rule.precision"].with_user(self.manager)
        figure = figures.search([("code", "=", "SEM_VAGUE_DESC")])
        self.assertEqual((figure.origin, figure.can_be_lowered), ("model", False))

    def flush_tracking(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

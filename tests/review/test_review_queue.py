from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.services.validation.finding import Severity

from .review_case import ReviewCase


@tagged("post_install", "-at_install")
class TestQueue(ReviewCase):
    """The highest amount at risk comes first."""

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

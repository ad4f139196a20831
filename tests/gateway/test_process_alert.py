import shutil
import unittest

from odoo.tests import tagged

from ..common.process_case import Browser, ProcessCase

BUDGET = """
env["account.ai.budget"].create({
    "name": "Presupuesto de noviembre", "amount": 0.0001, "limit_type": "soft",
    "thresholds": "80", "company_id": env.ref("base.main_company").id})
"""
NOTIFICATION = ".o_notification .o_notification_content"
TEXT = f"document.querySelector('{NOTIFICATION}').textContent"


@tagged("post_install", "-at_install")
class TestAlertArrives(ProcessCase):
    """A threshold is reached by one person's validation: another one's screen says so.

    Nothing is pretended: the call is settled in the stream's thread, the scheduler is
    woken, delivers, and the message bus brings it to a page that only stands there.
    """

    purpose = "alert"
    options = {"workers": 0}
    users = 1

    def test_a_budget_threshold_alert_arrives(self):
        program = shutil.which("google-chrome")
        if not program:
            raise unittest.SkipTest("there is no browser")
        from dev.screenshot import browser, log_in

        self.run_in_shell(self.server, BUDGET)
        with browser(1280, 900, program) as page:
            log_in(page, self.server.url, "admin", "admin")
            page.open(f"{self.server.url}/odoo/account-ai-alerts")
            page.wait_for("document.querySelector('.o_list_view, .o_view_nocontent')")
            self.assertFalse(
                page.evaluate(f"!!document.querySelector('{NOTIFICATION}')")
            )

            Browser(self.server.url, "user0").validate(self.moves[0])

            page.wait_for(f"document.querySelector('{NOTIFICATION}')")
            self.assertIn("Presupuesto de noviembre", page.evaluate(TEXT))
            page.evaluate(
                "document.querySelector('.o_notification_buttons button').click()"
            )
            page.wait_for("document.querySelector('.o_form_view .o-mail-Chatter')")
            title = "document.querySelector('.oe_title').textContent"
            self.assertIn("80%", page.evaluate(title))
        self.assertEqual(
            self.sql("SELECT kind, state FROM account_ai_alert"),
            [("budget_threshold", "delivered")],
        )
        Browser(self.server.url, "user0").validate(self.moves[0], force="1")
        self.assertEqual(self.sql("SELECT count(*) FROM account_ai_alert"), [(1,)])

"""The limits of the gateway as administrators set them."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.models.gateway.res_company import BOUNDS

from ..common.common import AccountAiCase


@tagged("post_install", "-at_install")
class TestPolicy(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def policy(self, company=None):
        return self.env["account.ai.gateway"]._policy(company or self.company)

    def test_defaults(self):
        policy = self.policy()
        limits = {"validation": 20, "chat": 30, "project_suggestion": 50}
        self.assertLessEqual(limits.items(), policy.limits_per_minute.items())
        self.assertEqual((policy.company_limit, policy.queue_limit), (0, 300))
        self.assertEqual(policy.max_input_tokens, 100_000)
        self.assertEqual(policy.deadline_seconds, 90)
        breaker = policy.breaker
        self.assertEqual(
            (breaker.failures, breaker.open_seconds, breaker.successes), (5, 60, 2)
        )

    def test_an_administrator_of_the_addon_sets_them_for_the_company(self):
        settings = self.env["account.ai.company.settings"].with_user(self.manager)
        with Form(settings) as form:
            self.assertEqual(form.limit_validation, 20)
            form.limit_validation = 7
            form.limit_company = 100
            form.deadline_seconds = 45
            form.max_input_tokens = 60_000
        form.record.action_apply()
        policy = self.policy()
        self.assertEqual(policy.limits_per_minute["validation"], 7)
        self.assertEqual(policy.company_limit, 100)
        self.assertEqual(policy.deadline_seconds, 45)
        self.assertEqual(policy.max_input_tokens, 60_000)
        other = self.policy(self.other_company)
        self.assertEqual(other.limits_per_minute["validation"], 20)

    def test_each_limit_has_bounds(self):
        for name, (least, most) in BOUNDS.items():
            with self.subTest(name):
                self.company[name] = least
                self.company[name] = most
                self.policy()
                for value in (least - 1, most + 1):
                    with self.assertRaises(ValidationError) as caught:
                        self.company[name] = value
                    self.assertIn(f"{most:,}", str(caught.exception))
                    self.env.invalidate_all(flush=False)

    def test_the_bounds_hold_in_the_dialog_and_on_the_page(self):
        settings = self.env["account.ai.company.settings"].with_user(self.manager)
        with self.assertRaises(ValidationError):
            settings.create({"limit_validation": 0}).action_apply()
        with self.assertRaises(ValidationError):
            page = {"account_ai_deadline_seconds": 5000}
            self.env["res.config.settings"].create(page).execute()

    def test_others_do_not_set_them(self):
        with self.assertRaises(AccessError):
            self.company.with_user(self.accountant).account_ai_limit_validation = 999
        self.assertEqual(self.policy().limits_per_minute["validation"], 20)

    # === OF THE DATABASE === #

    def set(self, name, value):
        self.env["ir.config_parameter"].set_param(f"account_ai.{name}", value)

    def test_a_system_administrator_sets_the_breaker_and_the_retry(self):
        with Form(self.env["res.config.settings"]) as form:
            self.assertEqual(form.account_ai_breaker_failures, 5)
            form.account_ai_breaker_failures = 9
            form.account_ai_breaker_seconds = 120
            form.account_ai_breaker_successes = 1
            form.account_ai_retry_attempts = 4
            form.account_ai_retry_wait = 20
        form.record.execute()
        policy = self.policy()
        breaker, retry = policy.breaker, policy.retry
        self.assertEqual(
            (breaker.failures, breaker.open_seconds, breaker.successes), (9, 120, 1)
        )
        self.assertEqual((retry.attempts, retry.retry_after_cap), (4, 20))
        backend = self.env["account.ai.gateway"]._backend()
        self.assertEqual(backend.breaker, breaker)

    def test_the_page_lets_no_other_figure_pass(self):
        pages = self.env["res.config.settings"]
        for name in ("breaker_failures", "breaker_seconds", "retry_attempts"):
            for value in (0, 100_000):
                with self.subTest(name, value=value):
                    with self.assertRaises(ValidationError):
                        pages.create({f"account_ai_{name}": value})

    @mute_logger("odoo.addons.account_ai.models.gateway.account_ai_gateway")
    def test_a_figure_that_makes_no_sense_is_not_obeyed(self):
        for text in ("many", "0", "-1", "1e9", "101"):
            with self.subTest(text):
                self.set("breaker_failures", text)
                self.assertEqual(self.policy().breaker.failures, 5)

    def test_the_policy_costs_no_query(self):
        gateways = self.env["account.ai.gateway"]
        self.policy()
        gateways._backend()
        before = self.env.cr.sql_log_count
        self.policy()
        gateways._backend()
        self.assertEqual(self.env.cr.sql_log_count, before)

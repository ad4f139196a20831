"""How Claude's reports are read, with which key, and who sees the result."""

import os
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.account_ai.models.gateway.account_ai_gateway import (
    ADMIN_KEY_PARAMETER,
)
from odoo.addons.account_ai.services.claude.http.admin import AdminReports
from odoo.addons.account_ai.services.claude.http.client import ClaudeClient
from odoo.addons.account_ai.services.claude.money.reconciliation import Tolerance

from ..common.common import TEST_KEY, AccountAiCase
from .reconciliation_case import ADMIN_KEY, HAIKU, SONNET, ReconciliationCase

LOG = "odoo.addons.account_ai.models.costs.account_ai_reconciliation"


@tagged("post_install", "-at_install")
class TestReports(ReconciliationCase):
    """Reading them: pages, faults and keys."""

    def reports(self, key=ADMIN_KEY):
        client = ClaudeClient(key, self.simulator.base_url)
        self.addCleanup(client.close)
        return AdminReports(client, key)

    def test_pages_are_joined(self):
        first = self.day - timedelta(days=40)
        for days in (0, 20, 40):
            self.call_on(first + timedelta(days=days), f"run{days}:1", SONNET)
        since = len(self.control.requests())
        found = self.reports().read(first, self.day)
        self.assertEqual(len(found), 3)
        total = sum(each.usd for each in found.values())
        self.assertEqual(total, self.billed)
        requests = self.control.requests(since=since)
        asked = [each["endpoint"] for each in requests]
        self.assertEqual(asked, ["cost_report"] * 2 + ["usage_report"] * 2)

    def test_a_wrong_key_is_refused(self):
        for key in (TEST_KEY, "sk-ant-invalid-1"):
            error = self.failure_of(self.reports(key).read, self.day, self.day)
            self.assertEqual((error.code, error.status), ("invalid_admin_key", 401))

    def test_the_cron_tells_of_a_refused_key_once(self):
        self.control.settings(admin_keys=["sk-ant-admin01-other"])
        for _night in range(2):
            with self.assertLogs(LOG) as logs:
                self.rows._reconcile_by_cron()
            self.assertNotIn(ADMIN_KEY, str(logs.output))
        self.assertEqual(len(self.alerts()), 1)
        self.assertFalse(self.rows.search([]))

    def test_the_cron_survives_a_night_without_answer(self):
        for kind in ("overloaded", "html", "empty_body", "reset_before_executing"):
            self.control.fault(kind, match={"endpoint": "cost_report"})
            with self.subTest(kind), self.assertLogs(LOG):
                self.rows._reconcile_by_cron()
        self.assertFalse(self.alerts())
        self.call_on(self.day, "run:1")
        self.rows._reconcile_by_cron()
        self.assertEqual(self.rows.search([]).state, "matches")

    def test_half_of_the_reports_store_nothing(self):
        self.call_on(self.day, "run:1")
        self.control.fault("api_error", match={"endpoint": "usage_report"})
        self.assertEqual(self.failure_of(self.rows._reconcile).code, "server_error")
        self.assertFalse(self.rows.search([]))

    def test_a_report_in_another_currency_is_not_ours(self):
        answer = {
            "data": [
                {
                    "starting_at": f"{self.day}T00:00:00Z",
                    "results": [{"amount": "1", "currency": "EUR", "model": HAIKU}],
                }
            ]
        }
        with patch.object(ClaudeClient, "get", return_value=answer):
            error = self.failure_of(self.reports().read, self.day, self.day)
        self.assertEqual(error.code, "connection")

    def test_without_a_key_nothing_is_asked(self):
        self.set_parameters({ADMIN_KEY_PARAMETER: False})
        since = len(self.control.requests())
        self.rows._reconcile_by_cron()
        self.assertFalse(self.control.requests(since=since))
        error = self.failure_of(self.rows._reconcile)
        self.assertEqual(error.code, "no_admin_key")
        self.assertIn("ACCOUNT_AI_ADMIN_KEY", self.rows.get_empty_list_help(""))

    def test_with_a_key_the_menu_says_what_happens(self):
        self.assertEqual(
            self.rows.get_empty_list_help("<p>Nothing</p>"), "<p>Nothing</p>"
        )

    def test_the_network_is_not_waited_for_in_a_transaction(self):
        order = []

        def commit(*_args, **_kwargs):
            order.append("commit")

        def read(*_args):
            order.append("network")
            return {}

        with (
            patch.object(type(self.env["ir.cron"]), "_commit_progress", commit),
            patch.object(AdminReports, "read", read),
        ):
            self.rows._reconcile()
        self.assertEqual(order[:2], ["commit", "network"])

    def test_the_button(self):
        admin = self.env.ref("base.user_admin")
        self.call_on(self.day, "run:1")
        action = self.rows.with_user(admin).action_reconcile()
        self.assertEqual(action["params"]["type"], "success")
        self.control.settings(admin_keys=["sk-ant-admin01-other"])
        action = self.rows.with_user(admin).action_reconcile()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("Admin key", action["params"]["message"])


@tagged("post_install", "-at_install")
class TestReconciliationAccess(ReconciliationCase):
    uses_simulator = False

    # Not that of the simulator's tests: nothing is asked here.
    def setUp(self):  # pylint: disable=method-required-super
        TransactionCase.setUp(self)
        self.rows = self.env["account.ai.reconciliation"]
        self.values = {
            "day": "2026-11-18",
            "model": HAIKU,
            "endpoint": "https://api",
            "state": "matches",
        }
        self.row = self.rows.create(self.values)

    def test_only_system_administrators_see_it(self):
        # Figures of all companies together are no business of one's administrators.
        for user in (self.accountant, self.reviewer, self.manager):
            with self.assertRaises(AccessError):
                self.row.with_user(user).read(["ours_usd"])
            with self.assertRaises(AccessError):
                self.rows.with_user(user).action_reconcile()
        admin = self.env.ref("base.user_admin")
        self.assertTrue(self.row.with_user(admin).read(["ours_usd"]))

    def test_nobody_writes_it(self):
        admin = self.env.ref("base.user_admin")
        for operation in ("write", "create", "unlink"):
            self.assertFalse(self.row.with_user(admin).has_access(operation), operation)

    @mute_logger("odoo.sql_db")
    def test_one_row_for_a_day_and_model(self):
        with self.assertRaisesRegex(Exception, "day_unique"), self.env.cr.savepoint():
            self.rows.create(self.values)


@tagged("post_install", "-at_install")
class TestAdminKey(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    @property
    def gateway(self):
        return self.env["account.ai.gateway"]

    def test_it_goes_in_and_never_comes_out(self):
        with Form(self.env["res.config.settings"]) as form:
            self.assertEqual(form.account_ai_admin_key_source, "none")
            form.account_ai_admin_key = f" {ADMIN_KEY}\n"
        form.record.execute()
        self.assertEqual(self.gateway._admin_key(), ADMIN_KEY)
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.account_ai_admin_key_source, "database")
        self.assertNotIn(ADMIN_KEY, str(settings.read()))
        self.env.cr.execute(
            "SELECT string_agg(row_to_json(s)::text, ' ') FROM res_config_settings s"
        )
        self.assertNotIn(ADMIN_KEY, self.env.cr.fetchone()[0])
        settings.action_account_ai_remove_admin_key()
        self.assertFalse(self.gateway._admin_key())

    def test_the_key_of_calls_is_not_one(self):
        with self.assertRaises(UserError):
            self.env["res.config.settings"].create({"account_ai_admin_key": TEST_KEY})

    def test_the_environment_wins(self):
        self.env["ir.config_parameter"].set_param(ADMIN_KEY_PARAMETER, ADMIN_KEY)
        with patch.dict(os.environ, {"ACCOUNT_AI_ADMIN_KEY": "sk-ant-admin01-server"}):
            self.assertEqual(self.gateway._admin_key(), "sk-ant-admin01-server")
            settings = self.env["res.config.settings"].create({})
            self.assertEqual(settings.account_ai_admin_key_source, "environment")

    def test_a_neutralized_copy_has_none(self):
        self.env["ir.config_parameter"].set_param(ADMIN_KEY_PARAMETER, ADMIN_KEY)
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "true")
        with patch.dict(os.environ, {"ACCOUNT_AI_ADMIN_KEY": "sk-ant-admin01-server"}):
            self.assertFalse(self.gateway._admin_key())
        with file_open("account_ai/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.registry.clear_cache()
        self.assertFalse(self.gateway._parameter(ADMIN_KEY_PARAMETER))

    def test_it_is_for_system_administrators(self):
        settings = self.env["res.config.settings"].create({})
        for user in (self.accountant, self.manager):
            with self.assertRaises(AccessError):
                settings.with_user(user).action_account_ai_remove_admin_key()

    def test_tolerances_are_kept(self):
        with Form(self.env["res.config.settings"]) as form:
            self.assertEqual(form.account_ai_reconciliation_percent, 1)
            form.account_ai_reconciliation_percent = 0.5
            form.account_ai_reconciliation_usd = 2
        form.record.execute()
        self.assertEqual(
            self.gateway._tolerance(), Tolerance(Decimal("0.5"), Decimal("2.0"))
        )

    def test_no_tolerance_is_a_tolerance(self):
        with Form(self.env["res.config.settings"]) as form:
            form.account_ai_reconciliation_percent = 0
            form.account_ai_reconciliation_usd = 0
        form.record.execute()
        self.assertEqual(self.gateway._tolerance(), Tolerance(Decimal(0), Decimal(0)))
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.account_ai_reconciliation_usd, 0)

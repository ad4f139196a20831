"""Our ledger beside Claude's own reports, read from the simulator over HTTP."""

import os
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.account_ai.models.account_ai_gateway_reports import (
    ADMIN_KEY_PARAMETER,
    PERCENT_PARAMETER,
    USD_PARAMETER,
    WORKSPACE_PARAMETER,
)
from odoo.addons.account_ai.services.claude.admin import AdminReports
from odoo.addons.account_ai.services.claude.client import ClaudeClient
from odoo.addons.account_ai.services.claude.reconciliation import (
    Tolerance,
    share_captured,
)

from .common import TEST_KEY, AccountAiCase
from .test_gateway import GatewayCalls

ADMIN_KEY = "sk-ant-admin01-test"
HAIKU = "claude-haiku-5-5"
SONNET = "claude-sonnet-5-5"
WORKSPACE = "wrkspc_odoo"
LOG = "odoo.addons.account_ai.models.account_ai_reconciliation"
DOOR = "odoo.addons.account_ai.services.claude.log"


class ReconciliationCase(GatewayCalls, AccountAiCase):
    """Calls of a day that is over, in our ledger and at the simulator."""

    uses_accounting = False

    def setUp(self):
        super().setUp()
        commit = patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60.0
        )
        commit.start()
        self.addCleanup(commit.stop)
        self.day = self.env.cr.now().date() - timedelta(days=2)
        self.control = self.simulator.control
        self.control.settings(
            clock=f"{self.day}T12:00:00Z", workspaces={TEST_KEY: WORKSPACE}
        )
        self.set_parameters(
            {ADMIN_KEY_PARAMETER: ADMIN_KEY, PERCENT_PARAMETER: 0, USD_PARAMETER: 0}
        )
        self.rows = self.env["account.ai.reconciliation"]

    def set_parameters(self, values):
        for name, value in values.items():
            self.env["ir.config_parameter"].set_param(name, value)

    def call_on(self, day, key, model=HAIKU):
        """Make a call on ``day``, and book it on that day."""
        self.control.settings(clock=f"{day}T12:00:00Z")
        values = {**self.request.__dict__, "model": model}
        if model.startswith("claude-haiku-4"):
            values["effort"] = None
        request = type(self.request)(**{**values, "language": key})
        with patch.object(GatewayCalls, "request", request):
            result = self.call(key)
        self.move_to(day, key)
        return result

    def move_to(self, day, key):
        """Let a row of the ledger be of another day."""
        self.synchronize()
        self.env.cr.execute(
            "UPDATE account_ai_usage SET opened_at = %s + time '12:00' WHERE key = %s",
            [day, key],
        )
        self.env.invalidate_all()

    def reconcile(self):
        """Compare, as it is done today."""
        self.control.settings(clock=self.env.cr.now().isoformat())
        self.synchronize()
        rows = self.rows._reconcile()
        self.synchronize()
        return rows

    def alerts(self):
        self.synchronize()
        return self.env["account.ai.alert"].search([("kind", "=", "reconciliation")])

    @property
    def billed(self):
        """US$ that the simulator has billed in all."""
        return Decimal(self.control.usage()["usd"])


@tagged("post_install", "-at_install")
class TestReconciliation(ReconciliationCase):
    def test_equal_to_the_digit(self):
        for number in range(3):
            self.call_on(self.day, f"run{number}:1")
        row = self.reconcile()
        self.assertEqual((row.day, row.model), (self.day, HAIKU))
        self.assertEqual(f"{row.theirs_usd:.8f}", f"{self.billed:.8f}")
        self.assertEqual(row.ours_usd, row.theirs_usd)
        self.assertEqual((row.difference_usd, row.share_captured), (0, 1))
        self.assertEqual((row.state, row.calls), ("matches", 3))
        self.assertFalse(row.explanation)
        tokens = self.control.usage()["tokens"]
        self.assertEqual(row.theirs_output, tokens["output_tokens"])
        for bucket in (
            *("uncached_input", "cache_write_5m", "cache_write_1h"),
            *("cache_read", "output"),
        ):
            self.assertEqual(row[f"ours_{bucket}"], row[f"theirs_{bucket}"], bucket)
        self.assertGreater(row.ours_output, 0)
        self.assertFalse(self.alerts())

    def test_days_and_models_are_told_apart(self):
        before = self.day - timedelta(days=1)
        self.call_on(self.day, "a:1")
        self.call_on(self.day, "b:1", SONNET)
        self.call_on(before, "c:1", SONNET)
        rows = self.reconcile()
        self.assertEqual(
            {(row.day, row.model, row.state) for row in rows},
            {
                (self.day, HAIKU, "matches"),
                (self.day, SONNET, "matches"),
                (before, SONNET, "matches"),
            },
        )

    def test_a_call_made_outside_differs_and_alerts_once(self):
        self.call_on(self.day, "run:1")
        self.control.settings(clock=f"{self.day}T13:00:00Z")
        outside = ClaudeClient(TEST_KEY, self.simulator.base_url)
        self.addCleanup(outside.close)
        outside.call(
            '{"model":"claude-haiku-5-5","max_tokens":100,'
            '"messages":[{"role":"user","content":"Hello"}]}'
        )
        row = self.reconcile()
        usage = self.usages()
        self.assertEqual(row.state, "differs")
        self.assertEqual(row.ours_usd, usage.cost_usd)
        self.assertEqual(f"{row.theirs_usd:.8f}", f"{self.billed:.8f}")
        self.assertAlmostEqual(row.share_captured, row.ours_usd / row.theirs_usd)
        self.assertLess(row.difference_usd, 0)
        self.assertIn("workspace of its own", row.explanation)
        alert = self.alerts()
        self.assertFalse(alert.company_id, "for the system's administrators")
        self.assertIn(HAIKU, alert.message)
        self.reconcile()
        self.assertEqual(self.alerts(), alert)

    def test_reading_it_again_changes_nothing_but_the_time(self):
        self.call_on(self.day, "run:1")
        row = self.reconcile()
        before = row.read()[0]
        again = self.reconcile()
        self.assertEqual(again, row)
        after = again.read()[0]
        for values in (before, after):
            for name in ("compared_at", "write_date"):
                values.pop(name)
        self.assertEqual(before, after)

    def test_a_report_that_was_late_is_taken_in_later(self):
        self.control.settings(report_delay_seconds=10 * 86_400)
        self.call_on(self.day, "run:1")
        row = self.reconcile()
        self.assertEqual((row.state, row.theirs_usd), ("differs", 0))
        self.assertIn("late", row.explanation)
        self.control.settings(report_delay_seconds=0)
        self.assertEqual(self.reconcile(), row)
        self.assertEqual((row.state, row.share_captured), ("matches", 1))

    def test_an_unknown_call_is_named_and_stays_as_it_is(self):
        self.control.fault("drop_after_executing", times=2)
        gateway, admission = self.admit("lost:1")
        with patch("time.sleep"), self.assertLogs(DOOR):
            error = self.failure_of(gateway.call, admission)
            gateway.settle(admission, error)
        for key in self.usages().mapped("key"):
            self.move_to(self.day, key)
        row = self.reconcile()
        unknown = self.usages()
        self.assertEqual(set(unknown.mapped("state")), {"unknown"})
        self.assertEqual(row.unknown_calls, len(unknown))
        self.assertAlmostEqual(row.unknown_usd, sum(unknown.mapped("cost_usd")), 8)
        self.assertGreater(row.difference_usd, 0, "estimates are not below the truth")
        self.assertIn("Unknown", row.explanation.splitlines()[0])
        self.assertEqual(self.usages().mapped("cost_usd"), unknown.mapped("cost_usd"))
        action = row.action_open_unknown()
        found = self.env["account.ai.usage"].search(action["domain"])
        self.assertEqual(found, unknown)

    def test_a_correction_counts_on_the_day_of_its_call(self):
        gateway, admission = self.admit("run:1")
        self.synchronize()
        self.env.cr.execute(
            "UPDATE account_ai_usage SET lease_until = opened_at - interval '1 hour'"
        )
        self.env["account.ai.gateway"]._backend().close_expired()
        gateway.settle(admission, gateway.call(admission))
        self.move_to(self.day, "run:1")
        late, correction = self.usages()
        self.assertEqual((late.state, correction.corrects_id), ("unknown", late))
        row = self.reconcile()
        self.assertEqual((row.day, row.state), (self.day, "matches"))
        self.assertEqual((row.calls, row.unknown_calls), (1, 0))
        self.assertEqual(row.ours_output, row.theirs_output)
        found = self.env["account.ai.usage"].search(row.action_open_usage()["domain"])
        self.assertEqual(found, late + correction)

    def test_open_calls_are_named_and_not_counted(self):
        self.admit("open:1")
        self.move_to(self.day, "open:1")
        row = self.reconcile()
        self.assertEqual((row.ours_usd, row.open_calls, row.calls), (0, 1, 0))

    def test_only_calls_to_this_address_are_compared(self):
        self.call_on(self.day, "run:1")
        self.env.cr.execute("UPDATE account_ai_usage SET endpoint = 'https://other'")
        row = self.reconcile()
        self.assertEqual((row.ours_usd, row.calls), (0, 0))
        self.assertGreater(row.theirs_usd, 0)

    def test_today_and_what_is_long_ago_are_left_alone(self):
        today = self.env.cr.now().date()
        self.call_on(self.day, "run:1")
        self.call_on(today, "today:1")
        self.call_on(today - timedelta(days=9), "old:1")
        self.assertEqual(self.reconcile().mapped("day"), [self.day])

    def test_the_name_with_its_date_is_the_same_model(self):
        self.call_on(self.day, "run:1", "claude-haiku-4-5")
        row = self.reconcile()
        self.assertEqual((row.model, row.state), ("claude-haiku-4-5", "matches"))
        found = self.env["account.ai.usage"].search(row.action_open_usage()["domain"])
        self.assertEqual(found, self.usages())

    def test_drill_down_shows_the_rows_of_that_day_and_model(self):
        self.call_on(self.day, "run:1")
        self.call_on(self.day, "other:1", SONNET)
        self.call_on(self.day - timedelta(days=1), "before:1")
        row = self.reconcile().filtered(
            lambda row: (row.day, row.model) == (self.day, HAIKU)
        )
        found = self.env["account.ai.usage"].search(row.action_open_usage()["domain"])
        self.assertEqual(found.mapped("key"), ["run:1"])

    def test_a_workspace_of_its_own(self):
        self.call_on(self.day, "run:1")
        other = ClaudeClient("sk-ant-colleague", self.simulator.base_url)
        self.addCleanup(other.close)
        other.call(
            '{"model":"claude-haiku-5-5","max_tokens":100,'
            '"messages":[{"role":"user","content":"Hello"}]}'
        )
        self.assertEqual(self.reconcile().state, "differs")
        self.set_parameters({WORKSPACE_PARAMETER: WORKSPACE})
        row = self.reconcile()
        self.assertEqual((row.workspace, row.state), (WORKSPACE, "matches"))
        self.assertEqual(self.rows.search_count([]), 2, "both comparisons are kept")
        self.control.settings(default_workspace=WORKSPACE)
        self.set_parameters({WORKSPACE_PARAMETER: "default"})
        self.assertEqual(self.reconcile().state, "matches")

    def test_the_tolerance_is_above_both(self):
        tolerance = Tolerance(percent=Decimal(1), usd=Decimal("0.01"))
        allowed = [
            ("1", "1"),
            ("1.009", "1"),  # less than a cent and a per cent
            ("0", "0.01"),  # all of it, but a cent
            ("100.9", "100"),  # more than a cent, but less than a per cent
        ]
        for ours, theirs in allowed:
            self.assertTrue(tolerance.allows(Decimal(ours), Decimal(theirs)), ours)
        for ours, theirs in (("1.02", "1"), ("98.9", "100"), ("0.02", "0")):
            self.assertFalse(tolerance.allows(Decimal(ours), Decimal(theirs)), ours)

    def test_the_share_captured(self):
        for ours, theirs, share in (
            ("1", "4", "0.25"),
            ("5", "4", "1"),
            ("0", "0", "1"),
            ("3", "0", "1"),
            ("0", "4", "0"),
        ):
            self.assertEqual(
                share_captured(Decimal(ours), Decimal(theirs)), Decimal(share)
            )


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

    def setUp(self):
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

"""Our ledger beside Claude's own reports, read from the simulator over HTTP."""

from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import float_round

from odoo.addons.account_ai.models.gateway.account_ai_gateway import (
    WORKSPACE_PARAMETER,
)
from odoo.addons.account_ai.services.claude.http.admin import TOKEN_BUCKETS, Reported
from odoo.addons.account_ai.services.claude.http.client import ClaudeClient
from odoo.addons.account_ai.services.claude.money.reconciliation import (
    Tolerance,
    share_captured,
)

from ..common.common import TEST_KEY
from .reconciliation_case import HAIKU, SONNET, WORKSPACE, ReconciliationCase

CALL_LOG = "odoo.addons.account_ai.services.claude.http.log"


def _tokens(count):
    return dict.fromkeys(TOKEN_BUCKETS, count)


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
        with patch("time.sleep"), self.assertLogs(CALL_LOG):
            error = self.failure_of(gateway.call, admission)
            gateway.settle(admission, error)
        for key in self.usages().mapped("key"):
            self.move_to(self.day, key)
        row = self.reconcile()
        unknown = self.usages()
        self.assertEqual(set(unknown.mapped("state")), {"unknown"})
        self.assertEqual(row.unknown_calls, len(unknown))
        booked = float_round(sum(unknown.mapped("cost_usd")), precision_digits=8)
        self.assertAlmostEqual(row.unknown_usd, booked, 10)
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

    def test_both_names_of_a_model_in_a_report_are_added(self):
        """As an organization has it whose programs name the model differently."""
        self.call_on(self.day, "run:1")
        reported = {
            (self.day, "claude-haiku-5-5"): Reported(Decimal("0.25"), _tokens(7)),
            (self.day, "claude-haiku-5-5-20261007"): Reported(Decimal("1"), _tokens(5)),
        }
        for report in (reported, dict(reversed(reported.items()))):
            endpoint = self.simulator.base_url
            row = self.rows._compare(self.day, self.day, "", endpoint, report)
            self.assertEqual((row.model, row.theirs_usd), (HAIKU, 1.25))
            self.assertEqual((row.theirs_output, row.theirs_cache_read), (12, 12))

    def test_drill_down_finds_both_names_of_a_model(self):
        self.call_on(self.day, "run:1")
        self.call_on(self.day, "dated:1")
        self.env.cr.execute(
            "UPDATE account_ai_usage SET model = 'claude-haiku-5-5-20991231'"
            " WHERE key = 'dated:1'"
        )
        self.env.invalidate_all()
        row = self.reconcile()
        found = self.env["account.ai.usage"].search(row.action_open_usage()["domain"])
        self.assertEqual(set(found.mapped("key")), {"run:1", "dated:1"})

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

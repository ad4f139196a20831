"""Old detail goes, its sums stay, and users still delete nothing."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_ai.models.gateway.account_ai_usage import (
    DETAIL_DAYS_PARAMETER,
    PURGED_UNTIL_PARAMETER,
)

from ..common.common import AccountAiCase
from .usage_rows import RollupMixin


@tagged("post_install", "-at_install")
class TestUsagePurge(RollupMixin, AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def book_old(self, days, **values):
        opened_at = fields.Datetime.now() - timedelta(days=days)
        return self.book(opened_at=opened_at, **values)

    def purge(self, limit=1000):
        done = self.env["account.ai.usage"]._gc_detail(limit)
        self.env.invalidate_all()
        return done

    def left(self):
        domain = [("company_id", "=", self.company.id)]
        return set(self.env["account.ai.usage"].search(domain).ids)

    def test_old_rows_go_and_their_sums_stay(self):
        old, young = self.book_old(92), self.book_old(88)
        self.roll_up()
        self.assertEqual(self.purge(), (1, False))
        self.assertEqual(self.left(), {young})
        self.assertNotIn(old, self.left())
        self.assertEqual(self.total(), 0.02)

    def test_what_is_open_or_not_rolled_up_stays(self):
        closed = self.book_old(100)
        waiting = self.book_old(100, state="open")
        self.assertEqual(self.purge(), (0, False))
        self.roll_up()
        self.assertEqual(self.purge(), (1, False))
        self.assertEqual(self.left(), {waiting})
        self.assertNotIn(closed, self.left())

    def test_bounded(self):
        for _number in range(5):
            self.book_old(100)
        self.roll_up()
        self.assertEqual(self.purge(2), (2, True))
        self.assertEqual(self.purge(2), (2, True))
        self.assertEqual(self.purge(2), (1, False))

    def test_the_days_can_be_chosen_but_for_two_months(self):
        parameters = self.env["ir.config_parameter"]
        usages = self.env["account.ai.usage"]
        for value, days in ((False, 90), ("365", 365), ("10", 62), ("x", 90)):
            parameters.set_param(DETAIL_DAYS_PARAMETER, value)
            self.assertEqual(usages._detail_days(), days)
        parameters.set_param(DETAIL_DAYS_PARAMETER, "365")
        self.book_old(100)
        self.roll_up()
        self.assertEqual(self.purge(), (0, False))

    def test_the_settings_page(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.account_ai_usage_detail_days, 90)
        settings.account_ai_usage_detail_days = 400
        settings.execute()
        self.assertEqual(self.env["account.ai.usage"]._detail_days(), 400)
        settings = self.env["res.config.settings"].create({})
        settings.account_ai_usage_detail_days = 61
        with self.assertRaises(UserError):
            settings.execute()

    def test_a_rebuild_keeps_the_sums_of_what_is_gone(self):
        self.book_old(100, cost_usd="0.25")
        self.book_old(95, state="open")
        self.book_old(10, cost_usd="0.5")
        self.roll_up()
        self.purge()
        # The hour of an old call that is closed late has its sum, and keeps it.
        self.env.cr.execute(
            "UPDATE account_ai_usage SET state = 'settled', cost_usd = 1"
            " WHERE state = 'open' AND company_id = %s",
            [self.company.id],
        )
        self.roll_up()
        self.env["account.ai.usage.rollup"]._rebuild()
        self.assertEqual(self.total(), 1.75)
        self.assertEqual(self.total("account.ai.usage.day"), 1.75)

    def test_the_moment_only_moves_on(self):
        parameters = self.env["ir.config_parameter"]
        self.book_old(100)
        self.roll_up()
        self.purge()
        known = parameters.get_param(PURGED_UNTIL_PARAMETER)
        parameters.set_param(DETAIL_DAYS_PARAMETER, "365")
        self.book_old(400)
        self.roll_up()
        self.purge()
        self.assertEqual(parameters.get_param(PURGED_UNTIL_PARAMETER), known)

    def test_users_delete_nothing(self):
        usage = self.env["account.ai.usage"].browse(self.book_old(100))
        self.roll_up()
        with self.assertRaises(UserError):
            usage.unlink()
        for group in (self.accountant, self.manager, self.env.ref("base.user_admin")):
            for model in ("account.ai.usage", "account.ai.usage.rollup"):
                self.assertFalse(self.env[model].with_user(group).has_access("unlink"))

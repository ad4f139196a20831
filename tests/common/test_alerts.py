from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.services.claude.ports import Alert

from .common import AccountAiMixin


def an_alert(key="budget:1:2026-11-20:80", company_id=0, **values):
    return Alert(
        kind=values.pop("kind", "budget_threshold"),
        key=key,
        title="Budget %(name)s",
        message="%(name)s is used at 80%%.",
        company_id=company_id,
        params={"name": "Notaría Ñandú"},
        **values,
    )


@tagged("post_install", "-at_install")
class TestAlerts(AccountAiMixin, TransactionCase):
    uses_simulator = False

    def setUp(self):
        super().setUp()
        self.alerts = self.env["account.ai.alert"]

    def raised(self, **values):
        alert = an_alert(company_id=self.company.id, **values)
        self.assertTrue(self.alerts._raise_alert(alert))
        return self.alerts.search([("key", "=", alert.key)])

    def deliver(self):
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60.0
        ):
            self.alerts._deliver_raised()
        self.env.flush_all()

    def test_the_same_key_alerts_once(self):
        self.assertTrue(self.alerts._raise_alert(an_alert()))
        self.assertFalse(self.alerts._raise_alert(an_alert()))
        self.assertEqual(self.alerts.search_count([("key", "=", an_alert().key)]), 1)

    def test_raising_wakes_the_delivery(self):
        cron = self.env.ref("account_ai.ir_cron_account_ai_alerts")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([("cron_id", "=", cron.id)])
        self.raised()
        after = triggers.search_count([("cron_id", "=", cron.id)])
        self.assertEqual(after, before + 1)

    def test_words_are_filled(self):
        alert = self.raised()
        self.assertEqual(alert.title, "Budget Notaría Ñandú")
        self.assertEqual(alert.message, "Notaría Ñandú is used at 80%.")

    def test_a_door_without_environment_raises_too(self):
        self.registry_enter_test_mode()
        backend = PostgresBackend(self.env.cr.dbname)
        with backend.transaction() as transaction:
            self.assertTrue(transaction.alerts.raise_alert(an_alert(key="gateway")))
        self.assertTrue(self.alerts.search([("key", "=", "gateway")]))

    def test_administrators_of_the_company_are_told_everywhere(self):
        alert = self.raised()
        self.deliver()
        self.assertEqual(alert.state, "delivered")
        self.assertIn(self.manager, alert.activity_ids.user_id)
        self.assertNotIn(self.accountant, alert.activity_ids.user_id)
        self.assertNotIn(self.other_accountant, alert.activity_ids.user_id)
        notified = alert.message_ids.notified_partner_ids | alert.message_partner_ids
        mails = self.env["mail.message"].search(
            [("model", "=", alert._name), ("res_id", "=", alert.id)]
        )
        self.assertIn(self.manager.partner_id, notified | mails.notified_partner_ids)
        channel = alert.channel_id
        self.assertIn(self.manager.partner_id, channel.channel_member_ids.partner_id)
        self.assertNotIn(
            self.accountant.partner_id, channel.channel_member_ids.partner_id
        )
        self.assertIn("Notaría Ñandú", channel.message_ids[0].body)

    def test_administrators_of_other_companies_are_not_told(self):
        other_manager = new_test_user(
            self.env,
            login="other_manager",
            groups="account_ai.group_manager",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        alert = self.raised()
        self.deliver()
        told = alert.activity_ids.user_id.partner_id
        told |= alert.message_ids.notified_partner_ids
        told |= alert.channel_id.channel_member_ids.partner_id
        self.assertIn(self.manager.partner_id, told)
        self.assertNotIn(other_manager.partner_id, told)

    def test_is_delivered_once(self):
        alert = self.raised()
        self.deliver()
        activities = alert.activity_ids
        self.deliver()
        self.assertEqual(alert.activity_ids, activities)

    def test_one_private_channel_a_company(self):
        first = self.raised(key="one")
        second = self.raised(key="two")
        self.alerts._raise_alert(an_alert(key="all"))
        self.deliver()
        self.assertEqual(first.channel_id, second.channel_id)
        self.assertEqual(first.channel_id.channel_type, "group")
        everywhere = self.alerts.search([("key", "=", "all")])
        self.assertNotEqual(everywhere.channel_id, first.channel_id)

    def test_what_concerns_all_goes_to_system_administrators(self):
        self.alerts._raise_alert(an_alert(key="all", kind="redis_lost"))
        self.deliver()
        told = self.alerts.search([("key", "=", "all")]).activity_ids.user_id
        self.assertTrue(told)
        self.assertTrue(all(user.has_group("base.group_system") for user in told))
        self.assertNotIn(self.manager, told)

    def test_who_may_read(self):
        mine = self.raised(key="mine")
        self.alerts._raise_alert(an_alert("theirs", self.other_company.id))
        visible = self.alerts.with_user(self.manager).search([])
        self.assertIn(mine, visible)
        self.assertNotIn("theirs", visible.mapped("key"))
        with self.assertRaises(AccessError):
            mine.with_user(self.accountant).check_access("read")
        with self.assertRaises(AccessError):
            mine.with_user(self.manager).write({"key": "other"})

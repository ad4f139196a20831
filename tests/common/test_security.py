"""Who sees the ledger and the technical tables; tests reach no other machine."""

import socket
from decimal import Decimal

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.services.claude.ports import OpenCall, Owner

from .common import TEST_KEY, AccountAiCase


@tagged("post_install", "-at_install")
class TestLedgerAccess(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def setUp(self):
        super().setUp()
        backend = PostgresBackend(self.env.cr.dbname)
        owners = {
            "mine": (self.company, self.accountant),
            "colleague": (self.company, self.reviewer),
            "elsewhere": (self.other_company, self.other_accountant),
        }
        with backend.transaction() as transaction:
            for key, (company, user) in owners.items():
                transaction.ledger.open_all(
                    [
                        OpenCall(
                            key=key,
                            fingerprint="f",
                            owner=Owner(company.id, user.id, "validation"),
                            model="claude-haiku-5-5",
                            endpoint="http://127.0.0.1:1",
                            simulated=True,
                            unit_prices={},
                            estimated_input=1,
                            max_output=1,
                            worst_case_usd=Decimal("0.01"),
                            lease_seconds=90,
                        )
                    ]
                )

    def seen_by(self, user):
        usages = self.env["account.ai.usage"].with_user(user)
        usages = usages.with_context(allowed_company_ids=user.company_ids.ids)
        return set(usages.search([]).mapped("key"))

    def test_users_see_their_own_calls(self):
        self.assertEqual(self.seen_by(self.accountant), {"mine"})
        self.assertEqual(self.seen_by(self.reviewer), {"colleague"})

    def test_administrators_of_the_addon_see_their_companies(self):
        self.assertEqual(self.seen_by(self.manager), {"mine", "colleague"})

    def test_users_of_another_company_see_nothing_of_this_one(self):
        self.assertEqual(self.seen_by(self.other_accountant), {"elsewhere"})

    def test_others_have_no_access(self):
        with self.assertRaises(AccessError):
            self.seen_by(self.plain_accountant)

    def test_nobody_may_write(self):
        for model in (
            "account.ai.usage",
            "account.ai.answer",
            "account.ai.rate.window",
            "account.ai.circuit",
        ):
            records = self.env[model].with_user(self.env.ref("base.user_admin"))
            for operation in ("write", "create", "unlink"):
                self.assertFalse(records.has_access(operation), f"{model} {operation}")
            records = self.env[model].with_user(self.plain_accountant)
            self.assertFalse(records.has_access("read"), model)


@tagged("post_install", "-at_install")
class TestKey(AccountAiCase):
    uses_accounting = False

    def test_the_key_is_in_no_log_line(self):
        with self.assertLogs(level="DEBUG") as logs:
            gateway = self.env["account.ai.gateway"]
            gateway._test_connection(self.company)
            gateway._gateway()
        self.assertTrue(logs.output)
        self.assertNotIn(TEST_KEY, "\n".join(logs.output))

    def test_the_key_travels_in_one_header(self):
        self.env["account.ai.gateway"]._test_connection(self.company)
        self.assertNotIn(TEST_KEY, str(self.simulator.control.requests()))


@tagged("post_install", "-at_install")
class TestNetwork(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def test_tests_cannot_leave_this_machine(self):
        """TEST-NET-1 of RFC 5737 answers nobody: the guard has to be first."""
        with self.assertRaises(AssertionError), socket.socket() as connection:
            connection.settimeout(0.2)
            connection.connect(("192.0.2.1", 443))
        with self.assertRaises(AssertionError):
            socket.create_connection(("api.anthropic.com", 443), timeout=0.2)

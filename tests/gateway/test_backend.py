"""The shared state of the gateway in PostgreSQL."""

import random
from contextlib import contextmanager
from datetime import datetime, timezone
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.services.claude.money.usage import TokenUsage
from odoo.addons.account_ai.services.claude.ports import OpenCall, Owner, Settlement

from ..common.common import AccountAiCase
from .backend_contract import BackendContract
from .budget_contract import BudgetContract
from .database_clock import DatabaseClock


@tagged("post_install", "-at_install")
class TestPostgresContract(BudgetContract, BackendContract, AccountAiCase):
    """The contract that the backend in memory keeps, too."""

    uses_simulator = False
    uses_accounting = False

    def make_backend(self, breaker):
        # At noon: no day ends while a test runs.
        now = datetime.now(timezone.utc)
        noon = now.replace(hour=15, minute=0)
        self.clock = DatabaseClock(self.env.cr)
        self.clock.at(noon)
        return PostgresBackend(self.env.cr.dbname, breaker)

    def advance(self, seconds):
        self.clock.advance(seconds)

    def make_budget(self, amount, period="month", hard=True, operation=None):
        self.env["account.ai.budget"].create(
            {
                "name": "Limit",
                "company_id": self.contract_company_id,
                "amount": float(amount),
                "period": period,
                "limit_type": "hard" if hard else "soft",
                "scope": "operation" if operation else "company",
                "operation": operation,
            }
        )
        self.synchronize()


@tagged("post_install", "-at_install")
class TestLedger(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def setUp(self):
        super().setUp()
        self.backend = PostgresBackend(self.env.cr.dbname)

    def call(self, key="run:1", **values):
        owner = Owner(
            company_id=self.company.id,
            user_id=self.accountant.id,
            operation="validation",
            agent="dte",
            res_model="account.move",
            res_id=7,
            partner_id=self.partner.id,
            run_uuid="run",
        )
        return OpenCall(
            **{
                "key": key,
                "fingerprint": "f" * 64,
                "owner": owner,
                "model": "claude-haiku-5-5",
                "endpoint": "http://127.0.0.1:1",
                "simulated": True,
                "unit_prices": {"input": "0.5"},
                "estimated_input": 8000,
                "max_output": 2000,
                "worst_case_usd": Decimal("0.01050000"),
                "lease_seconds": 90.0,
                **values,
            }
        )

    def settlement(self, **values):
        return Settlement(
            **{
                "state": "settled",
                "usage": TokenUsage(uncached_input=400, cache_read=7000, output=350),
                "cost_usd": Decimal("0.00123456"),
                "estimated": False,
                "outcome": "ok",
                "stop_reason": "end_turn",
                "request_id": "req_1",
                "message_id": "msg_1",
                "unit_prices": {"input": "0.6"},
                "latency_ms": 900,
                "first_token_ms": 300,
                **values,
            }
        )

    def open(self, *args, **kwargs):
        with self.backend.transaction() as transaction:
            return transaction.ledger.open_all([self.call(*args, **kwargs)])[0]

    def settle(self, key="run:1", **values):
        with self.backend.transaction() as transaction:
            return transaction.ledger.settle(key, self.settlement(**values))

    def test_an_open_call_stands_at_its_worst_case(self):
        booking = self.open()
        self.assertTrue(booking.created)
        usage = self.usages()
        self.assertEqual(usage.id, booking.usage_id)
        self.assertEqual((usage.state, usage.estimated), ("open", True))
        self.assertEqual(usage.cost_usd, 0.0105)
        self.assertEqual(usage.company_id, self.company)
        self.assertEqual(usage.user_id, self.accountant)
        lease = usage.lease_until - usage.opened_at
        self.assertAlmostEqual(lease.total_seconds(), 90, delta=1)

    def test_the_same_key_is_booked_once(self):
        first, second = self.open(), self.open()
        self.assertEqual((first.created, second.created), (True, False))
        self.assertEqual(first.usage_id, second.usage_id)
        self.assertEqual(len(self.usages()), 1)

    def test_an_answer_closes_the_row_once(self):
        self.open()
        self.assertTrue(self.settle())
        self.assertFalse(self.settle(cost_usd=Decimal("9"), state="failed"))
        usage = self.usages()
        self.assertEqual(usage.state, "settled")
        self.assertEqual(usage.cost_usd, 0.00123456)
        self.assertEqual(usage.uncached_input_tokens, 400)
        self.assertEqual(usage.cache_read_tokens, 7000)
        self.assertEqual(usage.unit_prices, {"input": "0.6"})
        self.assertFalse(usage.estimated)
        self.assertTrue(usage.settled_at)

    def test_an_answer_that_calls_itself_simulated_marks_its_row(self):
        self.open("run:1", simulated=False)
        self.open("run:2", simulated=False)
        self.settle("run:1", simulated=True)
        self.settle("run:2", simulated=False)
        rows = self.usages().sorted("key")
        self.assertEqual(rows.mapped("simulated"), [True, False])

    def test_a_settled_key_tells_its_state(self):
        self.open()
        self.settle()
        self.assertEqual(self.open().state, "settled")

    def test_a_stored_answer_costs_nothing(self):
        with self.backend.transaction() as transaction:
            booking = transaction.ledger.stored_answer(self.call(), Decimal("0.002"))
        usage = self.usages()
        self.assertEqual(booking.state, "settled")
        self.assertEqual((usage.cost_usd, usage.saved_usd), (0.0, 0.002))
        self.assertTrue(usage.from_store)
        self.assertFalse(self.settle())

    def test_a_call_past_its_lease_becomes_unknown_at_its_worst_case(self):
        self.open("dead:1")
        self.open("alive:1", lease_seconds=1000)
        DatabaseClock(self.env.cr).advance(200)
        closed = self.backend.close_expired()
        self.assertEqual(
            [(call.key, call.run_uuid) for call in closed], [("dead:1", "run")]
        )
        dead, alive = self.usages()
        self.assertEqual((dead.state, dead.outcome), ("unknown", "interrupted"))
        self.assertTrue(dead.estimated)
        self.assertEqual(dead.cost_usd, 0.0105)
        self.assertEqual(alive.state, "open")
        self.assertEqual(self.backend.close_expired(), [])

    def test_an_error_leaves_no_row(self):
        with self.assertRaises(ZeroDivisionError), self.backend.transaction() as tr:
            tr.ledger.open_all([self.call()])[0]
            raise ZeroDivisionError
        self.assertFalse(self.usages())

    def test_company_cost_needs_a_dollar_rate(self):
        dollar = self.env.ref("base.USD")
        dollar.rate_ids.unlink()
        self.synchronize()
        self.open("without:1")
        self.settle("without:1")
        self.assertFalse(self.usages().cost_company_known)

        self.env["res.currency.rate"].create(
            {
                "currency_id": dollar.id,
                "company_id": self.company.id,
                "name": "2026-01-01",
                "company_rate": 1 / 950,
            }
        )
        self.synchronize()
        self.open("with:1")
        self.settle("with:1", cost_usd=Decimal("2"))
        usage = self.usages([("key", "=", "with:1")])
        self.assertTrue(usage.cost_company_known)
        self.assertAlmostEqual(usage.cost_company, 1900, places=1)
        expected = dollar._convert(2, self.company.currency_id, self.company)
        self.assertAlmostEqual(usage.cost_company, expected, delta=1)

    def test_rows_outlive_their_owner(self):
        self.open()
        self.partner.unlink()
        usage = self.usages()
        specification = {"partner_id": {"fields": {"display_name": {}}}}
        self.assertFalse(usage.web_read(specification)[0]["partner_id"])
        self.assertTrue(
            self.env["account.ai.usage"].formatted_read_group([], ["partner_id"])
        )

    def test_a_dollar_company_has_the_same_cost(self):
        self.other_company.currency_id = self.env.ref("base.USD")
        self.synchronize()
        self.open(owner=Owner(self.other_company.id, 0, "validation"))
        self.settle()
        usage = self.usages()
        self.assertTrue(usage.cost_company_known)
        self.assertAlmostEqual(usage.cost_company, 0.0012, places=4)
        self.assertFalse(usage.user_id)

    def test_it_leads_to_its_document_while_there_is_one(self):
        values = {"operation": "validation", "company_id": self.company.id}
        owners = {
            "partner:1": {"res_model": "res.partner", "res_id": self.partner.id},
            "none:1": {},
            "gone:1": {"res_model": "res.partner", "res_id": 99_999_999},
            "uninstalled:1": {"res_model": "hr.payslip.gone", "res_id": 1},
        }
        for key, owner in owners.items():
            self.open(key, owner=Owner(user_id=0, **values, **owner))
        usages = {usage.key: usage for usage in self.usages()}
        action = usages.pop("partner:1").action_open_document()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("res.partner", self.partner.id)
        )
        for usage in usages.values():
            with self.assertRaises(UserError):
                usage.action_open_document()

    def test_the_ledger_cannot_be_changed_by_anybody(self):
        self.open()
        usage = self.usages().sudo()
        for change in (
            lambda: usage.write({"cost_usd": 0}),
            usage.unlink,
            lambda: usage.copy(),
            lambda: usage.create({"key": "x", "state": "open"}),
        ):
            with self.assertRaises(UserError):
                change()


@tagged("post_install", "-at_install")
class TestRateLimit(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def hit(self, seconds=0.0, limit=3, key="k", window=60.0):
        DatabaseClock(self.env.cr).set(seconds)
        with PostgresBackend(self.env.cr.dbname).transaction() as transaction:
            return transaction.limits.hit(key, limit, window)

    def test_the_window_slides(self):
        states = [self.hit(at) for at in (0, 10, 20, 30)]
        self.assertEqual([state.allowed for state in states], [True, True, True, False])
        self.assertEqual([state.remaining for state in states], [2, 1, 0, 0])
        self.assertAlmostEqual(states[3].reset_seconds, 30, delta=1)
        self.assertFalse(self.hit(59).allowed)
        self.assertTrue(self.hit(60.5).allowed)
        self.assertFalse(self.hit(61).allowed)
        self.assertTrue(self.hit(70.5).allowed)

    def test_keys_are_apart(self):
        self.assertTrue(self.hit(limit=1).allowed)
        self.assertFalse(self.hit(limit=1).allowed)
        self.assertTrue(self.hit(limit=1, key="other").allowed)

    def test_a_lowered_limit_holds_at_once(self):
        for at in range(5):
            self.hit(at, limit=10)
        state = self.hit(10, limit=2)
        self.assertFalse(state.allowed)
        self.assertAlmostEqual(state.reset_seconds, 53, delta=1)

    def test_against_the_definition(self):
        """Any sequence: never more than the limit in any window, none refused early."""
        generator = random.Random(20)
        for case in range(5):
            allowed, at = [], 0.0
            for _ in range(60):
                at += generator.expovariate(1 / 6)
                fits = len([hit for hit in allowed if hit > at - 60]) < 8
                state = self.hit(at, limit=8, key=f"case {case}")
                edge = any(abs(at - 60 - hit) < 1 for hit in allowed)
                if not edge:
                    self.assertEqual(state.allowed, fits)
                if state.allowed:
                    allowed.append(at)

    def test_old_windows_are_removed(self):
        self.hit(-120)
        self.hit(key="new")
        self.env["account.ai.rate.window"]._gc_windows()
        self.assertEqual(
            self.env["account.ai.rate.window"].search([]).mapped("key"), ["new"]
        )


@tagged("post_install", "-at_install")
class TestAnswers(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    @contextmanager
    def transaction(self, seconds):
        DatabaseClock(self.env.cr).set(seconds)
        with PostgresBackend(self.env.cr.dbname).transaction() as transaction:
            yield transaction

    def put(self, fingerprint="f", company=1, ttl=None, seconds=0.0, **answer):
        with self.transaction(seconds) as transaction:
            transaction.answers.put(fingerprint, company, answer, ttl, 5)

    def get(self, fingerprint="f", company=1, seconds=0.0):
        with self.transaction(seconds) as transaction:
            place = fingerprint, company
            return transaction.answers.get_all([place]).get(place)

    def test_an_answer_is_found_by_its_company_only(self):
        self.put(text="ñandú", cost_usd="0.1")
        self.assertEqual(self.get(), {"text": "ñandú", "cost_usd": "0.1"})
        self.assertIsNone(self.get(company=2))
        self.assertIsNone(self.get(fingerprint="g"))

    def test_an_answer_expires(self):
        self.put(ttl=900.0, text="a")
        self.assertTrue(self.get(seconds=890))
        self.assertIsNone(self.get(seconds=910))

    def test_the_newer_answer_replaces(self):
        self.put(ttl=1.0, text="a")
        self.put(text="b")
        self.assertEqual(self.get(seconds=1e6)["text"], "b")

    def test_retention_of_the_company_holds(self):
        self.company.account_ai_retention_days = 30
        self.synchronize()
        day = 86_400
        self.put("old", self.company.id, seconds=-31 * day, text="a")
        self.put("young", self.company.id, seconds=-29 * day, text="a")
        self.put("expired", self.company.id, ttl=1.0, seconds=-60, text="a")
        self.put("orphan", 99_999_999, text="a")
        self.env["account.ai.answer"]._gc_answers()
        kept = self.env["account.ai.answer"].search([])
        self.assertEqual(kept.mapped("fingerprint"), ["young"])


@tagged("post_install", "-at_install")
class TestCircuit(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def on_circuit(self, verb, *args, seconds=0.0):
        DatabaseClock(self.env.cr).set(seconds)
        with PostgresBackend(self.env.cr.dbname).transaction() as transaction:
            return getattr(transaction.circuit, verb)("api", *args)

    def admit(self, seconds=0.0):
        return self.on_circuit("admit", seconds=seconds).state

    def fail(self, times=1, seconds=0.0):
        for _ in range(times):
            self.on_circuit("failed", seconds=seconds)

    def test_five_failures_in_a_row_open_it(self):
        self.fail(4)
        self.assertEqual(self.admit(), "closed")
        self.on_circuit("succeeded")
        self.fail(4)
        self.assertEqual(self.admit(), "closed")
        self.fail()
        state = self.on_circuit("admit")
        self.assertEqual(state.state, "open")
        self.assertAlmostEqual(state.retry_after, 60, delta=1)

    def test_one_probe_at_a_time_and_two_successes_close_it(self):
        self.fail(5)
        self.assertEqual(self.admit(61), "half_open")
        self.assertEqual(self.admit(61), "open")
        self.on_circuit("succeeded", seconds=62)
        self.assertEqual(self.admit(62), "half_open")
        self.on_circuit("succeeded", seconds=63)
        self.assertEqual(self.admit(63), "closed")
        self.fail(4, 64)
        self.assertEqual(self.admit(64), "closed")

    def test_a_failed_probe_opens_it_anew(self):
        self.fail(5)
        self.assertEqual(self.admit(61), "half_open")
        self.fail(seconds=62)
        self.assertEqual(self.admit(100), "open")
        self.assertEqual(self.admit(123), "half_open")

    def test_a_released_probe_lets_the_next_one_pass(self):
        self.fail(5)
        self.assertEqual(self.admit(61), "half_open")
        self.on_circuit("released", seconds=61)
        self.assertEqual(self.admit(61), "half_open")

    def test_a_probe_that_never_reports_blocks_for_a_minute(self):
        self.fail(5)
        self.assertEqual(self.admit(61), "half_open")
        self.assertEqual(self.admit(120), "open")
        self.assertEqual(self.admit(122), "half_open")

    def test_a_spend_limit_opens_it_at_once_for_as_long_as_said(self):
        self.on_circuit("failed", 3600.0)
        self.assertEqual(self.admit(3599), "open")
        self.assertEqual(self.admit(3601), "half_open")

    def test_a_late_success_does_not_close_an_open_circuit(self):
        self.fail(5)
        self.on_circuit("succeeded")
        self.assertEqual(self.admit(), "open")

    def test_a_late_failure_does_not_prolong_it(self):
        self.fail(5)
        self.fail(3, seconds=50)
        self.assertEqual(self.admit(61), "half_open")

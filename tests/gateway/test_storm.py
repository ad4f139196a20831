"""Two thousand mixed calls with every fault, and a ledger that agrees to the digit."""

import json
import tempfile
import unittest
from collections import Counter
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import psycopg2
import psycopg2.extras

from odoo.tests import BaseCase, tagged

from .budget_guard import GUARD, UNEQUAL

CALLS = 2_000
_PLENTY = 1_000_000
SEED = 20_261_120
BUDGETS = {
    "company": {"scope": "company", "period": "month"},
    "user": {"scope": "user", "user_id": 2, "period": "day"},
    "queue": {"scope": "automation", "period": "month", "limit_type": "soft"},
}
COUNTED = {
    "company": "TRUE",
    "user": "user_id = 2",
    "queue": "lane = 'queue'",
}
_SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {checkout!r})
from dev.storm import worker
env["account.ai.budget"].create([
    {{"name": name, "amount": 1_000, "company_id": 1, **values}}
    for name, values in {budgets!r}.items()])
env.cr.commit()
worker.run(env.cr.dbname, {base_url!r}, Path({plan!r}), Path({report!r}))
"""


WALL_CALLS = 450
WALL_USD = Decimal("0.9")
_WALL_SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {checkout!r})
from dev.storm import budget_limit
env["account.ai.budget"].create(
    {{"name": "limit", "amount": {amount}, "company_id": 1, "period": "month"}})
env.cr.execute({guard!r})
env.cr.commit()
budget_limit.run(env.cr.dbname, {base_url!r}, {calls}, {seed}, Path({report!r}))
"""


class StormCase(BaseCase):
    """What a storm left in its database."""

    @classmethod
    def query(cls, query):
        """Return the rows of a query on the storm's database, as dictionaries."""
        with (
            closing(psycopg2.connect(dbname=cls.database)) as connection,
            connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor,
        ):
            cursor.execute(query)
            return cursor.fetchall()


@tagged("post_install", "-at_install")
class TestWallStorm(StormCase):
    """A simulator that bills 1.2 tokens a character never passes the budget."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            from dev import paths
            from dev.simulator.process import SimulatorProcess
            from dev.storm import budget_limit
        except ImportError as error:
            raise unittest.SkipTest("the development tools are not here") from error
        from ..common.server import copied_database

        cls.simulator = SimulatorProcess().start()
        cls.addClassCleanup(cls.simulator.stop)
        control = cls.simulator.control
        control.settings(
            tokens_per_character=budget_limit.TOKENS_PER_CHARACTER,
            requests_per_minute=_PLENTY,
            count_requests_per_minute=_PLENTY,
            input_tokens_per_minute=1000 * _PLENTY,
        )
        prepared, cls.database = cls.enterClassContext(copied_database("limit"))
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        report = folder / "report"
        prepared.run_script(
            cls.database,
            _WALL_SCRIPT.format(
                checkout=str(paths.CHECKOUT),
                amount=WALL_USD,
                guard=GUARD,
                base_url=cls.simulator.base_url,
                calls=WALL_CALLS,
                seed=SEED,
                report=str(report),
            ),
        )
        cls.outcomes = Counter(
            json.loads(line)["outcome"] for line in report.read_text().splitlines()
        )
        cls.billed = Decimal(control.usage()["usd"])

    def test_the_wall_was_never_passed(self):
        """Neither by what is counted nor by what is billed; each commit was watched."""
        self.assertLessEqual(self.billed, WALL_USD)
        (found,) = self.query(
            "SELECT spent::text, reserved::text FROM account_ai_budget_period"
        )
        self.assertLessEqual(Decimal(found["spent"]), WALL_USD)
        self.assertEqual(Decimal(found["reserved"]), 0)
        self.assertLessEqual(self.billed, Decimal(found["spent"]))

    def test_no_call_cost_more_than_was_reserved(self):
        dearer = self.query(
            "SELECT key, cost_usd::text, worst_case_usd::text FROM account_ai_usage"
            " WHERE cost_usd > worst_case_usd OR overrun_usd IS NOT NULL"
        )
        self.assertEqual(dearer, [])

    def test_counters_agree_with_the_ledger(self):
        self.assertEqual(self.query(UNEQUAL), [])

    def test_the_wall_was_met(self):
        self.assertGreater(self.outcomes["ok"], 30, self.outcomes)
        self.assertGreater(self.outcomes["budget"], 30, self.outcomes)
        self.assertLessEqual(
            set(self.outcomes), {"ok", "budget", "in_progress", "already_made"}
        )
        killed = self.query("SELECT FROM account_ai_usage WHERE state = 'unknown'")
        self.assertTrue(killed)


@tagged("post_install", "-at_install")
class TestStorm(StormCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            from dev import paths
            from dev.simulator.process import SimulatorProcess
            from dev.storm import balance, plan
        except ImportError as error:
            raise unittest.SkipTest("the development tools are not here") from error
        from ..common.server import copied_database

        cls.plan = plan
        cls.simulator = SimulatorProcess().start()
        cls.addClassCleanup(cls.simulator.stop)
        control = cls.simulator.control
        control.settings(kept_bodies=4 * CALLS, requests_per_minute=_PLENTY)
        prepared, cls.database = cls.enterClassContext(copied_database("storm"))
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        plan.write_plan(plan.plan_calls(CALLS, SEED), folder / "plan")
        prepared.run_script(
            cls.database,
            _SCRIPT.format(
                checkout=str(paths.CHECKOUT),
                base_url=cls.simulator.base_url,
                plan=str(folder / "plan"),
                report=str(folder / "report"),
                budgets=BUDGETS,
            ),
        )
        cls.requests = control.requests(endpoint="messages")
        cls.billed = control.usage()["usd"]
        report = (folder / "report").read_text().splitlines()
        cls.balance = balance.compare(
            cls.rows(balance.COLUMNS), cls.requests, map(json.loads, report)
        )

    @classmethod
    def rows(cls, columns):
        """Return the ledger, amounts with all their digits."""
        # As text: Odoo has numbers read as floats.
        names = [f"{name}::text" if "usd" in name else name for name in columns]
        return cls.query(f"SELECT {', '.join(names)} FROM account_ai_usage")

    def test_the_ledger_agrees_with_the_simulator(self):
        problems = self.balance.problems
        self.assertFalse(problems, "\n".join(problems[:40]))
        self.assertEqual(self.balance.billed_usd, Decimal(self.billed))
        self.assertGreater(self.balance.booked_usd, self.balance.billed_usd)

    def test_budgets_agree_with_the_ledger(self):
        """To the digit, and nothing is reserved any more."""
        for name, counted in COUNTED.items():
            (found,) = self.query(
                f"""SELECT sum(period.spent)::text AS spent,
                           sum(period.reserved)::text AS reserved,
                           (SELECT sum(cost_usd)::text FROM account_ai_usage
                             WHERE {counted}) AS booked
                      FROM account_ai_budget_period period
                      JOIN account_ai_budget budget ON budget.id = period.budget_id
                     WHERE budget.name = '{name}'"""
            )
            self.assertGreater(Decimal(found["booked"]), 0, name)
            self.assertEqual(Decimal(found["spent"]), Decimal(found["booked"]), name)
            self.assertEqual(Decimal(found["reserved"]), 0, name)

    def test_everything_happened(self):
        """What the comparison found is worth as much as what there was to compare."""
        struck = {each["fault"] for each in self.requests} - {None}
        self.assertEqual(struck, {*self.plan.STORM_FAULTS, *self.plan.CLOSING_FAULTS})
        counts = self.balance.counts
        self.assertGreater(len(self.requests), CALLS)
        self.assertGreater(counts["exact"], CALLS / 2)
        for least, kind in (
            (CALLS / 20, "unknown executed"),
            (CALLS / 20, "failed"),
            (len(self.plan.KILL_PHASES), "killed"),
            (CALLS / 200, "from store"),
            (2, "corrected"),
            (CALLS / 100, "refused in_progress"),
            (CALLS / 100, "refused already_made"),
            (2 * (len(self.plan.CLOSING_FAULTS) - 1), "refused circuit_open"),
        ):
            self.assertGreaterEqual(counts[kind], least, kind)

    def test_every_bucket_was_billed(self):
        usages = [each["usage"] for each in self.requests if each["usage"]]
        for bucket in ("input_tokens", "cache_read_input_tokens", "output_tokens"):
            self.assertTrue(any(usage[bucket] for usage in usages), bucket)
        for lifetime in ("5m", "1h"):
            bucket = f"ephemeral_{lifetime}_input_tokens"
            self.assertTrue(any(each["cache_creation"][bucket] for each in usages))
        self.assertTrue(
            any(each["output_tokens_details"]["thinking_tokens"] for each in usages)
        )
        self.assertTrue(any(each["inference_geo"] == "us" for each in usages))
        prompts = [
            each["input_tokens"]
            + each["cache_read_input_tokens"]
            + each["cache_creation_input_tokens"]
            for each in usages
        ]
        self.assertTrue(any(prompt > 100_000 for prompt in prompts))

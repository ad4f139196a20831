"""Budgets that processes share, also when some of them are killed."""

import contextlib
import os
import signal
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from odoo.tests import tagged

from ..common.process_case import Browser, ProcessCase, read_until
from .budget_guard import GUARD, NO_GUARD, UNEQUAL

BUDGET = """
env["account.ai.budget"].search([]).unlink()
env["account.ai.budget"].create(
    {{"name": "Limit", "company_id": env.ref("base.main_company").id,
      "amount": {amount}}})
"""

# One Odoo that becomes several processes, each with connections of its own: they wait
# for the starting signal, then book calls in ten threads.
WORKERS = """
import os, random
from concurrent.futures import ThreadPoolExecutor
from odoo import sql_db
from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.tests.gateway.budget_case import make_call, reserve, settle
from odoo.addons.account_ai.services.claude.ports import Owner

dbname = env.cr.dbname
backend = PostgresBackend(dbname)
owner = Owner(env.ref("base.main_company").id, 2, "validation")

def book(key):
    return reserve(backend, make_call(key, owner, "{worst_case}")) is None

def book_and_settle(key):
    if book(key):
        settle(backend, key, f"0.000{{random.randint(1, 9)}}")

def work():
    with sql_db.db_connect(dbname).cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared({signal})")
    def run(thread):
        keys = (f"{{os.getpid()}}:{{thread}}:{{number}}" for number in range({times}))
        return sum(bool({act}(key)) for key in keys)
    with ThreadPoolExecutor(10) as executor:
        passed = sum(executor.map(run, range(10)))
    os.write(1, b"passed %d\\n" % passed)

env.cr.commit()
env.cr.close()
sql_db.close_all()
children = []
for number in range({count}):
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    children.append(child)
os.write(1, ("children " + " ".join(map(str, children)) + "\\n").encode())
for child in children:
    os.waitpid(child, 0)
os._exit(0)
"""
START = 4711


class BudgetProcessCase(ProcessCase):
    """Budgets of the server's company, and processes that book calls beside it."""

    def setUp(self):
        super().setUp()
        self.sql("DELETE FROM account_ai_usage")
        self.sql("DELETE FROM account_ai_budget_period")
        self.sql("DELETE FROM account_ai_answer")
        self.sql(GUARD)
        self.addCleanup(self.sql, NO_GUARD)

    def set_budget(self, amount):
        self.run_in_shell(self.server, BUDGET.format(amount=amount))

    def worst_case(self):
        """Return what the call for an invoice may cost, as the ledger says."""
        self.browser.validate(self.moves.pop())
        ((worst_case,),) = self.sql("SELECT worst_case_usd FROM account_ai_usage")
        self.sql("DELETE FROM account_ai_usage")
        return worst_case

    @contextlib.contextmanager
    def workers(self, count, worst_case, act, times):
        """Yield processes that book calls from now on, all at the same time.

        :param times: calls of each of the ten threads of each process
        :return: their ids, and the lines that they print
        """
        script = WORKERS.format(
            count=count, worst_case=worst_case, act=act, times=times, signal=START
        )
        odoo = self.server.odoo
        command = odoo.command(
            *("shell", "--database", self.server.database, "--no-http"),
            *("--log-level=critical", "--db_maxconn=32"),
        )
        with self.connection() as cursor, tempfile.TemporaryFile("w+") as stdin:
            cursor.execute("SELECT pg_advisory_lock(%s)", [START])
            stdin.write(script)
            stdin.seek(0)
            parent = subprocess.Popen(
                command,
                env=odoo.environment(),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            children = []
            try:
                words = parent.stdout.readline().split()
                self.assertEqual(words[:1], ["children"], "Odoo did not start")
                children = [int(word) for word in words[1:]]
                self.wait_for(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                    " AND objid = %s AND NOT granted",
                    START,
                    expected=[(count,)],
                )
                cursor.execute("SELECT pg_advisory_unlock(%s)", [START])
                yield children, parent.stdout
            finally:
                for process in (*children, parent.pid):
                    kill(process)
                parent.stdout.close()
                parent.wait()

    def assert_equal_to_the_ledger(self):
        self.assertEqual(self.sql(UNEQUAL), [])

    def end_leases(self):
        """Nobody waits until the leases of the dead end."""
        self.sql(
            "UPDATE account_ai_usage SET lease_until = now() - interval '1 hour'"
            " WHERE state = 'open'"
        )
        self.run_in_shell(self.server, "env['account.ai.validation']._sweep()")


def kill(process_id):
    """Kill a process, if it still runs."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process_id, signal.SIGKILL)


@tagged("post_install", "-at_install")
class TestBudgetBetweenProcesses(BudgetProcessCase):
    purpose = "budget"
    drafts = 10
    users = 8
    options = {
        "workers": 1,
        "evented": 2,
        "extra_arguments": ["--max-cron-threads=0", "--log-level=warn"],
    }

    def test_eight_people_at_once_on_what_fits_three(self):
        """They validate on two processes; nobody is answered before all have asked."""
        worst_case = self.worst_case()
        self.set_budget(worst_case * 3.5)
        self.simulator.control.reset()
        self.simulator.control.settings(first_token_ms=5000)
        ports = self.server.evented_ports
        browsers = [
            Browser(f"http://127.0.0.1:{ports[number % 2]}", f"user{number}")
            for number in range(8)
        ]
        moves = [self.moves.pop() for _each in range(8)]
        with ThreadPoolExecutor(8) as pool:
            streams = list(pool.map(Browser.validate, browsers, moves))
        self.assertEqual(len(self.calls()), 3)
        self.assertEqual(
            self.sql("SELECT state, count(*) FROM account_ai_usage GROUP BY state"),
            [("settled", 3)],
        )
        shown = [events[-1][1]["panel"]["validation"] for events in streams]
        refused = [validation for validation in shown if validation["degraded"]]
        self.assertEqual(len(refused), 5)
        for validation in refused:
            self.assertEqual(validation["degraded"]["code"], "budget")
            self.assertIn("“Limit”", validation["degraded"]["message"])
        self.assert_equal_to_the_ledger()

    def test_two_hundred_at_once_on_what_fits_fifty(self):
        """Forty connections of four processes."""
        self.set_budget(0.5)
        with self.workers(4, "0.01", "book", 5) as (_workers, printed):
            passed = [int(line.split()[1]) for line in printed]
        self.assertEqual((len(passed), sum(passed)), (4, 50))
        self.assertEqual(
            self.sql(
                "SELECT count(*), sum(cost_usd) = 0.5 FROM account_ai_usage"
                " WHERE state = 'open'"
            ),
            [(50, True)],
        )
        self.assert_equal_to_the_ledger()

    def test_killed_while_booking(self):
        """Two of four die in the middle, then the others; of forty threads 22 fit.

        Calls of the first two stay reserved, up to one for each of their twenty
        threads: with less, nothing may be left for those that go on.
        """
        budget = 22
        self.set_budget(budget)
        with self.workers(4, "1", "book_and_settle", 1_000_000) as (workers, _printed):
            for doomed in (workers[:2], workers[2:]):
                ((before,),) = self.sql("SELECT count(*) FROM account_ai_usage")
                self.wait_for(
                    "SELECT count(*) > %s FROM account_ai_usage",
                    before + 200,
                    expected=[(True,)],
                )
                for worker in doomed:
                    kill(worker)
        self.wait_for(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%' AND query LIKE '%budget%'"
            " AND pid <> pg_backend_pid()",
            expected=[(0,)],
        )
        ((total, count),) = self.sql(
            "SELECT sum(cost_usd)::text, count(*) FILTER (WHERE state = 'open')"
            " FROM account_ai_usage"
        )
        # Of the two processes that died first somebody else would have been kept out,
        # had they taken their locks with them.
        self.assertLessEqual(Decimal(total), budget)
        self.assertLessEqual(count, budget)
        self.assert_equal_to_the_ledger()
        self.end_leases()
        self.assertEqual(
            self.sql("SELECT count(*) FROM account_ai_usage WHERE state = 'unknown'"),
            [(count,)],
        )
        self.assertEqual(
            self.sql(
                "SELECT (spent)::text, reserved = 0 FROM account_ai_budget_period"
            ),
            [(total, True)],
            "what is not known to be free stays counted",
        )
        self.assert_equal_to_the_ledger()


@tagged("post_install", "-at_install")
class TestBudgetOfAKilledServer(BudgetProcessCase):
    purpose = "budget_killed"
    drafts = 6
    options = {"extra_arguments": ["--max-cron-threads=0", "--log-level=warn"]}

    def test_calls_in_flight_stay_reserved(self):
        worst_case = self.worst_case()
        self.set_budget(worst_case * 3.5)
        self.simulator.control.settings(first_token_ms=50, tokens_per_second=5)
        streams = [self.browser.open_stream(self.moves.pop()) for _each in range(3)]
        for stream in streams:
            read_until(stream, "progress")
        self.server.kill()
        for stream in streams:
            stream.close()
        rows = "SELECT state, estimated, count(*) FROM account_ai_usage GROUP BY 1, 2"
        self.assertEqual(self.sql(rows), [("open", True, 3)])
        self.assert_equal_to_the_ledger()
        self.simulator.control.settings(tokens_per_second=400)
        self.server.start()
        self.assertEqual(self.validate_next(), "budget")
        self.end_leases()
        self.assertEqual(self.sql(rows), [("unknown", True, 3)])
        self.assert_equal_to_the_ledger()
        self.assertEqual(self.validate_next(), "budget", "it may have been spent")
        self.set_budget(worst_case * 4.5)
        self.assertIsNone(self.validate_next())
        self.assert_equal_to_the_ledger()

    def validate_next(self):
        """Validate an invoice and return why Claude was not asked, if it was not."""
        events = Browser(self.server.url).validate(self.moves[-1])
        degraded = events[-1][1]["panel"]["validation"]["degraded"]
        return degraded["code"] if degraded else None

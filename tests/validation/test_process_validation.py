"""What must hold when transactions commit, browsers disconnect and processes are
killed."""

import threading
import urllib.error
import uuid
from concurrent.futures import ThreadPoolExecutor

from odoo.tests import tagged

from ..common.process_case import Browser, ProcessCase, read_until
from .validation_case import named, read_events

CONFLICTS = """
    CREATE SEQUENCE conflicts;
    CREATE FUNCTION conflict() RETURNS trigger AS $$
    BEGIN
        IF nextval('conflicts') <= 2 THEN
            RAISE EXCEPTION 'forced' USING ERRCODE = '40001';
        END IF;
        RETURN NEW;
    END $$ LANGUAGE plpgsql;
    CREATE TRIGGER conflict BEFORE {event} ON account_ai_validation
       FOR EACH ROW {when} EXECUTE FUNCTION conflict();
"""
# The server keeps record rules until it is told that they changed.
HIDE = """
env["ir.rule"].create(
    {{"name": "Hidden", "model_id": env["ir.model"]._get_id("account.move"),
      "domain_force": "[('id', 'not in', user.login == 'user0' and {hidden} or [0])]"}})
env.cr.commit()
env.registry.signal_changes()
"""
SHOW = """
env["ir.rule"].search([("name", "=", "Hidden")]).unlink()
env.cr.commit()
env.registry.signal_changes()
"""
NO_CONFLICTS = """
    DROP TRIGGER conflict ON account_ai_validation;
    DROP FUNCTION conflict;
    DROP SEQUENCE conflicts;
"""


@tagged("post_install", "-at_install")
class TestValidationOnAServer(ProcessCase):
    """Prefork and evented processes, as in production."""

    purpose = "validation"
    drafts = 170
    users = 6
    options = {
        "workers": 1,
        "extra_arguments": [
            "--max-cron-threads=3",
            "--db_maxconn_gevent=200",
            "--log-level=warn",
        ],
    }

    def conflicts(self, event, when=""):
        """Have the first two such statements fail as conflicts of transactions."""
        self.sql(CONFLICTS.format(event=event, when=when))
        self.addCleanup(self.sql, NO_CONFLICTS)

    def state(self, run_uuid):
        """Return state and verdict of a run."""
        return self.sql(
            "SELECT state, verdict FROM account_ai_validation WHERE run_uuid = %s",
            run_uuid,
        )

    def test_conflict_before_the_call(self):
        """Odoo replays the request: one run, one call, one row of the ledger."""
        self.conflicts("INSERT")
        run_uuid = str(uuid.uuid4())
        events = self.browser.validate(self.moves.pop(), run_uuid)
        self.assertEqual(events[-1][0], "done")
        self.assertEqual(len(self.calls()), 1)
        self.assertEqual(self.state(run_uuid)[0][0], "done")

    def test_conflict_after_the_call(self):
        """Storing is tried again; the answer is not asked for again."""
        self.conflicts("UPDATE", "WHEN (NEW.state = 'done')")
        run_uuid = str(uuid.uuid4())
        events = self.browser.validate(self.moves.pop(), run_uuid)
        self.assertEqual(events[-1][1]["panel"]["validation"]["state"], "done")
        self.assertEqual(len(self.calls()), 1)
        usages = self.sql(
            "SELECT state FROM account_ai_usage WHERE run_uuid = %s", run_uuid
        )
        self.assertEqual(usages, [("settled",)])

    def test_locked_invoice_does_not_lose_the_answer(self):
        """Somebody posts the invoice in a long transaction while Claude answers."""
        move_id = self.moves.pop()
        with self.connection() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT 1 FROM account_move WHERE id = %s FOR UPDATE", [move_id]
            )
            release = threading.Timer(2.0, cursor.execute, ["COMMIT"])
            release.start()
            events = self.browser.validate(move_id)
            release.join()
        self.assertEqual(events[-1][1]["panel"]["validation"]["state"], "done")
        self.assertEqual(len(self.calls()), 1)

    def test_same_invoice_in_eight_tabs(self):
        """Eight requests at once with eight runs: one call, the same result."""
        move_id = self.moves.pop()
        with ThreadPoolExecutor(8) as pool:
            streams = list(pool.map(self.browser.validate, [move_id] * 8))
        for events in streams:
            self.assertEqual(events[-1][0], "done")
        results = {events[-1][1]["panel"]["validation"]["id"] for events in streams}
        self.assertEqual(len(results), 1)
        self.assertEqual(len(self.calls()), 1)

    def test_same_invoice_by_six_people(self):
        """Whoever asks, it is one run and one call."""
        move_id = self.moves.pop()
        browsers = [
            Browser(self.server.evented_url, f"user{number}")
            for number in range(self.users)
        ]
        with ThreadPoolExecutor(self.users) as pool:
            streams = list(
                pool.map(lambda browser: browser.validate(move_id), browsers)
            )
        results = {events[-1][1]["panel"]["validation"]["id"] for events in streams}
        self.assertEqual(len(results), 1)
        self.assertEqual(len(self.calls()), 1)

    def test_browser_leaves(self):
        """The answer is booked and stored although nobody listens."""
        self.simulator.control.settings(first_token_ms=300, tokens_per_second=100)
        run_uuid = str(uuid.uuid4())
        stream = self.browser.open_stream(self.moves.pop(), run_uuid)
        read_until(stream, "waiting")
        stream.close()
        self.wait_for(
            "SELECT state FROM account_ai_validation WHERE run_uuid = %s",
            run_uuid,
            expected=[("done",)],
        )
        rows = self.sql(
            "SELECT state, cost_usd > 0, estimated FROM account_ai_usage"
            " WHERE run_uuid = %s",
            run_uuid,
        )
        self.assertEqual(rows, [("settled", True, False)])

    def test_no_connection_is_held(self):
        """While Claude has not answered, no transaction is open on the database."""
        self.simulator.control.settings(first_token_ms=3000, tokens_per_second=400)
        streams = [self.browser.open_stream(self.moves.pop()) for _each in range(5)]
        for stream in streams:
            read_until(stream, "waiting")
        busy = self.sql(
            "SELECT state, query FROM pg_stat_activity WHERE datname = %s"
            " AND pid <> pg_backend_pid() AND state LIKE %s AND query NOT LIKE %s",
            self.server.database,
            "idle in transaction%",
            "%ir_cron%",
        )
        self.assertEqual(busy, [])
        for stream in streams:
            self.assertIn(b"event: done", stream.read())

    def test_hundred_at_once(self):
        """A hundred streams with the pool of ``deploy/odoo.conf``: no error."""
        moves = [self.moves.pop() for _each in range(100)]
        # One person may begin twenty a minute.
        browsers = [
            Browser(self.server.evented_url, f"user{number}")
            for number in range(self.users)
        ]
        self.simulator.control.settings(first_token_ms=500, tokens_per_second=400)
        statuses = []

        def validate(number):
            browser = browsers[number % self.users]
            with browser.open_stream(moves[number]) as stream:
                statuses.append(stream.status)
                return read_events(stream.read().decode())

        with ThreadPoolExecutor(100) as pool:
            streams = list(pool.map(validate, range(100)))
        self.assertEqual(set(statuses), {200})
        for events in streams:
            self.assertEqual(named(events, "error"), [])
            self.assertEqual(events[-1][0], "done")
        self.assertEqual(
            self.sql(
                "SELECT count(*) FROM account_ai_validation"
                " WHERE move_id = ANY(%s) AND state = 'done'",
                moves,
            ),
            [(100,)],
        )

    def test_many_with_other_rights_at_once(self):
        """Thirty requests at once of two people, one of whom may not read half of them:
        nobody gets an answer about what is hidden, and nobody else is affected."""
        moves = [self.moves.pop() for _each in range(20)]
        hidden = moves[::2]
        self.run_in_shell(self.server, HIDE.format(hidden=hidden))
        self.addCleanup(self.run_in_shell, self.server, SHOW)
        browsers = [
            Browser(self.server.evented_url, login) for login in ("user0", "user1")
        ]
        self.simulator.control.settings(first_token_ms=200, tokens_per_second=400)

        def validate(job):
            browser, move_id = job
            try:
                return browser.validate(move_id)[-1][0]
            except urllib.error.HTTPError as error:
                return error.code

        jobs = [(browsers[0], move_id) for move_id in hidden]
        jobs += [(browsers[1], move_id) for move_id in moves]
        with ThreadPoolExecutor(30) as pool:
            ended = list(pool.map(validate, jobs))
        self.assertEqual(ended[: len(hidden)], [403] * len(hidden))
        self.assertEqual(ended[len(hidden) :], ["done"] * len(moves))
        self.assertEqual(
            self.sql(
                "SELECT login, count(*) FROM account_ai_validation validation"
                " JOIN res_users ON res_users.id = validation.user_id"
                " WHERE move_id = ANY(%s) GROUP BY login",
                moves,
            ),
            [("user1", 20)],
        )

    def test_queue_of_several_crons(self):
        """Three crons share the queue: everything is done, nothing twice."""
        moves = [self.moves.pop() for _each in range(12)]
        self.simulator.control.settings(first_token_ms=200, tokens_per_second=400)
        self.run_in_shell(
            self.server,
            f"env = env(user=env.ref('base.user_admin'))\n"
            f"moves = env['account.move'].browse({moves})\n"
            f"env['account.ai.validation']._queue_moves(moves)",
        )
        self.wait_for(
            "SELECT state, count(*) FROM account_ai_validation"
            " WHERE move_id = ANY(%s) GROUP BY state",
            moves,
            expected=[("done", 12)],
        )
        self.assertEqual(len(self.calls()), 12)


@tagged("post_install", "-at_install")
class TestKilledServer(ProcessCase):
    """The server dies in the middle of an answer."""

    purpose = "killed"
    options = {"extra_arguments": ["--max-cron-threads=0", "--log-level=warn"]}

    def test_kill_while_streaming(self):
        self.simulator.control.settings(first_token_ms=50, tokens_per_second=5)
        run_uuid = str(uuid.uuid4())
        stream = self.browser.open_stream(self.moves[0], run_uuid)
        read_until(stream, "progress")
        self.server.kill()
        stream.close()
        usage = "SELECT state, estimated, cost_usd > 0 FROM account_ai_usage"
        self.assertEqual(self.sql(usage), [("open", True, True)])
        # Nobody waits three minutes for the leases to end.
        self.sql("UPDATE account_ai_usage SET lease_until = now() - interval '1 hour'")
        self.sql(
            "UPDATE account_ai_validation SET lease_until = now() - interval '1 hour'"
        )
        self.run_in_shell(self.server, "env['account.ai.validation']._sweep()")
        self.assertEqual(self.sql(usage), [("unknown", True, True)])
        self.assertEqual(
            self.sql("SELECT state, verdict, cost_usd > 0 FROM account_ai_validation"),
            [("interrupted", "review", True)],
        )
        self.assertEqual(
            self.sql(
                "SELECT account_ai_verdict FROM account_move WHERE id = %s",
                self.moves[0],
            ),
            [("review",)],
        )
        self.server.start()
        events = Browser(self.server.url).validate(self.moves[0])
        self.assertEqual(events[-1][1]["panel"]["validation"]["state"], "done")

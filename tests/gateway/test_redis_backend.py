"""What a transaction does in Redis, and what happens when Redis goes away."""

import logging
import os
import signal
from contextlib import contextmanager
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged

from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.models.gateway.redis import connection as connection_module
from odoo.addons.account_ai.models.gateway.redis.connection import connection_for
from odoo.addons.account_ai.models.gateway.redis.rate_limit import RedisWindows
from odoo.addons.account_ai.services.claude.policy import BreakerPolicy

from ..common.common import AccountAiCase, closed_port
from .claude_case import Clock
from .redis_case import PREFIX, RedisMixin

LOSS = "odoo.addons.account_ai.models.gateway.redis.loss"
ENDPOINT = "http://127.0.0.1:1"
ANSWER = {"text": "ñandú"}
DAY = 86_400


class RedisCase(RedisMixin, AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.connection = self.connect(clock=self.clock)
        self.backend = self.redis_backend(
            self.env.cr.dbname, BreakerPolicy(failures=2, open_seconds=60, successes=1)
        )
        self.postgres = PostgresBackend(self.env.cr.dbname, self.backend.breaker)

    def keys(self, pattern="*"):
        """Return the keys of the database in Redis, without its prefix."""
        keys = self.redis.command("KEYS", f"{PREFIX}{pattern}")
        return sorted(key.decode().removeprefix(PREFIX) for key in keys)

    def hit(self, limit=5, backend=None):
        with (backend or self.backend).transaction() as transaction:
            return transaction.limits.hit("k", limit, 60.0)

    def put(self, ttl=None, fingerprint="f", company=None):
        company = company or self.company.id
        with self.backend.transaction() as transaction:
            transaction.answers.put(fingerprint, company, ANSWER, ttl, 7)

    def get(self, backend=None, fingerprint="f"):
        with (backend or self.backend).transaction() as transaction:
            place = fingerprint, self.company.id
            return transaction.answers.get_all([place]).get(place)

    def fail_calls(self, times=2):
        for _ in range(times):
            with self.backend.transaction() as transaction:
                transaction.circuit.failed(ENDPOINT, reason="overloaded")

    def circuit(self, backend=None):
        with (backend or self.backend).transaction() as transaction:
            return transaction.circuit.state(ENDPOINT)

    def alerts(self):
        self.synchronize()
        return self.env["account.ai.alert"].search([("kind", "=", "redis_lost")])

    @contextmanager
    def messages(self):
        """Collect ``(level, message)`` of what is told of losses."""
        found = []
        with self.assertLogs(LOSS, logging.INFO) as logs:
            logging.getLogger(LOSS).info("begin")
            yield found
        found += [(each.levelname, each.getMessage()) for each in logs.records[1:]]


@tagged("post_install", "-at_install")
class TestRedisTransaction(RedisCase):
    def test_a_hit_that_is_undone_is_the_own_one(self):
        self.hit()
        with self.assertRaises(ZeroDivisionError), self.backend.transaction() as tr:
            self.assertEqual(tr.limits.hit("k", 5, 60.0).remaining, 3)
            self.hit()
            raise ZeroDivisionError
        self.assertEqual(self.hit().remaining, 2)

    def test_a_probe_that_was_taken_in_vain_is_given_back(self):
        self.fail_calls()
        self.age(61)
        with self.assertRaises(ZeroDivisionError), self.backend.transaction() as tr:
            self.assertEqual(tr.circuit.admit(ENDPOINT).state, "half_open")
            self.assertEqual(self.circuit().state, "open", "it is under way")
            raise ZeroDivisionError
        self.assertEqual(self.circuit().state, "half_open")

    def test_what_is_told_is_told_after_the_commit(self):
        with self.backend.transaction() as transaction:
            transaction.answers.put("f", self.company.id, ANSWER, 900.0, 7)
            transaction.circuit.failed(ENDPOINT)
            self.assertEqual(self.keys(), [])
        self.assertEqual(
            self.keys(), [f"answer:{self.company.id}:f", f"circuit:{ENDPOINT}"]
        )

    def test_a_commit_that_fails_undoes_too(self):
        with (
            self.assertRaises(psycopg2.Error),
            self.backend.transaction() as transaction,
        ):
            transaction.limits.hit("k", 5, 60.0)
            transaction.answers.put("f", self.company.id, ANSWER, 900.0, 7)
            transaction.cursor.execute("SELECT 1/0", log_exceptions=False)
        self.assertEqual(self.keys("answer:*"), [])
        self.assertEqual(self.hit().remaining, 4)

    def test_databases_do_not_mix(self):
        self.hit()
        other = self.redis_backend(self.env.cr.dbname, prefix="account_ai:other:")
        self.assertEqual(self.hit(backend=other).remaining, 4)
        prefix = self.env["account.ai.gateway"]._redis_prefix()
        self.assertIn(
            self.env["ir.config_parameter"].get_param("database.uuid"), prefix
        )
        self.assertIn(self.env.cr.dbname, prefix)

    def test_a_hit_that_is_sent_twice_counts_once(self):
        self.assertTrue(self.connection.is_available())
        windows = RedisWindows(self.connection, PREFIX)
        for _ in range(2):
            state = windows.hit("k", 1, 60.0, "the same")
            self.assertEqual((state.allowed, state.remaining), (True, 0))

    def test_a_window_does_not_stay(self):
        self.hit()
        left = self.redis.command("PTTL", f"{PREFIX}window:k")
        self.assertTrue(59_000 < left <= 62_000, left)

    def test_postgresql_knows_of_open_and_closed_circuits(self):
        """Posting asks it without a network, and it takes over from there."""
        self.fail_calls(1)
        self.assertEqual(self.circuit(self.postgres).failures, 0)
        self.fail_calls(1)
        state = self.circuit(self.postgres)
        self.assertEqual((state.state, state.reason), ("open", "overloaded"))
        self.assertAlmostEqual(state.retry_after, 60, delta=5)
        self.age(61)
        with self.backend.transaction() as transaction:
            self.assertEqual(transaction.circuit.admit(ENDPOINT).state, "half_open")
        with self.backend.transaction() as transaction:
            transaction.circuit.succeeded(ENDPOINT)
        self.assertEqual(self.circuit(self.postgres).state, "closed")
        self.assertEqual(self.keys("circuit:*"), [], "a healthy circuit has no key")


@tagged("post_install", "-at_install")
class TestRedisAnswers(RedisCase):
    def test_an_answer_without_an_end_is_in_both(self):
        self.put()
        self.assertEqual(self.get(self.postgres), ANSWER)
        self.flush_redis()
        self.assertEqual(self.get(), ANSWER, "what was paid for is not paid again")

    def test_one_that_lives_for_minutes_is_in_redis(self):
        self.put(900.0)
        self.assertIsNone(self.get(self.postgres))
        left = self.redis.command("PTTL", f"{PREFIX}answer:{self.company.id}:f")
        self.assertAlmostEqual(left / 1000, 900, delta=10)

    def test_redis_keeps_nothing_longer_than_the_company(self):
        self.company.account_ai_retention_days = 30
        self.synchronize()
        self.put()
        self.put(ttl=90.0 * DAY, fingerprint="g")
        self.put(fingerprint="h", company=99_999_999)
        for fingerprint, company, days in (
            ("f", self.company.id, 30),
            ("g", self.company.id, 30),
            ("h", 99_999_999, 1),
        ):
            key = f"{PREFIX}answer:{company}:{fingerprint}"
            left = self.redis.command("PTTL", key) / 1000
            self.assertAlmostEqual(left, days * DAY, delta=60)

    def test_a_shorter_retention_holds_for_what_is_there(self):
        self.use_redis()
        backend = self.backend
        backend.prefix = self.env["account.ai.gateway"]._redis_prefix()
        self.put(fingerprint="old")
        self.age(2 * DAY)
        self.put(fingerprint="young")
        self.age(29 * DAY)
        self.put(fingerprint="orphan", company=99_999_999)
        self.company.account_ai_retention_days = 30
        self.env["account.ai.gateway"]._gc_redis_answers()
        kept = self.redis.command("KEYS", f"{backend.prefix}answer:*")
        self.assertEqual([key.split(b":")[-1] for key in kept], [b"young"])

    def use_redis(self):
        self.env["ir.config_parameter"].set_param(
            "account_ai.redis_url", self.redis.url
        )
        self.addCleanup(connection_for(self.redis.url).close)


@tagged("post_install", "-at_install")
class TestRedisLost(RedisCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.restart)

    def restart(self):
        if not self.redis.is_running:
            self.redis.start()

    def lose(self):
        """Have Redis be in use, and then be gone."""
        self.hit()
        self.redis.kill()

    def test_postgresql_goes_on_at_once(self):
        self.lose()
        with self.messages() as messages:
            self.assertTrue(self.hit(limit=1).allowed)
            self.assertFalse(self.hit(limit=1).allowed, "PostgreSQL counts now")
            self.put(900.0)
            self.assertEqual(self.get(), ANSWER)
            self.fail_calls()
            self.assertEqual(self.circuit().state, "open")
        ((level, message),) = messages
        self.assertEqual(level, "WARNING")
        self.assertIn("redis_lost", message)
        self.assertIn("connection", message)

    def test_one_alert_however_many_notice(self):
        self.lose()
        others = [self.connect(clock=self.clock) for _ in range(2)]
        with self.messages() as messages:
            for connection in (self.connection, *others):
                backend = self.redis_backend(self.env.cr.dbname, connection=connection)
                for _ in range(3):
                    self.hit(backend=backend)
        self.assertEqual([level for level, _ in messages], ["WARNING", "INFO", "INFO"])
        alert = self.alerts()
        self.assertEqual(len(alert), 1)
        self.assertFalse(alert.company_id, "it concerns all of them")
        self.assertIn(f"127.0.0.1:{self.redis.port}", alert.message)
        circuit = self.env["account.ai.circuit"].search([("name", "=", "redis")])
        self.assertEqual(circuit.state, "open")
        self.assertIn("Redis", circuit.explanation)

    def test_it_is_used_again_when_it_is_back(self):
        self.lose()
        self.hit()
        self.restart()
        with self.messages() as messages:
            self.hit()
            self.assertEqual(self.keys(), [], "not tried before its time")
            self.clock.now += 10
            self.assertEqual(self.hit().remaining, 4, "limits count anew")
            self.hit()
        self.assertEqual(self.keys(), ["window:k"])
        ((level, message),) = messages
        self.assertEqual(level, "INFO")
        self.assertIn("redis_is_back", message)
        self.synchronize()
        circuit = self.env["account.ai.circuit"].search([("name", "=", "redis")])
        self.assertEqual((circuit.state, circuit.explanation), ("closed", False))

    def test_a_second_loss_is_told_again_and_alerts_once_an_hour(self):
        with self.messages() as messages:
            for _ in range(2):
                self.hit()
                self.redis.kill()
                self.hit()
                self.restart()
                self.clock.now += 10
                self.hit()
        levels = [level for level, _ in messages]
        self.assertEqual(levels, ["WARNING", "INFO", "WARNING", "INFO"])
        self.assertEqual(len(self.alerts()), 1)

    def test_a_restart_between_two_calls_is_no_loss(self):
        self.hit()
        self.redis.kill()
        self.redis.start()
        with self.messages() as messages:
            self.hit()
        self.assertEqual(messages, [])
        self.assertEqual(self.keys(), ["window:k"])

    def test_lost_within_a_transaction(self):
        with self.backend.transaction() as transaction:
            self.assertEqual(transaction.limits.hit("a", 5, 60.0).remaining, 4)
            self.redis.kill()
            self.assertEqual(transaction.limits.hit("b", 5, 60.0).remaining, 4)
            self.assertEqual(transaction.circuit.admit(ENDPOINT).state, "closed")
        with self.assertRaises(ZeroDivisionError), self.backend.transaction() as tr:
            tr.limits.hit("b", 5, 60.0)
            raise ZeroDivisionError
        with self.postgres.transaction() as transaction:
            self.assertEqual(transaction.limits.hit("b", 5, 60.0).remaining, 3)

    def test_what_follows_a_commit_goes_to_postgresql(self):
        with self.backend.transaction() as transaction:
            transaction.answers.put("f", self.company.id, ANSWER, 900.0, 7)
            for _ in range(2):
                transaction.circuit.failed(ENDPOINT, reason="timeout")
            self.redis.kill()
        self.assertEqual(self.get(self.postgres), ANSWER)
        self.assertEqual(self.circuit(self.postgres).reason, "timeout")

    def test_a_booking_stands_though_nothing_can_follow_it(self):
        self.hit()
        with (
            patch.object(
                self.backend, "postgres_transaction", side_effect=psycopg2.Error
            ),
            self.assertLogs(
                "odoo.addons.account_ai.models.gateway.redis.transaction", "ERROR"
            ),
            self.backend.transaction() as transaction,
        ):
            transaction.cursor.execute("UPDATE res_partner SET ref = ref WHERE id = 1")
            transaction.answers.put("f", self.company.id, ANSWER, 900.0, 7)
            self.redis.kill()
        # Nor was anybody told of the loss, which is made up for.
        with self.messages() as messages:
            self.hit()
        self.assertEqual([level for level, _ in messages], ["WARNING"])

    def test_a_silent_redis_is_waited_for_once(self):
        self.hit()
        os.kill(self.redis.pid, signal.SIGSTOP)
        try:
            with patch.object(connection_module, "SECONDS", 0.1):
                connection = self.connect(clock=self.clock)
                backend = self.redis_backend(self.env.cr.dbname, connection=connection)
                with self.messages() as messages:
                    for _ in range(5):
                        self.hit(backend=backend)
        finally:
            os.kill(self.redis.pid, signal.SIGCONT)
        self.assertEqual(len(messages), 1)
        self.assertIn("timeout", messages[0][1])

    def test_one_that_never_was_there(self):
        url = f"redis://user:s3cret@127.0.0.1:{closed_port()}/0"
        backend = self.redis_backend(
            self.env.cr.dbname, connection=self.connect(url, clock=self.clock)
        )
        with self.messages() as messages:
            self.assertEqual(self.hit(backend=backend).remaining, 4)
        self.assertEqual(len(messages), 1)
        self.assertEqual(len(self.alerts()), 1)
        self.assertNotIn("s3cret", messages[0][1] + str(self.alerts().read()))

    def test_the_library_is_optional(self):
        with patch.object(connection_module, "redis", None):
            backend = self.redis_backend(
                self.env.cr.dbname, connection=self.connect(clock=self.clock)
            )
            with self.messages() as messages:
                self.assertEqual(self.hit(backend=backend).remaining, 4)
        self.assertIn("library", messages[0][1])
        self.assertEqual(len(self.alerts()), 1)


@tagged("post_install", "-at_install")
class TestRedisRefuses(RedisCase):
    """A Redis that answers, but not as it should, is as good as lost."""

    def assert_lost(self, reason, *commands, url=None):
        self.addCleanup(self.repair)
        self.hit()
        for words in commands:
            self.redis.command(*words)
        with self.messages() as messages:
            if url:
                self.connection = self.connect(url, clock=self.clock)
                self.backend.connection = self.connection
            self.assertEqual(self.hit().remaining, 4, "PostgreSQL counts")
        self.assertIn(f"reason='{reason}'", messages[0][1])

    def repair(self):
        self.redis.command("REPLICAOF", "NO", "ONE")
        self.redis.command("CONFIG", "SET", "maxmemory", "0")
        self.redis.command("ACL", "DELUSER", "reader")

    def test_a_replica(self):
        self.assert_lost("read_only", ["REPLICAOF", "127.0.0.1", str(closed_port())])

    def test_no_memory(self):
        self.hit()
        self.addCleanup(self.repair)
        self.redis.command("CONFIG", "SET", "maxmemory", "1")
        with self.messages() as messages:
            self.put(900.0)
        self.assertEqual(self.get(self.postgres), ANSWER)
        self.assertIn("reason='memory'", messages[0][1])

    def test_a_user_who_may_not(self):
        self.assert_lost(
            "permission",
            ["ACL", "SETUSER", "reader", "on", ">s3cret", "~*", "+@read"],
            url=self.redis.url.replace("redis://", "redis://reader:s3cret@"),
        )

    def test_a_wrong_password(self):
        self.assert_lost(
            "authentication",
            url=self.redis.url.replace("redis://", "redis://reader:wr0ng@"),
        )

    def test_a_user_with_what_the_documentation_names(self):
        rights = "~account_ai:* +@connection +@scripting +@sortedset +@hash +@keyspace"
        rights += " +set +time -@dangerous"
        self.addCleanup(self.repair)
        self.redis.command("ACL", "SETUSER", "reader", "on", ">s3cret", *rights.split())
        url = self.redis.url.replace("redis://", "redis://reader:s3cret@")
        self.backend.connection = self.connection = self.connect(url)
        with self.assertRaises(ZeroDivisionError), self.backend.transaction() as tr:
            tr.limits.hit("k", 5, 60.0)
            raise ZeroDivisionError
        self.hit()
        self.put(900.0)
        self.fail_calls()
        self.backend.forget_answers({})
        self.assertFalse(self.connection.is_lost, self.connection.reason)

"""The backend over Redis keeps the contract, whatever kind of Redis it is."""

from odoo.tests import tagged

from ..common.common import AccountAiCase
from .backend_contract import BackendContract
from .database_clock import DatabaseClock
from .redis_case import PREFIX, RedisMixin, redis_tools


class RedisContract(RedisMixin, BackendContract):
    """The contract, over a real server."""

    uses_simulator = False
    uses_accounting = False

    def make_backend(self, breaker):
        self.clock = DatabaseClock(self.env.cr)
        return self.redis_backend(self.env.cr.dbname, breaker)

    def setUp(self):
        super().setUp()
        # Otherwise PostgreSQL would keep the contract alone.
        self.assertTrue(self.connection.is_available())
        self.addCleanup(lambda: self.assertFalse(self.connection.is_lost))

    def advance(self, seconds):
        self.clock.advance(seconds)
        self.age(seconds)


@tagged("post_install", "-at_install")
class TestRedisContract(RedisContract, AccountAiCase):
    @classmethod
    def start_redis(cls, tools):
        return tools.one(password="s3cret/with:odd@characters")

    def test_the_work_is_done_by_redis(self):
        self._hit()
        self._put(900.0)
        self._put(None)
        self._fail()
        kinds = {key.split(b":")[2] for key in self.redis.command("KEYS", PREFIX + "*")}
        self.assertEqual(kinds, {b"window", b"answer", b"circuit"})
        self.env.cr.execute("SELECT count(*) FROM account_ai_rate_window")
        self.assertEqual(self.env.cr.fetchone()[0], 0)


@tagged("post_install", "-at_install")
class TestRedisContractTls(RedisContract, AccountAiCase):
    @classmethod
    def start_redis(cls, tools):
        return tools.one(password="s3cret", tls=True)


@tagged("post_install", "-at_install")
class TestRedisContractSentinel(RedisContract, AccountAiCase):
    @classmethod
    def start_redis(cls, tools):
        # A busy machine is no dead master.
        return tools.sentinel_set(password="s3cret", down_after_ms=10_000)

    def server(self):
        return self.redis.master()

    def test_a_name_that_no_sentinel_knows(self):
        connection = self.connect(self.redis.url.replace("/account-ai/", "/nobody/"))
        self.assertFalse(connection.is_available())
        self.assertEqual(connection.reason, "no_master")

    def test_some_sentinels_may_be_out(self):
        for sentinel in self.redis.sentinels[:2]:
            sentinel.kill()
            self.addCleanup(sentinel.start)
        for _ in range(5):
            self.assertTrue(self.connect().is_available())

    def test_a_planned_change_of_masters_is_no_loss(self):
        """As for an update of the server: the old master goes on, as a replica."""
        self._hit("k", limit=2)
        before, sentinel = self.redis.master(), self.redis.sentinels[0]
        before.command("WAIT", "1", "5000")  # the replica has the hit
        sentinel.command("SENTINEL", "FAILOVER", "account-ai")
        # SENTINEL MASTERS, which clients ask, names the new one last.
        redis_tools().wait_until(
            lambda: self.redis.named_master(sentinel) != before.port,
            "the change of masters",
        )
        # The Sentinel does the same within ten seconds.
        after = str(self.redis.named_master(sentinel))
        before.command("REPLICAOF", "127.0.0.1", after)
        self.assertTrue(self._hit("k", limit=2).allowed)
        self.assertFalse(self._hit("k", limit=2).allowed, "the hits are there")
        self.assertFalse(self.connection.is_lost)

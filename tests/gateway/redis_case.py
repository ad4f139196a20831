"""What the tests with a real Redis share."""

import json
from unittest import SkipTest
from unittest.mock import patch

from odoo.addons.account_ai.models.gateway.redis import connection as connection_module
from odoo.addons.account_ai.models.gateway.redis.connection import RedisConnection
from odoo.addons.account_ai.models.gateway.redis.transaction import RedisBackend

PREFIX = "account_ai:test:"
TIMEOUT = 10.0
"""Seconds that a Redis of the tests may be silent; the product's are fewer."""


def redis_tools():
    """Return the module that starts real servers.

    :raise SkipTest: where the addon is tested without its development tools
    """
    try:
        from dev import redis_server
    except ImportError as error:
        raise SkipTest("the tools that start Redis are not here") from error
    return redis_server


class RedisMixin:
    """A class with a Redis of its own, ``self.redis``, empty for each test.

    ``self.connection`` is the one of the test, not the process's.
    """

    needs = "process"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A busy machine is no lost Redis.
        for name in ("SECONDS", "_CONNECTING_SECONDS"):
            cls.enterClassContext(patch.object(connection_module, name, TIMEOUT))
        cls.redis = cls.enterClassContext(cls.start_redis(redis_tools()))

    @classmethod
    def start_redis(cls, tools):
        """Return a context with the Redis of the class."""
        return tools.one()

    def setUp(self):
        self.flush_redis()
        self.connection = self.connect()
        super().setUp()

    def server(self):
        """Return the server that is written to."""
        return self.redis

    def flush_redis(self):
        self.server().command("FLUSHALL")

    def connect(self, url=None, **options):
        """Return a new connection; its pauses are those of the product."""
        connection = RedisConnection(url or self.redis.url, **options)
        self.addCleanup(connection.close)
        return connection

    def age(self, seconds):
        """Have everything that is stored be as many seconds older."""
        command = self.server().command
        microseconds = round(seconds * 1_000_000)
        for key in command("KEYS", "account_ai:*:*"):
            left = command("PTTL", key) - round(seconds * 1000)
            command("PEXPIRE", key, left)  # which removes it when nothing is left
            if left <= 0:
                continue
            if command("TYPE", key) == b"zset":
                for hit in command("ZRANGE", key, 0, -1):
                    command("ZINCRBY", key, -microseconds, hit)
            elif command("HEXISTS", key, "stored_at"):
                command("HINCRBY", key, "stored_at", -microseconds)
            else:
                circuit = json.loads(command("HGET", key, "circuit"))
                for name in ("open_until", "probe_until", "ends_at"):
                    if circuit[name] is not None:
                        circuit[name] -= seconds
                command("HSET", key, "circuit", json.dumps(circuit))

    def redis_backend(self, dbname, *args, connection=None, prefix=PREFIX, **options):
        """Return a backend on the connection of the test."""
        return RedisBackend(
            dbname,
            *args,
            connection=connection or self.connection,
            prefix=prefix,
            **options,
        )

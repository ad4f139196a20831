"""A real server, evented and prefork, that shares its limits through Redis."""

from odoo.tests import tagged

from ..common.process_case import ProcessCase
from .redis_case import redis_tools

_SET = "env['ir.config_parameter'].set_param('account_ai.redis_url', {url!r})"
_SETTLED = "SELECT count(*) FROM account_ai_usage WHERE state = 'settled'"
_ALERTS = "SELECT count(*) FROM account_ai_alert WHERE kind = 'redis_lost'"


@tagged("post_install", "-at_install")
class TestProcessRedis(ProcessCase):
    purpose = "redis"
    drafts = 3
    options = {"workers": 1, "evented": 1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.redis = cls.enterClassContext(redis_tools().one(password="s3cret"))
        cls.run_in_shell(cls.server, _SET.format(url=cls.redis.url))

    def windows(self):
        return self.redis.command("KEYS", "account_ai:*window:validation:*")

    def validate(self, number):
        events = self.browser.validate(self.moves[number])
        self.assertEqual(events[-1][0], "done", events)

    def test_a_stream_counts_in_redis_and_goes_on_without(self):
        self.validate(0)
        self.assertTrue(self.windows())
        self.assertEqual(self.sql("SELECT * FROM account_ai_rate_window"), [])
        self.redis.kill()
        try:
            self.validate(1)
            self.validate(2)
        finally:
            self.redis.start()
        self.wait_for(_SETTLED, expected=[(3,)])
        self.assertTrue(self.sql("SELECT * FROM account_ai_rate_window"))
        self.assertEqual(self.sql(_ALERTS), [(1,)])
        log = self.server.log.read_text()
        told = [line for line in log.splitlines() if "redis_lost" in line]
        self.assertEqual(len([line for line in told if " WARNING " in line]), 1, told)
        self.assertNotIn("s3cret", log)

"""Which Redis a database uses, who may set it, and what its test says."""

import os
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import file_open

from odoo.addons.account_ai.models.gateway.account_ai_redis import REDIS_URL_PARAMETER
from odoo.addons.account_ai.models.gateway.redis import connection as connection_module
from odoo.addons.account_ai.models.gateway.redis.connection import connection_for
from odoo.addons.account_ai.models.gateway.redis.transaction import RedisBackend

from ..common.common import AccountAiCase, closed_port
from .redis_case import RedisMixin

URL = "redis://user:s3cret@127.0.0.1:6379/0"


@tagged("post_install", "-at_install")
class TestRedisSettings(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    @property
    def gateway(self):
        return self.env["account.ai.gateway"]

    def settings(self):
        return self.env["res.config.settings"].create({})

    def set_url(self, url):
        self.env["ir.config_parameter"].set_param(REDIS_URL_PARAMETER, url)

    def test_without_one_postgresql_does_the_work(self):
        self.assertEqual(self.gateway._redis_url(), "")
        self.assertNotIsInstance(self.gateway._backend(), RedisBackend)
        self.assertIsNone(self.gateway._redis_health())
        self.assertEqual(self.settings().account_ai_redis_source, "none")

    def test_the_address_goes_in_and_never_comes_out(self):
        with Form(self.env["res.config.settings"]) as form:
            self.assertFalse(form.account_ai_redis_url)
            form.account_ai_redis_url = f" {URL}\n"
        settings = form.record
        settings.execute()
        self.assertEqual(self.gateway._redis_url(), URL)
        self.assertIsInstance(self.gateway._backend(), RedisBackend)

        self.env.invalidate_all()
        settings = self.settings()
        self.assertEqual(settings.account_ai_redis_source, "database")
        fields = [name for name in settings._fields if "account_ai" in name]
        self.assertNotIn("s3cret", str(settings.read(fields)))
        self.settings().execute()
        self.assertEqual(self.gateway._redis_url(), URL, "saved without a new one")

        settings.action_account_ai_remove_redis()
        self.assertEqual(self.gateway._redis_url(), "")

    def test_an_address_that_names_no_redis_is_refused(self):
        with self.assertRaises(UserError) as caught:
            self.env["res.config.settings"].create(
                {"account_ai_redis_url": "redis://:s3cret@one,two/0"}
            )
        self.assertIn("Sentinel", str(caught.exception))
        self.assertNotIn("s3cret", str(caught.exception))

    def test_the_environment_wins(self):
        self.set_url("redis://other")
        with patch.dict(os.environ, {"ACCOUNT_AI_REDIS_URL": URL}):
            self.assertEqual(self.gateway._redis_url(), URL)
            settings = self.settings()
            self.assertEqual(settings.account_ai_redis_source, "environment")

    def test_a_neutralized_copy_shares_nothing(self):
        self.set_url(URL)
        with file_open("account_ai/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.registry.clear_all_caches()
        self.assertFalse(self.env["ir.config_parameter"].get_param(REDIS_URL_PARAMETER))
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "true")
        with patch.dict(os.environ, {"ACCOUNT_AI_REDIS_URL": URL}):
            self.assertEqual(self.gateway._redis_url(), "")
            self.assertNotIsInstance(self.gateway._backend(), RedisBackend)

    def test_it_is_for_system_administrators(self):
        self.set_url(URL)
        settings = self.settings()
        for user in (self.accountant, self.manager):
            as_user = settings.with_user(user)
            for act in (
                as_user.action_account_ai_test_redis,
                as_user.action_account_ai_remove_redis,
                lambda each=as_user: each.read(["account_ai_redis_source"]),
            ):
                with self.assertRaises(AccessError):
                    act()
        self.assertEqual(self.gateway._redis_url(), URL)

    def test_each_process_has_connections_of_its_own(self):
        ours = connection_for(URL)
        self.assertIs(connection_for(URL), ours)
        self.assertIsNot(connection_for("redis://other"), ours)
        with patch("os.getpid", return_value=-1):
            self.assertIsNot(connection_for(URL), ours)


@tagged("post_install", "-at_install")
class TestRedisTest(RedisMixin, AccountAiCase):
    """The button that tests the connection, and the figure of health."""

    uses_simulator = False
    uses_accounting = False

    @classmethod
    def start_redis(cls, tools):
        return tools.one(password="s3cret", tls=True)

    def run_test(self, url):
        self.env["ir.config_parameter"].set_param(REDIS_URL_PARAMETER, url)
        settings = self.env["res.config.settings"].create({})
        parameters = settings.action_account_ai_test_redis()["params"]
        self.assertNotIn("s3cret", parameters["message"])
        return parameters["type"], parameters["message"]

    def assert_failure(self, url, words):
        kind, message = self.run_test(url)
        self.assertEqual(kind, "danger")
        self.assertIn(words, message)

    def test_it_works(self):
        kind, message = self.run_test(self.redis.url)
        self.assertEqual(kind, "success", message)
        self.assertIn(f"rediss://127.0.0.1:{self.redis.port}/0", message)

    def test_none_is_set(self):
        self.assert_failure(False, "No Redis")

    def test_nobody_there(self):
        url = f"redis://:s3cret@127.0.0.1:{closed_port()}"
        self.assert_failure(url, "Nobody answers")

    def test_wrong_password(self):
        self.assert_failure(self.redis.url.replace("s3cret", "wr0ng"), "password")

    def test_a_certificate_that_is_not_trusted(self):
        self.assert_failure(self.redis.url.partition("?")[0], "certificate")

    def test_a_server_that_is_no_sentinel(self):
        url = self.redis.url.replace("rediss://:", "rediss+sentinel://:")
        self.assert_failure(url.replace("/0?", "/name/0?"), "something else")

    def test_not_a_url(self):
        self.assert_failure("redis:s3cret@host", "database number")

    def test_no_library(self):
        with patch.object(connection_module, "redis", None):
            self.assert_failure(self.redis.url, "pip install redis")

    def test_health(self):
        self.env["ir.config_parameter"].set_param(REDIS_URL_PARAMETER, self.redis.url)
        self.addCleanup(connection_for(self.redis.url).close)
        health = self.env["account.ai.gateway"]._redis_health()
        self.assertTrue(health.available, health)
        self.assertGreater(health.milliseconds, 0)
        self.assertNotIn("s3cret", str(health))
        self.redis.kill()
        self.addCleanup(self.redis.start)
        health = self.env["account.ai.gateway"]._redis_health()
        self.assertFalse(health.available)
        self.assertEqual(health.reason, "connection")
        self.assertGreaterEqual(health.lost_seconds, 0)

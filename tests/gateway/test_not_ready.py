"""Settings and servers with which Claude cannot be asked: the rules answer."""

import os
import tempfile
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.account_ai.models.gateway.account_ai_gateway import (
    ADMIN_KEY_PARAMETER,
    API_KEY_PARAMETER,
    BASE_URL_PARAMETER,
    PERCENT_PARAMETER,
    USD_PARAMETER,
)
from odoo.addons.account_ai.models.gateway.account_ai_redis import REDIS_URL_PARAMETER
from odoo.addons.account_ai.services.claude.http import client as client_module

from ..common.common import TEST_KEY
from ..validation.validation_case import ValidationCase

CLIENT_LOG = "odoo.addons.account_ai.services.claude.http.client"

BAD_ADDRESSES = (
    *("https://[::1", "https://::1]", "https://[::1]x", "https://[zz]", "https://[]"),
    *("https://host:port", "https://host:99999", "https://host:-1", "https://host:0"),
    *("https://host:", "https://", "https:///path", "https://:443", "host.example"),
    *(
        "http://host.example",
        "ftp://host.example",
        "socks5://host",
        "//host",
        "https:/h",
    ),
    *("https://user:s3cret@host", "https://s3cret@host", "https://@host"),
    *(
        "https://host?key=s3cret",
        "https://host#s3cret",
        "https://host/?",
        "https://h/#",
    ),
    *("https://ho st", "https://host/a b", "https://host\nx", "https://host\tx"),
    *("https://host /", "https://host\u200b", "https://host\\x"),
    *("https://host..example", "https://-host.example", "https://999.1.1.1"),
    *(f"https://{'a' * 64}.example", f"https://{'a.' * 130}example"),
    *("https://🎉.example", "https://host,other", "https://host;x", "https://ho%20st"),
    *("https://host/ñ", f"https://host/{'a' * 2000}"),
)
GOOD_ADDRESSES = (
    *("https://api.anthropic.com", "https://proxy.example:8443/claude/v1"),
    *("https://münchen.example", "https://xn--mnchen-3ya.example", "https://10.0.0.7"),
    *("https://[2001:db8::1]:8443", "http://[::1]:8080", "http://localhost:4000"),
    *("http://127.0.0.1:1", "https://my_host.internal", "https://host.example."),
)
BAD_KEYS = (
    *("sk-ant-a\nb", "sk-ant-a\r\nx-evil: 1", "sk-ant-a b", "sk-ant-a\tb", "clé"),
    *("sk-ant-\u200bx", "sk-ant-\x00", "Bearer sk-ant-1", "sk-ant-\x7f", "k" * 1001),
)
BAD_REDIS = (
    *("redis://[::1", "redis://host:port", "redis://host:99999", "redis://", "host"),
    *("redis://host\x00", "redis://ho st", f"redis://{'a' * 70}", "redis://a..b"),
    *("http://host", "redis://host/1/2", f"redis://host/{'9' * 30}"),
    "rediss://host?ssl_ca_certs=/nowhere/ca.pem",
)


@tagged("post_install", "-at_install")
class TestNotReady(ValidationCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(client_module._client_of_process.cache_clear)
        client_module._client_of_process.cache_clear()

    def check_not_ready(self):
        """Validate, and check that the rules' word stands alone with a sentence."""
        move = self.create_move()
        validation = self.validate(move)
        self.assertEqual(
            (validation.state, validation.degraded_code), ("done", "not_ready")
        )
        self.assertEqual(
            (validation.rules_verdict, validation.verdict), ("send", "review")
        )
        self.assertFalse(validation.model_verdict)
        self.assertFalse(self.usages())
        spanish = validation.with_context(lang="es_CL").degraded_message
        self.assertNotEqual(spanish, validation.degraded_message)
        for secret in (TEST_KEY, "s3cret", "sk-ant"):
            self.assertNotIn(secret, validation.degraded_message)
        works, message = self.env["account.ai.gateway"]._test_connection(self.company)
        self.assertFalse(works)
        self.assertNotIn("s3cret", message)
        return move, validation

    def broken_environment(self, **variables):
        return patch.dict(os.environ, variables)

    def test_addresses_that_are_none(self):
        self.env["res.lang"]._activate_lang("es_CL")
        for url in ("https://[::1", "https://host:port", "https://u:s3cret@host"):
            with self.subTest(url):
                self.use_endpoint(url)
                self.check_not_ready()

    def test_addresses_of_the_environment_are_checked_as_well(self):
        self.env["res.lang"]._activate_lang("es_CL")
        for url in ("https://host:99999", "http://host.example", "https://ho st"):
            with self.subTest(url), self.broken_environment(ACCOUNT_AI_BASE_URL=url):
                self.check_not_ready()

    def test_keys_that_are_none(self):
        self.env["res.lang"]._activate_lang("es_CL")
        for key in ("sk-ant-a\nb", "sk-ant-clé"):
            with self.subTest(key):
                self.use_endpoint(self.simulator.base_url, api_key=key)
                self.check_not_ready()
                with self.broken_environment(ACCOUNT_AI_API_KEY=key):
                    self.check_not_ready()

    def test_environments_in_which_no_client_can_be_built(self):
        self.env["res.lang"]._activate_lang("es_CL")
        self.use_endpoint("https://host.example")
        with tempfile.NamedTemporaryFile(suffix=".pem") as empty:
            environments = (
                {"ALL_PROXY": "socks5://user:s3cret@127.0.0.1:1"},
                {"HTTPS_PROXY": "socks5h://127.0.0.1:1"},
                {"HTTPS_PROXY": "http://user:s3cret@host:port"},
                {"HTTPS_PROXY": "http://[::1"},
                {"ALL_PROXY": "ftp://s3cret@host"},
                {"SSL_CERT_FILE": "/nowhere/ca.pem"},
                {"SSL_CERT_FILE": "/"},
                {"SSL_CERT_FILE": empty.name},
            )
            for variables in environments:
                with (
                    self.subTest(variables),
                    self.broken_environment(**variables),
                    self.assertLogs(CLIENT_LOG, "WARNING") as logs,
                ):
                    self.check_not_ready()
                self.assertNotIn("s3cret", "\n".join(logs.output))
                self.assertNotIn(TEST_KEY, "\n".join(logs.output))

    def test_whatever_fails_while_a_client_is_built(self):
        self.env["res.lang"]._activate_lang("es_CL")
        with (
            patch.object(
                client_module, "ClaudeClient", side_effect=RuntimeError("s3cret")
            ),
            self.assertLogs(CLIENT_LOG, "WARNING") as logs,
        ):
            self.check_not_ready()
        self.assertNotIn("s3cret", "\n".join(logs.output))

    def test_it_is_asked_again_once_it_is_mended(self):
        self.env["res.lang"]._activate_lang("es_CL")
        with (
            self.broken_environment(SSL_CERT_FILE="/nowhere/ca.pem"),
            self.assertLogs(CLIENT_LOG, "WARNING"),
        ):
            move, _validation = self.check_not_ready()
        validation = self.validate(move)
        self.assertFalse(validation.degraded_code)
        self.assertEqual(validation.verdict, "send")

    def test_queued_documents_do_not_hang(self):
        self.use_endpoint("https://[::1")
        move = self.create_move()
        self.synchronize()
        validations = self.env(user=self.accountant)["account.ai.validation"]
        queued = validations._queue_moves(move.with_env(validations.env))
        self.synchronize()
        commit = patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60.0
        )
        with commit:
            self.env["account.ai.validation"]._process_queue()
        self.synchronize()
        self.assertEqual((queued.state, queued.degraded_code), ("done", "not_ready"))

    def test_posting_goes_on_by_rules(self):
        self.company.account_ai_posting_policy = "require"
        self.use_endpoint("https://[::1")
        move = self.create_move()
        self.validate(move)
        move.with_user(self.accountant).action_post()
        self.assertEqual(move.state, "posted")

    def test_the_catalogue_and_the_reconciliation_say_so(self):
        self.use_endpoint("https://[::1")
        commit = patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60.0
        )
        admin = self.env.ref("base.user_admin")
        with commit:
            action = self.env["account.ai.model"].with_user(admin).action_synchronize()
            self.assertEqual(action["params"]["type"], "danger")
            self.env["account.ai.model"]._synchronize_by_cron()
            for key in ("sk-ant-admin01-a", "sk-ant-admin01-a\nb"):
                self.env["ir.config_parameter"].set_param(ADMIN_KEY_PARAMETER, key)
                rows = self.env["account.ai.reconciliation"].with_user(admin)
                action = rows.action_reconcile()
                self.assertEqual(action["params"]["type"], "danger")
                self.assertNotIn("sk-ant-admin01-a", action["params"]["message"])


@tagged("post_install", "-at_install")
class TestEntering(ValidationCase):
    """What cannot be right is refused where it is entered."""

    uses_simulator = False
    uses_accounting = False

    def settings(self, **values):
        self.env["res.config.settings"].create(values).execute()

    def test_addresses(self):
        for url in BAD_ADDRESSES:
            with self.subTest(url), self.assertRaises(ValidationError) as caught:
                self.settings(account_ai_base_url=url)
            self.assertNotIn("s3cret", str(caught.exception))
        for url in ("https://host\x00", "https://host/\ud800"):
            problem = self.env["account.ai.gateway"]._address_problem(url)
            self.assertTrue(problem)
        for url in GOOD_ADDRESSES:
            with self.subTest(url):
                self.settings(account_ai_base_url=url)
                self.assertEqual(self.env["account.ai.gateway"]._base_url(), url)

    def test_keys(self):
        for key in (*BAD_KEYS, "sk-ant-admin01-x"):
            with self.subTest(key), self.assertRaises(ValidationError) as caught:
                self.settings(account_ai_api_key=key)
            self.assertNotIn("sk-ant-a", str(caught.exception))
        self.settings(account_ai_api_key=" sk-ant-good\n")
        self.assertEqual(self.env["account.ai.gateway"]._api_key(), "sk-ant-good")

    def test_admin_keys(self):
        for key in ("sk-ant-admin01-a b", "sk-ant-admin01-é", "sk-ant-1"):
            with self.subTest(key), self.assertRaises(UserError):
                self.settings(account_ai_admin_key=key)

    def test_redis(self):
        for url in BAD_REDIS:
            with self.subTest(url), self.assertRaises(ValidationError):
                self.settings(account_ai_redis_url=url)

    def test_the_list_of_parameters(self):
        admin = self.env.ref("base.user_admin")
        parameters = self.env(user=admin, context={})["ir.config_parameter"]
        for name, value in (
            (API_KEY_PARAMETER, "sk-ant-a\nb"),
            (BASE_URL_PARAMETER, "https://[::1"),
            (ADMIN_KEY_PARAMETER, "sk-ant-1"),
            (REDIS_URL_PARAMETER, "redis://[::1"),
        ):
            with self.subTest(name):
                parameters.search([("key", "=", name)]).unlink()
                with self.assertRaises(ValidationError):
                    parameters.create({"key": name, "value": value})
                parameters.set_param(name, "")

    def test_figures_that_are_none(self):
        gateway = self.env["account.ai.gateway"]
        standard = gateway._tolerance()
        for value in ("NaN", "Infinity", "-1", "x", "sNaN", "9" * 5000 + "x"):
            with self.subTest(value):
                for name in (PERCENT_PARAMETER, USD_PARAMETER):
                    self.env["ir.config_parameter"].set_param(name, value)
                self.assertEqual(gateway._tolerance(), standard)
        self.env["ir.config_parameter"].set_param(
            "account_ai.retry_attempts", "9" * 5000
        )
        log = "odoo.addons.account_ai.models.gateway.account_ai_gateway"
        with self.assertLogs(log):
            self.assertLessEqual(gateway._policy().retry.attempts, 6)

"""The thin client: credentials, environment, connections."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import httpx2

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.http.client import ClaudeClient, client_for
from odoo.addons.account_ai.services.claude.http.transport import Transport

from ..common.common import closed_port
from .claude_case import KEY, OWNER, ClaudeCase, make_request

URL = "http://127.0.0.1:1"


@tagged("post_install", "-at_install")
class TestClient(ClaudeCase):
    def client(self, key=KEY, base_url=None):
        client = ClaudeClient(key, base_url or self.simulator.base_url)
        self.addCleanup(client.close)
        return client

    def client_with_pool(self):
        """Return a client of the simulator, and the pool of its connections."""
        transport = Transport()
        http_client = httpx2.Client(transport=transport)
        client = ClaudeClient(KEY, self.simulator.base_url, http_client=http_client)
        self.addCleanup(client.close)
        return client, transport.pool

    def recorded(self, environment):
        """Return the request that a client sends that is built in ``environment``."""
        requests = []

        def record(request):
            requests.append(request)
            return httpx2.Response(200, json={"data": [], "has_more": False})

        http_client = httpx2.Client(transport=httpx2.MockTransport(record))
        with patch.dict(os.environ, environment):
            client = ClaudeClient(KEY, URL, http_client=http_client)
            self.addCleanup(client.close)
            client.models()
        return requests[0]

    def test_the_environment_of_other_programs_is_not_read(self):
        request = self.recorded(
            {
                "ANTHROPIC_API_KEY": "sk-ant-other",
                "ANTHROPIC_AUTH_TOKEN": "other-token",
                "ANTHROPIC_BASE_URL": "https://elsewhere.example",
                "ANTHROPIC_CUSTOM_HEADERS": "x-other: 1\nanthropic-beta: other\n"
                "Authorization: other\nauthorization: other\nUser-Agent: other\n"
                "anthropic-version: other\nx-stainless-lang: other",
            }
        )
        self.assertEqual(request.url.host, "127.0.0.1")
        self.assertEqual(request.headers["authorization"], f"Bearer {KEY}")
        self.assertNotIn("x-api-key", request.headers)
        self.assertNotIn("x-other", request.headers)
        self.assertNotIn("anthropic-beta", request.headers)
        self.assertNotIn("other", " ".join(request.headers.values()))
        usual = self.recorded({})
        self.assertEqual(request.headers, usual.headers)

    def test_there_is_one_client_per_key_and_address(self):
        first = client_for(KEY, URL)
        self.assertIs(client_for(KEY, URL), first)
        self.assertIsNot(client_for("sk-ant-other", URL), first)
        self.assertIsNot(client_for(KEY, "http://127.0.0.1:2"), first)
        with patch("os.getpid", return_value=0):
            self.assertIsNot(client_for(KEY, URL), first, "connections are not shared")

    def test_an_address_may_end_with_a_slash(self):
        client = self.client(base_url=self.simulator.base_url + "/")
        self.assertEqual(client.endpoint, self.simulator.base_url)
        self.assertTrue(client.models())

    def test_models(self):
        models = {model["id"]: model for model in self.client().models()}
        self.assertEqual(models["claude-haiku-5-5"]["lifecycle"], "active")
        self.assertIn("claude-sonnet-5-5", models)

    def test_models_come_in_pages(self):
        pages = iter(
            (
                {"data": [{"id": "a"}, {"id": "b"}], "has_more": True},
                {"data": [{"id": "c"}], "has_more": False},
            )
        )
        asked = []

        def answer(request):
            asked.append(request.url.params.get("after_id"))
            return httpx2.Response(200, json=next(pages))

        transport = httpx2.MockTransport(answer)
        client = ClaudeClient(KEY, URL, http_client=httpx2.Client(transport=transport))
        self.addCleanup(client.close)
        self.assertEqual([model["id"] for model in client.models()], ["a", "b", "c"])
        self.assertEqual(asked, [None, "b"])

    def test_testing_a_connection_names_each_failure(self):
        cases = {
            "invalid_key": self.client("sk-ant-invalid-1"),
            "connection": self.client(base_url=f"http://127.0.0.1:{closed_port()}"),
        }
        for code, client in cases.items():
            with self.subTest(code), self.assertRaises(ClaudeError) as caught:
                client.models()
            self.assertEqual(caught.exception.code, code)
        for fault, code in (
            ("rate_limit", "rate_limited"),
            ("overloaded", "overloaded"),
            ("html", "connection"),
        ):
            self.control.fault(fault, match={"endpoint": "models"})
            with self.subTest(code), self.assertRaises(ClaudeError) as caught:
                self.client().models()
            self.assertEqual(caught.exception.code, code)

    def test_tokens_are_counted(self):
        body = make_request().parameters()
        del body["max_tokens"]
        self.assertGreater(self.client().count_tokens(body), 100)

    def test_a_count_that_is_none(self):
        reply = httpx2.Response(200, json={"tokens": 3})
        transport = httpx2.MockTransport(lambda request: reply)
        client = ClaudeClient(KEY, URL, http_client=httpx2.Client(transport=transport))
        self.addCleanup(client.close)
        with self.assertRaises(ClaudeError) as caught:
            client.count_tokens({})
        self.assertEqual(caught.exception.code, "connection")

    def test_an_answer_that_is_no_object(self):
        for content in (b"[]", b"", b'{"id":', b'{"usage":{}}', b'{"content":"x"}'):
            with self.subTest(content):
                reply = httpx2.Response(200, content=content)
                transport = httpx2.MockTransport(lambda request, reply=reply: reply)
                client = ClaudeClient(
                    KEY, URL, http_client=httpx2.Client(transport=transport)
                )
                self.addCleanup(client.close)
                outcome, _admission = self.run_call(
                    self.gateway(client=client), key=f"{content}:1"
                )
                self.assertEqual(outcome.code, "connection")

    def test_a_connection_serves_again_after_a_stream(self):
        client, pool = self.client_with_pool()
        gateway = self.gateway(client=client)
        ports = set()
        for number in range(3):
            self.run_stream(gateway, key=f"run{number}:1", use_stored=False)
            ports.update(id(connection) for connection in pool.connections)
        self.assertEqual(len(ports), 1)

    def test_a_stream_that_is_left_closes_its_connection(self):
        client, pool = self.client_with_pool()
        gateway = self.gateway(client=client)
        self.control.settings(tokens_per_second=50)
        admission = gateway.admit(make_request(), OWNER, "run:1")
        stream = gateway.stream(admission)
        next(stream)
        stream.close()
        self.assertEqual(pool.connections, [])

    def test_a_redirect_is_not_followed(self):
        """A second time the request would go out, with the document in it."""
        asked = []

        class Redirect(BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append(self.path)
                self.send_response(307)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                """Write nothing: the test looks at what was asked."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            client = self.client(base_url=f"http://127.0.0.1:{server.server_port}")
            outcome, _admission = self.run_call(self.gateway(client=client))
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        self.assertEqual(outcome.code, "connection")
        self.assertFalse(outcome.retryable)
        self.assertEqual(asked, ["/v1/messages"])

    def test_nothing_is_logged_about_a_call_that_works(self):
        with self.assertNoLogs(level="INFO"):
            self.run_call()

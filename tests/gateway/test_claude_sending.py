"""Calls that never left cost nothing; those that may have left are *unknown*."""

import os
import socket
import ssl
import threading
from contextlib import contextmanager
from unittest.mock import patch

import anthropic
import httpx2

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.http.client import ClaudeClient
from odoo.addons.account_ai.services.claude.http.errors_mapping import (
    error_of_exception,
)
from odoo.addons.account_ai.services.claude.policy import RetryPolicy

from ..common.common import closed_port
from .claude_case import KEY, ClaudeCase

ONCE = RetryPolicy(attempts=1)

NEVER_SENT = (
    *(httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout),
    *(httpx2.ProxyError, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError),
)
MAYBE_SENT = (
    *(httpx2.ReadError, httpx2.ReadTimeout, httpx2.WriteError, httpx2.WriteTimeout),
    *(httpx2.CloseError, httpx2.RemoteProtocolError, httpx2.DecodingError),
    *(httpx2.NetworkError, httpx2.ProtocolError, httpx2.TransportError),
    *(httpx2.TimeoutException, httpx2.RequestError, httpx2.TooManyRedirects),
)
NOT_OF_A_REQUEST = (
    *(httpx2.HTTPError, httpx2.HTTPStatusError, httpx2.InvalidURL),
    *(httpx2.CookieConflict, httpx2.StreamError, httpx2.StreamConsumed),
    *(httpx2.StreamClosed, httpx2.ResponseNotRead, httpx2.RequestNotRead),
    httpx2.SSEError,
)
"""Of reading an answer, or bases of others."""
SOCKET_NEVER_SENT = (
    socket.gaierror(-2, "Name or service not known"),
    ConnectionRefusedError(111, "Connection refused"),
    ssl.SSLCertVerificationError("certificate verify failed"),
    UnicodeError("label too long"),
    OverflowError("port must be 0-65535"),
)
SOCKET_MAYBE_SENT = (
    ConnectionResetError(104, "Connection reset by peer"),
    BrokenPipeError(32, "Broken pipe"),
    OSError("something else"),
)


@tagged("post_install", "-at_install")
class TestSending(ClaudeCase):
    """Through the real SDK, with a transport that fails."""

    def client_raising(self, error):
        def fail(request):
            raise error

        transport = httpx2.MockTransport(fail)
        http_client = httpx2.Client(transport=transport)
        client = ClaudeClient(KEY, "https://host.example", http_client=http_client)
        self.addCleanup(client.close)
        return client

    def check(self, client, sent, run):
        """Call once; check what was booked, and return the error."""
        self.setUp()
        result = run(self.gateway(client=client, retry=ONCE))
        error = result[0] if run == self.run_call else result[1]
        self.assertTrue(error.message)
        rows = self.backend.rows
        if not sent:
            self.assertFalse(error.ambiguous)
            self.assertEqual([row.state for row in rows], ["failed"])
            self.assertEqual(rows[0].settlement.cost_usd, 0)
        else:
            self.assertTrue(error.ambiguous)
            self.assertEqual({row.state for row in rows}, {"unknown"})
            self.assertLessEqual(len(rows), 2)
        return error

    def test_every_error_of_the_library_is_classified(self):
        every = {
            value
            for name in dir(httpx2)
            if isinstance(value := getattr(httpx2, name), type)
            and issubclass(value, Exception)
            and not issubclass(value, Warning)
        }
        self.assertEqual(every, {*NEVER_SENT, *MAYBE_SENT, *NOT_OF_A_REQUEST})

    def test_never_sent(self):
        errors = (*(kind("it failed") for kind in NEVER_SENT), *SOCKET_NEVER_SENT)
        for error in errors:
            for run in (self.run_call, self.run_stream):
                with self.subTest(error, run=run.__name__):
                    self.check(self.client_raising(error), sent=False, run=run)

    def test_maybe_sent(self):
        errors = (*(kind("it failed") for kind in MAYBE_SENT), *SOCKET_MAYBE_SENT)
        for error in errors:
            for run in (self.run_call, self.run_stream):
                with self.subTest(error, run=run.__name__):
                    self.check(self.client_raising(error), sent=True, run=run)

    def test_a_fault_of_ours_does_not_look_like_an_outage(self):
        request = httpx2.Request("POST", "https://host.example")
        wrapped = anthropic.APIConnectionError(request=request)
        wrapped.__cause__ = KeyError("ours")
        with self.assertRaises(KeyError):
            error_of_exception(wrapped)


@tagged("post_install", "-at_install")
class TestSendingOnTheWire(TestSending):
    """Through the client as it is built, with servers that fail on their way."""

    test_every_error_of_the_library_is_classified = None
    test_never_sent = None
    test_maybe_sent = None
    test_a_fault_of_ours_does_not_look_like_an_outage = None

    @contextmanager
    def server(self, serve):
        """Yield the port of a server that handles one connection after another."""
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def accept():
                while True:
                    try:
                        connection, _peer = listener.accept()
                    except OSError:
                        return
                    with connection:
                        serve(connection)

            thread = threading.Thread(target=accept)
            thread.start()
            try:
                yield listener.getsockname()[1]
            finally:
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

    def built(self, base_url, key=KEY):
        client = ClaudeClient(key, base_url)
        self.addCleanup(client.close)
        return client

    def test_a_key_that_is_none(self):
        for key in ("sk-ant-a\nb", "sk-ant-a\r\nx: y", "sk-ant-\x00"):
            with self.subTest(key):
                client = self.built(self.simulator.base_url, key)
                error = self.check(client, sent=False, run=self.run_call)
                self.assertNotIn("sk-ant", error.message)
                self.assertFalse(self.sent())

    def test_nobody_listens(self):
        client = self.built(f"http://127.0.0.1:{closed_port()}")
        self.check(client, sent=False, run=self.run_call)

    def test_a_port_that_is_none(self):
        client = self.built("http://127.0.0.1:99999")
        self.check(client, sent=False, run=self.run_call)

    def test_a_handshake_that_fails(self):
        def serve(connection):
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        with self.server(serve) as port:
            client = self.built(f"https://127.0.0.1:{port}")
            self.check(client, sent=False, run=self.run_call)

    def test_proxies_that_do_not_connect(self):
        answers = {
            "refused": b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "closed": b"",
            "nonsense": b"\x00\x01\x02\r\n\r\n",
        }
        for name, answer in answers.items():

            def serve(connection, answer=answer):
                connection.recv(10_000)
                connection.sendall(answer)

            with self.subTest(name), self.server(serve) as port:
                proxy = {"HTTPS_PROXY": f"http://user:s3cret@127.0.0.1:{port}"}
                with patch.dict(os.environ, proxy):
                    client = self.built("https://host.example")
                error = self.check(client, sent=False, run=self.run_call)
                self.assertNotIn("s3cret", error.message)

    def test_a_server_that_closes_after_the_request_may_have_worked(self):
        def serve(connection):
            connection.recv(1_000_000)

        with self.server(serve) as port:
            client = self.built(f"http://127.0.0.1:{port}")
            self.check(client, sent=True, run=self.run_call)

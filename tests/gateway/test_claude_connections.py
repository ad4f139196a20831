"""Connections to Claude: used again while they are open, through the proxy if any."""

import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

import httpcore2
import httpx2

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.claude.http import network
from odoo.addons.account_ai.services.claude.http.exchange import (
    DeadlinePassed,
    Exchange,
)
from odoo.addons.account_ai.services.claude.http.transport import (
    Transport,
    environment_proxy,
)

from dev.certificate import self_signed

_EVENTED = """
from gevent import monkey
monkey.patch_all()
import sys, types
import gevent, httpcore2
package = types.ModuleType("services")
package.__path__ = [sys.argv[1]]
sys.modules["services"] = package
from services.claude.http.network import ExchangeBackend

def turns_of_others(backend):
    pool = httpcore2.ConnectionPool(network_backend=backend)
    pool.request("GET", sys.argv[2])
    turns = []
    def count():
        while True:
            turns.append(1)
            gevent.sleep(0)
    other = gevent.spawn(count)
    gevent.sleep(0)
    before = len(turns)
    [connection] = pool.connections
    assert connection.is_idle() and not connection.has_expired()
    taken = len(turns) - before
    other.kill()
    return taken

print(turns_of_others(httpcore2.SyncBackend()) > 0)
print(turns_of_others(ExchangeBackend()))
"""


class _Server(ThreadingHTTPServer):
    """Keeps connections open; knows them, and what was asked for."""

    daemon_threads = True

    def __init__(self):
        self.opened = []
        self.asked = []
        super().__init__(("127.0.0.1", 0), _Answer)

    def process_request(self, request, client_address):
        self.opened.append(request)
        return super().process_request(request, client_address)


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments):
        pass


@tagged("post_install", "-at_install")
class TestConnections(BaseCase):
    needs = "process"

    def setUp(self):
        super().setUp()
        self.server = _Server()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def client(self, proxy=None):
        client = httpx2.Client(transport=Transport(proxy))
        self.addCleanup(client.close)
        return client

    def test_an_idle_connection_is_used_again(self):
        client = self.client()
        for _number in range(3):
            self.assertEqual(client.get(self.url).text, "ok")
        self.assertEqual(len(self.server.opened), 1)

    def test_an_encrypted_connection_is_used_again(self):
        home = self.enterContext(tempfile.TemporaryDirectory())
        certificate = self_signed(Path(home))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        with patch.dict(os.environ, {"SSL_CERT_FILE": str(certificate)}):
            client = self.client()
        for _number in range(2):
            response = client.get(self.url.replace("http:", "https:"))
            self.assertEqual(response.text, "ok")
        self.assertEqual(len(self.server.opened), 1)

    def test_a_connection_that_was_closed_is_not_used(self):
        client = self.client()
        response = client.get(self.url)
        self.server.shutdown_request(self.server.opened[0])
        # The other side has closed it when there is nothing more to read.
        stream = response.extensions["network_stream"]
        self.assertEqual(stream.read(1, timeout=5), b"")
        self.assertEqual(client.get(self.url).text, "ok")
        self.assertEqual(len(self.server.opened), 2)

    def test_no_other_greenlet_gets_its_turn_meanwhile(self):
        """The evented server's way of asking gives everybody else a turn."""
        services = Path(network.__file__).parents[2]
        output = subprocess.run(
            [sys.executable, "-c", _EVENTED, services, self.url],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        self.assertEqual(output.split(), ["True", "0"])

    def test_a_proxy_is_asked_with_its_password(self):
        proxy = self.url.replace("http://", "http://user:s3cret@")
        client = self.client(httpx2.Proxy(proxy))
        self.assertEqual(client.get("http://host.example/path").text, "ok")
        [asked] = self.server.asked
        self.assertEqual(asked.path, "http://host.example/path")
        self.assertIn("proxy-authorization", asked.headers)

    def test_the_next_address_of_a_host_is_tried(self):
        port = self.server.server_port
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.2", "127.0.0.1")
        ]
        with patch.object(
            network.socket, "getaddrinfo", side_effect=_answering(addresses)
        ):
            response = self.client().get(f"http://host.example:{port}/")
        self.assertEqual(response.text, "ok")

    def test_errors_of_the_pool_are_those_of_its_client(self):
        for kind in network_errors():
            client = self.client()
            with (
                self.subTest(kind.__name__),
                patch.object(
                    httpcore2.ConnectionPool, "handle_request", side_effect=kind("no")
                ),
                self.assertRaises(getattr(httpx2, kind.__name__)) as caught,
            ):
                client.get(self.url)
            self.assertTrue(caught.exception.request)


def network_errors():
    """Return the errors of the library, except the one that its pool keeps."""
    every = (getattr(httpcore2, name) for name in httpcore2.__all__)
    return [
        each
        for each in every
        if isinstance(each, type)
        and issubclass(each, Exception)
        and each is not httpcore2.ConnectionNotAvailable
    ]


def _answering(addresses):
    """Return a ``getaddrinfo`` that knows one host by name."""
    real = socket.getaddrinfo

    def look_up(host, *arguments, **options):
        if host == "host.example":
            return addresses
        return real(host, *arguments, **options)

    return look_up


@tagged("post_install", "-at_install")
class TestLookingUp(BaseCase):
    """The operating system may take long to find a host."""

    def setUp(self):
        super().setUp()
        self.over = threading.Event()
        self.addCleanup(self.over.set)

    def look_up(self, *_arguments, **_options):
        self.over.wait(60)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    def test_it_is_not_waited_for_longer_than_for_a_connection(self):
        with (
            patch.object(network.socket, "getaddrinfo", self.look_up),
            httpx2.Client(transport=Transport()) as client,
            self.assertRaises(httpx2.ConnectTimeout),
        ):
            client.get("http://host.example", timeout=0.01)

    def test_it_is_not_waited_for_longer_than_the_exchange_may_take(self):
        with (
            patch.object(network.socket, "getaddrinfo", self.look_up),
            httpx2.Client(transport=Transport()) as client,
            Exchange(0.01).under_way(),
            self.assertRaises((httpx2.ConnectTimeout, DeadlinePassed)),
        ):
            client.get("http://host.example", timeout=60)

    def test_a_host_that_there_is_not(self):
        self.over.set()
        with (
            patch.object(network.socket, "getaddrinfo", self.look_up),
            httpx2.Client(transport=Transport()) as client,
            self.assertRaisesRegex(httpx2.ConnectError, "Temporary failure"),
        ):
            client.get("http://host.example")


PROXY = "http://proxy.example"
NOT_EXEMPT = (
    ("https://host.example", ""),
    ("https://myhost.example", "host.example"),
    ("https://host.example", ".host.example"),
    ("https://host.example", "*.host.example"),
    ("https://host.example", "host.example:8443"),
    ("https://host.example", "[::1"),
    ("https://11.1.2.3", "10.0.0.0/8"),
)
EXEMPT = (
    ("https://host.example", "other.example, host.example"),
    ("https://HOST.example", "Host.Example"),
    ("https://a.host.example", "host.example"),
    ("https://a.host.example", ".host.example"),
    ("https://a.host.example", "*.host.example"),
    ("https://host.example", "other.example,*"),
    ("https://host.example:8443", "host.example:8443"),
    ("https://host.example", "https://host.example"),
    ("https://10.1.2.3", "10.0.0.0/8"),
    ("https://10.1.2.3", "10.1.2.3"),
    ("https://[::1]:8443", "::1"),
    ("https://[::1]:8443", "[::1]"),
)


@tagged("post_install", "-at_install")
class TestEnvironmentProxy(BaseCase):
    def proxy(self, url, **environment):
        with patch.dict(os.environ, environment, clear=True):
            return environment_proxy(url)

    def test_which_one(self):
        for url, environment, found in (
            ("https://host.example", {}, None),
            ("https://host.example", {"HTTPS_PROXY": PROXY}, PROXY),
            ("http://127.0.0.1:1", {"HTTPS_PROXY": PROXY}, None),
            ("http://127.0.0.1:1", {"ALL_PROXY": PROXY}, PROXY),
            ("https://host.example", {"https_proxy": "proxy.example"}, PROXY),
            ("https://host.example", {"ALL_PROXY": "x", "HTTPS_PROXY": PROXY}, PROXY),
        ):
            with self.subTest(url, **environment):
                proxy = self.proxy(url, **environment)
                self.assertEqual(proxy and str(proxy.url), found)

    def test_hosts_without_one(self):
        for cases, exempt in ((EXEMPT, True), (NOT_EXEMPT, False)):
            for url, no_proxy in cases:
                with self.subTest(url, no_proxy=no_proxy):
                    proxy = self.proxy(url, ALL_PROXY=PROXY, NO_PROXY=no_proxy)
                    self.assertEqual(proxy is None, exempt)

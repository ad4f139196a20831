"""Idle connections to Claude are asked whether they are open; nobody waits for it."""

import os
import ssl
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

import anthropic
import httpx2

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.claude.http import connections
from odoo.addons.account_ai.services.claude.http.connections import (
    ask_connections_at_once,
)

from dev.certificate import self_signed

_EVENTED = """
from gevent import monkey
monkey.patch_all()
import importlib.util, sys
import gevent, httpx2
spec = importlib.util.spec_from_file_location("connections", sys.argv[1])
connections = importlib.util.module_from_spec(spec)
spec.loader.exec_module(connections)

def turns_of_others(client):
    client.get(sys.argv[2])
    turns = []
    def count():
        while True:
            turns.append(1)
            gevent.sleep(0)
    other = gevent.spawn(count)
    gevent.sleep(0)
    before = len(turns)
    [connection] = client._transport._pool.connections
    assert connection.is_idle() and not connection.has_expired()
    taken = len(turns) - before
    other.kill()
    return taken

print(turns_of_others(httpx2.Client()) > 0)
print(turns_of_others(connections.ask_connections_at_once(httpx2.Client())))
"""


class _Server(ThreadingHTTPServer):
    """Keeps connections open; knows how many there were."""

    daemon_threads = True

    def __init__(self):
        self.opened = []
        super().__init__(("127.0.0.1", 0), _Answer)

    def process_request(self, request, client_address):
        self.opened.append(request)
        return super().process_request(request, client_address)


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments):
        pass


@tagged("post_install", "-at_install")
class TestConnections(BaseCase):
    def setUp(self):
        super().setUp()
        self.server = _Server()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def client(self, **options):
        client = ask_connections_at_once(httpx2.Client(trust_env=False, **options))
        self.addCleanup(client.close)
        return client

    def test_an_idle_connection_is_used_again(self):
        client = self.client()
        # Whoever asks by the library's way meets this one.
        with patch("select.poll", side_effect=AssertionError):
            for _number in range(3):
                self.assertEqual(client.get(self.url).text, "ok")
        self.assertEqual(len(self.server.opened), 1)

    def test_an_encrypted_connection_is_used_again(self):
        home = self.enterContext(tempfile.TemporaryDirectory())
        certificate = self_signed(Path(home))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        client = self.client(verify=ssl.create_default_context(cafile=certificate))
        with patch("select.poll", side_effect=AssertionError):
            for _number in range(2):
                response = client.get(self.url.replace("http:", "https:"))
                self.assertEqual(response.text, "ok")
        self.assertEqual(len(self.server.opened), 1)

    def test_a_connection_that_was_closed_is_not_used(self):
        client = self.client()
        client.get(self.url)
        [connection] = client._transport._pool.connections
        self.server.shutdown_request(self.server.opened[0])
        # The other side has closed it when there is nothing more to read.
        stream = connection._connection._network_stream
        self.assertEqual(stream.read(1, timeout=5), b"")
        self.assertTrue(connection.has_expired())
        self.assertEqual(client.get(self.url).text, "ok")
        self.assertEqual(len(self.server.opened), 2)

    def test_proxies_of_the_environment_are_asked_so_too(self):
        with patch.dict(os.environ, {"HTTPS_PROXY": self.url}):
            client = ask_connections_at_once(anthropic.DefaultHttpxClient())
        self.addCleanup(client.close)
        transports = [client._transport, *filter(None, client._mounts.values())]
        self.assertGreater(len(transports), 1)
        for transport in transports:
            backend = transport._pool._network_backend
            self.assertIsInstance(backend, connections._Backend)

    def test_no_other_greenlet_gets_its_turn_meanwhile(self):
        """The evented server's way of asking gives everybody else a turn."""
        output = subprocess.run(
            [sys.executable, "-c", _EVENTED, Path(connections.__file__), self.url],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        self.assertEqual(output.split(), ["True", "0"])

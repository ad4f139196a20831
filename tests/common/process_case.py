"""What the tests on a real server share: a company, a browser, SQL."""

import http.cookiejar
import re
import unittest
import urllib.error
import urllib.parse
import urllib.request
import uuid
from contextlib import closing, contextmanager

import psycopg2

from odoo.tests import BaseCase

from ..validation.validation_case import read_events
from .waiting import TIMEOUT, wait_until

SETUP = """
company = env.ref("base.main_company")
chile, rut = env.ref("base.cl"), env.ref("l10n_cl.it_RUT")
identity = {{"country_id": chile.id, "l10n_latam_identification_type_id": rut.id,
             "l10n_cl_sii_taxpayer_type": "1", "street": "Av. Providencia 1650",
             "city": "Providencia", "is_company": True,
             "l10n_cl_activity_description": "Servicios de ingeniería"}}
company.partner_id.write({{**identity, "vat": "76543210-3"}})
company.write({{"country_id": chile.id, "currency_id": env.ref("base.CLP").id}})
env["account.chart.template"].try_loading("cl", company, install_demo=False)
company._account_ai_grant_consent()
customer = env["res.partner"].create(
    {{**identity, "name": "Viña Quebrada Honda Ltda.", "vat": "77812345-2"}})
kind = env["l10n_latam.document.type"].search(
    [("code", "=", "33"), ("country_id", "=", chile.id)], limit=1)
drafts = env["account.move"].create([
    {{"move_type": "out_invoice", "partner_id": customer.id,
      "l10n_latam_document_type_id": kind.id,
      "invoice_line_ids": [(0, 0, {{
          "name": f"Arriendo de grúa horquilla, turno {{number}}",
          "price_unit": 150_000,
          "tax_ids": [(6, 0, company.account_sale_tax_id.ids)]}})]}}
    for number in range({drafts})])
groups = env.ref("account_ai.group_user") + env.ref("account.group_account_invoice")
for number in range({users}):
    env["res.users"].create({{
        "name": f"User {{number}}", "login": f"user{{number}}",
        "password": f"user{{number}}", "group_ids": [(6, 0, groups.ids)]}})
env.ref("base.user_admin").group_ids += env.ref("account.group_account_invoice")
print("drafts", *drafts.ids)
"""
KEY = "sk-ant-process-test"


class Browser:
    """A signed-in client of a server; plain standard library."""

    def __init__(self, base_url, login="admin"):
        self.base_url = base_url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        no_proxy = urllib.request.ProxyHandler({})
        self._opener = urllib.request.build_opener(cookies, no_proxy)
        self._csrf_token = self._find(
            r'name="csrf_token" value="([^"]+)"', "/web/login"
        )
        self.post("/web/login", login=login, password=login).close()
        self._csrf_token = self._find(r'csrf_token: "([^"]+)"', "/odoo")

    def _find(self, pattern, path):
        with self._opener.open(self.base_url + path, timeout=TIMEOUT) as page:
            return re.search(pattern, page.read().decode()).group(1)

    def post(self, path, **fields):
        """Post a form and return the response, to be read."""
        fields["csrf_token"] = self._csrf_token
        body = urllib.parse.urlencode(fields).encode()
        return self._opener.open(self.base_url + path, body, timeout=TIMEOUT)

    def open_stream(self, move_id, run_uuid=None, **fields):
        """Begin to validate an invoice and return the stream."""
        fields.update(move_id=str(move_id), run_uuid=run_uuid or str(uuid.uuid4()))
        return self.post("/account_ai/validate", **fields)

    def validate(self, move_id, run_uuid=None, **fields):
        """Validate an invoice and return the events of the whole stream.

        A refusal has events too, under another status.
        """
        try:
            stream = self.open_stream(move_id, run_uuid, **fields)
        except urllib.error.HTTPError as error:
            if error.code != 429:
                raise
            stream = error
        with stream:
            return read_events(stream.read().decode())


def read_until(stream, name):
    """Read a stream up to the first line of the event ``name``."""
    while line := stream.readline():
        if line == f"event: {name}\n".encode():
            return
    raise AssertionError(f"the stream ended before {name}")


class ProcessCase(BaseCase):
    """Base of tests on a real server over a database of its own."""

    purpose = "process"
    drafts = 1
    """How many invoices there are to validate."""
    users = 0
    """How many there are, called ``user0`` and so on, beside the administrator."""
    options = {}
    """Of the server."""
    simulator_options = {"first_token_ms": 50, "tokens_per_second": 400}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            from dev.simulator.process import SimulatorProcess
        except ImportError as error:
            raise unittest.SkipTest("the development tools are not here") from error
        from .server import run_in_shell, running_server

        cls.run_in_shell = staticmethod(run_in_shell)
        cls.simulator = SimulatorProcess(**cls.simulator_options).start()
        cls.addClassCleanup(cls.simulator.stop)
        cls.server = cls.enterClassContext(
            running_server(
                cls.purpose,
                environment={
                    "ACCOUNT_AI_API_KEY": KEY,
                    "ACCOUNT_AI_BASE_URL": cls.simulator.base_url,
                    "ACCOUNT_AI_SIMULATED": "1",
                },
                **cls.options,
            )
        )
        script = SETUP.format(drafts=cls.drafts, users=cls.users)
        printed = run_in_shell(cls.server, script)
        line = next(each for each in printed.splitlines() if "drafts " in each)
        cls.moves = [int(each) for each in line.split("drafts ")[1].split()]
        cls.browser = Browser(cls.server.evented_url)

    def setUp(self):
        super().setUp()
        self.simulator.control.reset()
        self.sql("DELETE FROM account_ai_rate_window")  # each test has its own minute

    @contextmanager
    def connection(self):
        """Yield an autocommit cursor of the server's database."""
        with closing(psycopg2.connect(dbname=self.server.database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor

    def sql(self, query, *parameters):
        """Return the rows of a query, in a transaction of its own."""
        with self.connection() as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def wait_for(self, query, *parameters, expected):
        """Wait until a query returns the rows that are expected."""
        rows = None

        def is_expected():
            nonlocal rows
            rows = self.sql(query, *parameters)
            return rows == expected

        try:
            wait_until(is_expected, "the query returns what is expected", pause=0.1)
        except AssertionError:
            self.assertEqual(rows, expected)

    def calls(self):
        """Return the requests for an answer that the simulator received."""
        return [
            each
            for each in self.simulator.control.requests()
            if each["path"] == "/v1/messages"
        ]

"""What the addon's tests share: a Chilean company, its users, and the simulator."""

import os
import socket
from unittest import SkipTest
from unittest.mock import patch

from odoo import Command
from odoo.tests import HttpCase, TransactionCase, new_test_user

from odoo.addons.account_ai.models.gateway.account_ai_gateway import (
    API_KEY_PARAMETER,
    BASE_URL_PARAMETER,
    SIMULATED_PARAMETER,
)
from odoo.addons.account_ai.services.claude.errors import ClaudeError

TEST_KEY = "sk-ant-test-0001"
TIME_ZONE = "America/Santiago"
"""Odoo dates what is posted by the clock of who posts it: elsewhere it may be tomorrow,
which no document may be dated."""


def start_simulator():
    """Start the Claude simulator and return its process.

    One a class, stopped in its cleanup: Odoo ends what a class leaves running, and
    warns.

    :raise SkipTest: where the addon is tested without its development tools
    """
    try:
        from dev.simulator.process import SimulatorProcess
    except ImportError as error:
        raise SkipTest("the Claude simulator is in the addon's repository") from error
    return SimulatorProcess(first_token_ms=0, tokens_per_second=100_000).start()


def closed_port():
    """Return a loopback port on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class AccountAiMixin:
    """A Chilean company with consent, a key, and the simulator as its endpoint.

    - ``company``, ``partner`` (a company with a good RUT), ``person`` (natural person)
    - ``accountant``: may invoice and validate; ``reviewer``, ``manager`` of the addon;
      ``plain_accountant`` may invoice, but is in no group of the addon
    - ``other_company`` with its ``other_accountant``
    - ``env`` is the superuser's, in ``company``; it and the users are in Chile

    Cursors of our own share the test's transaction. They neither see pending writes
    nor refresh the cache: call :meth:`synchronize` before and after them. Odoo's
    ``assertRaises`` undoes what its block wrote, by cursors of our own too: use
    :meth:`failure_of` to look at what a failure leaves.
    """

    uses_simulator = True
    """Set to False where Claude is not called: the endpoint is a closed port then."""

    uses_accounting = True
    """Set to False where no move is created: loading a chart takes a second."""

    uses_other_accounting = False
    """Set to True where a move of ``other_company`` is created."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        variables = [
            name
            for name in os.environ
            if name.startswith(("ACCOUNT_AI_", "ANTHROPIC_"))
            and name
            not in (
                "ACCOUNT_AI_TEST_DB",
                "ACCOUNT_AI_TEMPLATE_DB",
                "ACCOUNT_AI_REDIS_SERVER",
            )
        ]
        environment = patch.dict(os.environ)
        environment.start()
        cls.addClassCleanup(environment.stop)
        for name in variables:
            del os.environ[name]

        cls.company = cls._create_company(
            "Servicios Andinos SpA", "76543210-3", chart=cls.uses_accounting
        )
        cls.other_company = cls._create_company(
            "Comercial Austral Ltda.", "76990011-K", chart=cls.uses_other_accounting
        )
        cls.env.user.company_ids += cls.company + cls.other_company
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": cls.company.ids,
                "tz": TIME_ZONE,
            }
        )
        cls.company = cls.company.with_env(cls.env)
        cls._create_users()
        cls.partner = cls._create_partner("Viña Quebrada Honda Ltda.", "77812345-2")
        cls.person = cls._create_partner(
            "María Fernanda Soto Pizarro",
            "15888999-4",
            is_company=False,
            email="mf.soto@correo.example",
        )
        cls.company._account_ai_grant_consent()
        if cls.uses_simulator:
            cls.simulator = start_simulator()
            cls.addClassCleanup(cls.simulator.stop)
            cls.use_endpoint(cls.simulator.base_url)
        else:
            cls.use_closed_endpoint()

    def setUp(self):
        super().setUp()
        if self.uses_simulator:
            self.simulator.control.reset()

    @classmethod
    def _create_company(cls, name, vat, chart=True):
        chile = cls.env.ref("base.cl")
        company = cls.env["res.company"].create(
            {
                "name": name,
                "country_id": chile.id,
                "currency_id": cls.env.ref("base.CLP").id,
            }
        )
        company.partner_id.write(
            {
                "vat": vat,
                "l10n_latam_identification_type_id": cls.env.ref("l10n_cl.it_RUT").id,
                "l10n_cl_sii_taxpayer_type": "1",
                "l10n_cl_activity_description": "Servicios de ingeniería",
                "street": "Av. Providencia 1650",
                "city": "Providencia",
            }
        )
        if chart:
            cls.env["account.chart.template"].try_loading(
                "cl", company=company, install_demo=False
            )
        return company

    @classmethod
    def _create_users(cls):
        def user(login, groups, company=cls.company):
            return new_test_user(
                cls.env,
                login=login,
                groups=groups,
                company_id=company.id,
                company_ids=[Command.set(company.ids)],
                tz=TIME_ZONE,
            )

        invoicing = "account.group_account_invoice"
        cls.plain_accountant = user("plain_accountant", invoicing)
        cls.accountant = user("accountant", f"{invoicing},account_ai.group_user")
        cls.reviewer = user("reviewer", f"{invoicing},account_ai.group_reviewer")
        cls.manager = user("manager", f"{invoicing},account_ai.group_manager")
        cls.other_accountant = user(
            "other_accountant", f"{invoicing},account_ai.group_user", cls.other_company
        )

    @classmethod
    def _create_partner(cls, name, vat, **values):
        """Return a Chilean partner that lacks nothing; ``values`` override."""
        partners = cls.env["res.partner"].with_context(no_vat_validation=True)
        return partners.create(
            {
                "name": name,
                "vat": vat,
                "is_company": True,
                "country_id": cls.env.ref("base.cl").id,
                "l10n_latam_identification_type_id": cls.env.ref("l10n_cl.it_RUT").id,
                "l10n_cl_sii_taxpayer_type": "1",
                "l10n_cl_activity_description": "Elaboración de vinos",
                "street": "Camino Real 12",
                "city": "Santa Cruz",
                **values,
            }
        )

    # === HELPERS === #

    @classmethod
    def use_endpoint(cls, base_url, api_key=TEST_KEY, simulated=True):
        """Send calls to ``base_url`` from now on; an empty key removes it."""
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param(API_KEY_PARAMETER, api_key)
        parameters.set_param(BASE_URL_PARAMETER, base_url)
        parameters.set_param(SIMULATED_PARAMETER, "1" if simulated else "")
        cls.env.flush_all()

    @classmethod
    def use_closed_endpoint(cls):
        """Send calls to where nobody listens."""
        cls.use_endpoint(f"http://127.0.0.1:{closed_port()}")

    @classmethod
    def document_type(cls, code):
        """Return the Chilean document type ``code``, e.g. ``33``."""
        return cls.env["l10n_latam.document.type"].search(
            [("code", "=", code), ("country_id.code", "=", "CL")], limit=1
        )

    @classmethod
    def create_move(
        cls,
        lines=None,
        move_type="out_invoice",
        partner=None,
        code="33",
        company=None,
        **values,
    ):
        """Return a draft, with VAT on its lines.

        :param lines: pairs of text and price, or values of lines; a good one by default
        :param code: code of the document type
        :param company: other than ``company``; it needs a chart
        """
        if lines is None:
            lines = [("Mantención de bombas de agua, planta Santa Cruz", 150_000)]
        moves = cls.env["account.move"].with_context(default_move_type=move_type)
        if company:
            moves = moves.with_context(allowed_company_ids=company.ids)
        owner = company or cls.company
        sale = move_type.startswith("out_")
        vat = owner.account_sale_tax_id if sale else owner.account_purchase_tax_id
        lines = [
            line
            if isinstance(line, dict)
            else dict(zip(("name", "price_unit"), line, strict=True))
            for line in lines
        ]
        return moves.create(
            {
                "move_type": move_type,
                "partner_id": (partner or cls.partner).id,
                "l10n_latam_document_type_id": cls.document_type(code).id,
                "invoice_line_ids": [
                    Command.create(
                        {"quantity": 1, "tax_ids": [Command.set(vat.ids)], **line}
                    )
                    for line in lines
                ],
                **values,
            }
        )

    def synchronize(self):
        """Write what is pending, and read anew what own cursors have written."""
        self.env.flush_all()
        self.env.invalidate_all()

    def failure_of(self, function, *args, **kwargs):
        """Return the ``ClaudeError`` that calling ``function`` raises."""
        try:
            function(*args, **kwargs)
        except ClaudeError as error:
            return error
        self.fail("no ClaudeError was raised")

    def usages(self, domain=()):
        """Return the rows of the ledger that fit, oldest first."""
        self.synchronize()
        return self.env["account.ai.usage"].search(list(domain), order="id")


class AccountAiCase(AccountAiMixin, TransactionCase):
    """Base of tests on the ORM."""

    def setUp(self):
        super().setUp()
        self.env.flush_all()
        self.registry_enter_test_mode()


class AccountAiHttpCase(AccountAiMixin, HttpCase):
    """Base of tests over HTTP; Odoo itself has cursors share the test's transaction."""

"""No log holds the content of a document, whatever fails.

The whole run of the tests is looked through as well: see ``dev/planted_names.py``.
"""

import logging
import threading
import uuid
from unittest.mock import patch

import psycopg2

from odoo import sql_db
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import SQL

from odoo.addons.account_ai.models.common.cursor import execute, open_cursor
from odoo.addons.account_ai.models.common.statement_log import keep_documents_out
from odoo.addons.account_ai.models.validation.account_ai_validation_begin import (
    ValidationRequest,
)
from odoo.addons.account_ai.models.validation.running import execution
from odoo.addons.account_ai.services.claude.http.log import log_context
from odoo.addons.account_ai.services.claude.ports import Owner
from odoo.addons.account_ai.services.common.failure_trace import failure_trace
from odoo.addons.account_ai.services.common.structured_log import structured_logger

from ..validation.validation_case import ValidationMixin
from .common import AccountAiCase

PLANTED = "Transporte de Anacleto Planta"


@tagged("post_install", "-at_install")
class TestFailingStatements(ValidationMixin, AccountAiCase):
    def setUp(self):
        super().setUp()
        self.move = self.create_move([(PLANTED, 100_000)])
        self.lines = []
        handler = logging.Handler()
        handler.emit = lambda record: self.lines.append(
            logging.Formatter().format(record)
        )
        # Where Odoo itself listens may be another place under test.
        for name in ("odoo.sql_db", execution.__name__):
            logger = logging.getLogger(name)
            self.enterContext(patch.object(logger, "disabled", False))
            self.addCleanup(logger.setLevel, logger.level)
            logger.setLevel(logging.INFO)  # and drop the cached levels
            logger.addHandler(handler)
            self.addCleanup(logger.removeHandler, handler)

    def check_quiet(self):
        self.assertNotIn(PLANTED, "\n".join(self.lines))
        self.assertNotIn("77812345", "\n".join(self.lines))

    def failing(self, act):
        with self.assertRaises(psycopg2.Error), self.env.cr.savepoint(flush=False):
            act()

    def test_a_beginning_that_fails_to_be_stored(self):
        validations = self.env["account.ai.validation"]
        request = ValidationRequest(self.move.id, str(uuid.uuid4()))
        (opened,) = validations._open_all([request])
        values = validations._values_of(opened, "user", "x")
        self.assertIn(PLANTED, str(values))
        self.failing(lambda: validations._insert_many([{**values, "company_id": 0}]))
        self.assertEqual(self.lines, [])

    def test_what_the_orm_stores(self):
        """Findings, answers, reasons: written by the ORM, which logs what fails."""
        validation = self.start(self.move).validation_id
        values = {
            "sequence": 1,
            "code": "X",
            "origin": "rule",
            "severity": "error",
            "message": PLANTED,
            "evidence": "77812345-2",
            "company_id": self.company.id,
        }

        def create():
            # sudo: as the flow writes them
            findings = self.env["account.ai.finding"].sudo()
            findings.create({**values, "validation_id": 2**31 - 1}).flush_recordset()

        def write():
            validations = self.env["account.ai.validation"].sudo()
            record = validations.browse(validation)
            record.write({"user_id": 2**31 - 1, "model_answer": {"text": PLANTED}})
            record.flush_recordset()

        for act in (create, write):
            with self.subTest(act.__name__):
                self.lines.clear()
                self.failing(act)
                self.env.invalidate_all(flush=False)
                self.check_quiet()
                told = "\n".join(self.lines)
                self.assertIn("account_ai_", told)
                self.assertIn("ForeignKeyViolation 23503", told)

    def test_what_runs_while_our_code_does(self):
        """Reading asks with names and RUTs of the document: other tables, our code."""
        reader = self.env["account.ai.document.reader"]
        query = SQL("SELECT %s, no_such_column FROM res_partner", PLANTED)
        with patch.object(
            type(reader),
            "_read_with_places",
            lambda _self, _move: query_of(self, query),
        ):
            self.failing(
                lambda: self.env["account.ai.validation"]._read_moves(self.move)
            )
        self.check_quiet()
        self.assertIn("SELECT", "\n".join(self.lines))

    def test_other_statements_are_logged_as_ever(self):
        logger = logging.getLogger("odoo.sql_db")
        record = logger.makeRecord(
            "odoo.sql_db",
            logging.ERROR,
            "x",
            1,
            "bad query: %s\nERROR: %s",
            ("SELECT 'other' FROM res_partner", ValueError("no")),
            None,
        )
        with patch(
            "odoo.addons.account_ai.models.common.statement_log._is_our_code_running",
            return_value=False,
        ):
            self.assertTrue(logger.filter(record))
        self.assertIn("'other'", record.getMessage())

    def test_it_is_installed_once(self):
        logger = logging.getLogger("odoo.sql_db")
        before = list(logger.filters)
        keep_documents_out()
        self.assertEqual(logger.filters, before)

    def test_a_run_that_fails(self):
        """Neither for a result that cannot be stored nor for an answer that our code
        fails on."""
        for name in ("store", "_ask_and_book"):
            start = self.start(self.move, force=True)
            admission = execution.admit(start.opened)
            self.lines.clear()
            with patch.object(execution, name, side_effect=ValueError(PLANTED)):
                self.assertIsNone(
                    execution.carry_out(start.opened, admission, lambda *_data: None)
                )
            self.check_quiet()
            self.assertRegex(
                "\n".join(self.lines),
                f"event='validation_.*' run='{start.opened.run_uuid}' "
                f"call='{start.opened.call_key}' company_id={self.company.id} "
                f"user_id={start.opened.owner.user_id} .*failure='ValueError at ",
            )
            self.env["account.ai.validation"].sudo().browse(start.validation_id).write(
                {"state": "interrupted"}
            )


def query_of(case, query):
    return case.env.execute_query(query)


@tagged("post_install", "-at_install")
class TestCollision(BaseCase):
    """Two transactions that begin the same at the same moment."""

    needs = "database"

    def test_the_loser_logs_nothing(self):
        name = get_db_name()
        with open_cursor(name) as cursor:
            cursor.execute(
                "CREATE TABLE account_ai_collision (id int PRIMARY KEY, t text)"
            )
        self.addCleanup(self.drop, name)
        insert = SQL(
            "INSERT INTO account_ai_collision VALUES (1, %s) ON CONFLICT DO NOTHING",
            PLANTED,
        )
        # Odoo's own isolation: the loser fails instead of finding the other's row.
        with Registry(name).cursor() as late:
            late.execute("SELECT count(*) FROM account_ai_collision")
            with open_cursor(name) as first:
                execute(first, insert)
            with self.assertNoLogs(sql_db._logger, logging.DEBUG + 1):
                with self.assertRaises(psycopg2.errors.SerializationFailure):
                    execute(late, insert)
            late.rollback()

    @staticmethod
    def drop(name):
        with open_cursor(name) as cursor:
            cursor.execute("DROP TABLE account_ai_collision")


class TestLogContext(BaseCase):
    """Lines that are logged while a call is made say which one."""

    def test_each_thread_has_its_own(self):
        log = structured_logger("account_ai.test")
        entered = threading.Barrier(3)

        def work(company_id):
            owner = Owner(company_id, 7, "validation", run_uuid=f"run{company_id}")
            with log_context(owner, f"run{company_id}:1"):
                entered.wait(10)
                log.warning("of_a_thread", code="x")

        with self.assertLogs("account_ai.test", "WARNING") as logs:
            threads = [threading.Thread(target=work, args=(n,)) for n in (1, 2)]
            for thread in threads:
                thread.start()
            entered.wait(10)
            for thread in threads:
                thread.join()
            log.warning("of_nobody")
        self.assertEqual(
            sorted(record.getMessage() for record in logs.records),
            [
                "event='of_a_thread' code='x' run='run1' call='run1:1' company_id=1 "
                "user_id=7 operation='validation'",
                "event='of_a_thread' code='x' run='run2' call='run2:1' company_id=2 "
                "user_id=7 operation='validation'",
                "event='of_nobody'",
            ],
        )


class TestFailureTrace(BaseCase):
    def test_it_holds_no_text(self):
        try:
            try:
                int(PLANTED)
            except ValueError as error:
                raise KeyError(PLANTED) from error
        except KeyError as error:
            trace = failure_trace(error)
        self.assertNotIn("Anacleto", trace)
        self.assertRegex(
            trace, r"^KeyError from ValueError at test_logs\.py:\d+ test_it_holds"
        )

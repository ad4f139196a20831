"""Keeps documents out of the log of statements that failed.

Odoo logs a statement that fails with all its values: the whole invoice, its facts, what
Claude answered. The statements of our own SQL are not logged at all (see
:mod:`.cursor`); those that the ORM makes of our records, or that run while our code
does, are logged as what they are, without their values.
"""

import logging
import re
import sys
from pathlib import Path

import psycopg2

_SQL_LOG = "odoo.sql_db"
_BAD_QUERY = "bad query"
_OUR_TABLES = "account_ai_"
_ADDON = str(Path(__file__).parents[2])
_IDENTIFIER = re.compile(r'[\w".]+')
_FIRST_WORDS = 3


class StatementsWithoutValues(logging.Filter):
    """Takes the values out of the lines about failed statements."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, ours without what documents hold."""
        if (
            isinstance(record.msg, str)
            and record.msg.startswith(_BAD_QUERY)
            and isinstance(record.args, tuple)
            and len(record.args) == 2
        ):
            query, error = record.args
            text = (
                query.decode("utf-8", "replace") if isinstance(query, bytes) else query
            )
            text = str(text)
            if _OUR_TABLES in text or _is_our_code_running():
                record.args = (_head(text), _kind(error))
                record.exc_info = record.exc_text = None
        return True


def keep_documents_out() -> None:
    """See to it that no statement of ours is logged with its values; once a process."""
    logger = logging.getLogger(_SQL_LOG)
    if not any(isinstance(each, StatementsWithoutValues) for each in logger.filters):
        logger.addFilter(StatementsWithoutValues())


def _is_our_code_running() -> bool:
    frame = sys._getframe()
    own = frame.f_code.co_filename
    while frame is not None:
        name = frame.f_code.co_filename
        if name != own and name.startswith(_ADDON):
            return True
        frame = frame.f_back
    return False


def _head(query: str) -> str:
    """Return the verb of a statement and the table, as far as they stand first."""
    words = []
    for word in query.split(None, _FIRST_WORDS)[:_FIRST_WORDS]:
        if not _IDENTIFIER.fullmatch(word):
            break
        words.append(word)
    return f"{' '.join(words)} … (its values are not logged)"


def _kind(error: object) -> str:
    if isinstance(error, psycopg2.Error):
        constraint = error.diag.constraint_name
        parts = (type(error).__name__, error.pgcode, constraint)
        return " ".join(str(part) for part in parts if part)
    return type(error).__name__

"""The XML files that vendors sent with their bills, as attached to them in Odoo."""

from collections.abc import Mapping

from odoo.api import Environment
from odoo.tools import SQL

from ....services.documents.context import ReceivedXml
from ....services.documents.document import Document
from ....services.documents.dte_xml import MAX_BYTES
from ....services.documents.errors import NoDteXml, UnreadableDocument
from ....services.documents.received_xml import read_received, unreadable

MOST_FILES = 5
"""The newest files of a bill that are looked into: besides the DTE there may be
answers to it (acknowledgements of receipt and the like), which are XML too."""

_FIELDS = ("res_model", "res_id", "res_field", "type", "name", "mimetype")
_CONTENT = ("store_fname", "db_datas")


def read_attached_xml(
    env: Environment, bills: Mapping[int, tuple[Document, str]]
) -> dict[int, ReceivedXml]:
    """Return what is compared of the XML of each vendor bill, by move id; bills without
    a file that reads as a DTE are left out.

    The newest that can be read counts; when none can, the newest is reported as
    unreadable. One query for all bills, with the access of the environment's user: a
    file that the user may not see does not count for them.

    :param bills: by move id, the bill as entered and the RUT of its company
    """
    if not bills or not env["ir.attachment"].has_access("read"):
        return {}
    received: dict[int, ReceivedXml] = {}
    failed: dict[int, ReceivedXml] = {}
    for move_id, file_name, content in _files(env, list(bills)):
        if move_id in received:
            continue
        document, company_rut = bills[move_id]
        try:
            received[move_id] = read_received(
                document, _data(env, file_name, content), company_rut
            )
        except NoDteXml:
            continue
        except UnreadableDocument as error:
            failed.setdefault(move_id, unreadable(error))
    return {**failed, **received}


def _files(
    env: Environment, move_ids: list[int]
) -> list[tuple[int, str | None, memoryview | None]]:
    """Return the XML files of bills, the newest first: bill, name in the file store,
    and content where it is in the database, cut where it is too much to be read."""
    attachments = env["ir.attachment"]
    attachments.flush_model([*_FIELDS, *_CONTENT])
    query = attachments._search(
        [
            ("res_model", "=", "account.move"),
            ("res_id", "in", move_ids),
            ("res_field", "=", False),
            ("type", "=", "binary"),
            "|",
            ("mimetype", "in", ("application/xml", "text/xml")),
            # The type of a file that a user uploads is text, for safety.
            ("name", "=ilike", "%.xml"),
        ]
    )
    return env.execute_query(
        SQL(
            """
            SELECT res_id, store_fname, content
              FROM (SELECT file.id, file.res_id, file.store_fname,
                           substring(file.db_datas FROM 1 FOR %(bytes)s) AS content,
                           row_number() OVER (PARTITION BY file.res_id
                                                  ORDER BY file.id DESC) AS age
                      FROM (%(readable)s) readable
                      JOIN ir_attachment file ON file.id = readable.id) files
             WHERE age <= %(files)s
             ORDER BY id DESC
            """,
            bytes=MAX_BYTES + 1,
            readable=query.select(),
            files=MOST_FILES,
        )
    )


def _data(env: Environment, file_name: str | None, content: memoryview | None) -> bytes:
    """Return a file, cut behind the size from which it is refused."""
    if file_name:
        return env["ir.attachment"]._file_read(file_name, MAX_BYTES + 1)
    return bytes(content or b"")

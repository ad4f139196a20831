from __future__ import annotations

from collections.abc import Mapping

from odoo import api, models
from odoo.tools import SQL

from ...services.documents.document import Document
from ...services.documents.serialization import document_from_data
from .running.freshness import document_fingerprints

ANSWERED = [("state", "=", "done"), ("degraded_code", "=", False)]
"""Validations with an answer of Claude that was taken in whole."""


class AccountAiValidation(models.Model):
    """Decides which validation an invoice shows and is judged by.

    An attempt without an answer never takes the place of an answer about the same
    document: otherwise whoever asks until the limit refuses would be rid of a *reject*.
    """

    # A file of its own: what is shown is another idea than how a run ends.
    _inherit = "account.ai.validation"

    # === BUSINESS METHODS === #

    def _is_answered(self) -> bool:
        """Return whether Claude's answer is part of it; false when there is none."""
        return self.state == "done" and not self.degraded_code

    @api.model
    def _last_answers(self, documents: Mapping[int, Document]) -> dict:
        """Return the newest answered validation of each document as it stands now.

        Those of what the document was in the meantime do not count: what was changed
        and changed back is judged by the answer that there is about it.

        :param documents: by id of the invoice
        :return: by id of the invoice; those without one are left out
        """
        seen = {
            move_id: document_fingerprints(document)
            for move_id, document in documents.items()
        }
        return self._last_answers_about(seen)

    @api.model
    def _last_answers_about(self, fingerprints: Mapping[int, tuple[str, ...]]) -> dict:
        answered = self.search_fetch(
            [("move_id", "in", list(fingerprints)), *ANSWERED],
            ["move_id", "document_fingerprint", "verdict"],
            order="id desc",
        )
        answers: dict = {}
        for validation in answered:
            move_id = validation.move_id.id
            if validation.document_fingerprint in fingerprints[move_id]:
                answers.setdefault(move_id, validation)
        return answers

    def _document_fingerprints(self) -> tuple[str, ...]:
        """Return the fingerprints of validations of the same document as this one."""
        self.ensure_one()
        if self.document_data:
            return document_fingerprints(document_from_data(self.document_data))
        return (self.document_fingerprint,) if self.document_fingerprint else ()

    def _write_verdict_on_move(self):
        """Write on the invoice which validation it shows, and its verdict.

        Plain SQL: an invoice's own ``write`` would check locked periods and recompute,
        and its date of change would tell an open form that somebody else edited it.
        """
        self.ensure_one()
        self.flush_recordset()
        # Locked first, so that of two runs that end at once the second sees the first.
        rows = self.env.execute_query(
            SQL(
                """SELECT account_ai_validation_id
                     FROM account_move WHERE id = %s FOR UPDATE""",
                self.move_id.id,
            )
        )
        current = self.browse(rows[0][0] if rows else None).exists()
        shown = self._to_show_instead_of(current)
        self.env.execute_query(
            SQL(
                """
                UPDATE account_move
                   SET account_ai_validation_id = %(validation)s,
                       account_ai_verdict = %(verdict)s
                 WHERE id = %(move)s
                RETURNING id
                """,
                validation=shown.id,
                verdict=shown.verdict,
                move=self.move_id.id,
            )
        )
        self.move_id.invalidate_recordset(
            ["account_ai_validation_id", "account_ai_verdict"], flush=False
        )

    def _to_show_instead_of(self, current):
        """Return what the invoice shows now that this validation has ended.

        :param current: what it has shown until now, if anything
        """
        same = self._document_fingerprints()
        is_same = current.document_fingerprint in same
        if self._is_answered():
            late = current.id > self.id
            only_attempt = is_same and not current._is_answered()
            return current if late and not only_attempt else self
        answers = self._last_answers_about({self.move_id.id: same})
        if current.id > self.id:
            return current
        return answers.get(self.move_id.id, self)

"""The answer store on the table of ``account.ai.answer``."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from odoo.sql_db import BaseCursor

from ....services.common.storable import storable
from ...common.clock import NOW
from ...common.cursor import execute

_GET = f"""
    SELECT fingerprint, company_id, answer
      FROM account_ai_answer
     WHERE (fingerprint, company_id) IN %(wanted)s
       AND (expires_at IS NULL OR expires_at > {NOW})
"""

_DROP = """
    DELETE FROM account_ai_answer
     WHERE fingerprint = %(fingerprint)s AND company_id = %(company_id)s
"""

_PUT = f"""
    INSERT INTO account_ai_answer
           (fingerprint, company_id, answer, usage_id, stored_at, expires_at)
    VALUES (%(fingerprint)s, %(company_id)s, %(answer)s, %(usage_id)s, {NOW},
            {NOW} + %(ttl)s * interval '1 second')
        ON CONFLICT (fingerprint, company_id) DO UPDATE
       SET answer = EXCLUDED.answer,
           usage_id = EXCLUDED.usage_id,
           stored_at = EXCLUDED.stored_at,
           expires_at = EXCLUDED.expires_at
"""


class PostgresAnswerStore:
    """Answers by fingerprint and company: what one company paid for stays with it."""

    def __init__(self, cursor: BaseCursor) -> None:
        self._cursor = cursor

    def get_all(
        self, wanted: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int], Mapping[str, Any]]:
        """Return the stored answers among these fingerprints with companies.

        :param wanted: at least one
        """
        execute(self._cursor, _GET, {"wanted": tuple(wanted)})
        return {
            (fingerprint, company_id): answer
            for fingerprint, company_id, answer in self._cursor.fetchall()
        }

    def put(
        self,
        fingerprint: str,
        company_id: int,
        answer: Mapping[str, Any],
        ttl_seconds: float | None,
        usage_id: int,
    ) -> None:
        """Store ``answer`` for ``ttl_seconds``; ``None`` stores it without an end."""
        execute(
            self._cursor,
            _PUT,
            {
                "fingerprint": fingerprint,
                "company_id": company_id,
                "answer": json.dumps(storable(answer), ensure_ascii=False),
                "usage_id": usage_id or None,
                "ttl": ttl_seconds,
            },
        )

    def drop(self, fingerprint: str, company_id: int) -> None:
        """Forget the answer, if there is one."""
        execute(
            self._cursor,
            _DROP,
            {"fingerprint": fingerprint, "company_id": company_id},
        )

from __future__ import annotations

import hashlib
import json

from odoo import api, fields, models, tools

from ...services.claude.request import ClaudeRequest, canonical_json
from ..common.cursor import execute, open_cursor

_INSERT = """
    INSERT INTO account_ai_prompt (digest, agent, version, language, system,
                                   output_schema, create_date)
    VALUES (%(digest)s, %(agent)s, %(version)s, %(language)s, %(system)s,
            %(output_schema)s, now() AT TIME ZONE 'UTC')
        ON CONFLICT (digest) DO UPDATE SET agent = EXCLUDED.agent
    RETURNING id
"""


class AccountAiPrompt(models.Model):
    """The stable part of a request, kept once for all the validations that used it.

    Rows are written once and never change: a validation is replayed from them.
    """

    _name = "account.ai.prompt"
    _inherit = "account.ai.decided.fields"
    _description = "Prompt of a validation"
    _rec_name = "version"
    _order = "id desc"

    # === FIELDS === #

    digest = fields.Char(required=True, readonly=True)
    agent = fields.Char(required=True, readonly=True)
    version = fields.Char(required=True, readonly=True)
    language = fields.Char(required=True, readonly=True)
    system = fields.Json(readonly=True)
    output_schema = fields.Text(
        readonly=True,
        help="As JSON text: the order of its keys is part of the request.",
    )

    _digest_unique = models.Constraint("UNIQUE (digest)", "A prompt is kept only once.")

    # === BUSINESS METHODS === #

    @api.model
    def _id_of(self, request: ClaudeRequest, agent: str, version: str) -> int:
        """Return the id of the row that holds the stable part of ``request``.

        It is written in a transaction of its own, so that two first requests at the
        same time cannot fail each other.
        """
        schema = json.dumps(request.output_schema, ensure_ascii=False)
        picture = canonical_json([agent, version, request.language, schema])
        digest = hashlib.sha256(picture.encode())
        for block in request.system:
            digest.update(block.encode())
        return self._stored_id(digest.hexdigest(), agent, version, request)

    @tools.ormcache("digest")
    def _stored_id(
        self, digest: str, agent: str, version: str, request: ClaudeRequest
    ) -> int:
        with open_cursor(self.env.cr.dbname) as cursor:
            execute(
                cursor,
                _INSERT,
                {
                    "digest": digest,
                    "agent": agent,
                    "version": version,
                    "language": request.language,
                    "system": json.dumps(request.system),
                    "output_schema": json.dumps(
                        request.output_schema, ensure_ascii=False
                    ),
                },
            )
            return cursor.fetchone()[0]

from __future__ import annotations

import json
from datetime import datetime, timedelta

from odoo import api, models
from odoo.tools import SQL

from ...services.claude.request import ClaudeRequest
from ...services.common.storable import storable
from ...services.documents.serialization import context_to_data, document_to_data
from ...services.validation.verdict import verdict_of
from ..common.cursor import execute
from ..common.presentation import finding_values
from ..documents.account_ai_document_reader import Reading
from .running.freshness import document_fingerprint
from .running.run import Run

LEASE_MARGIN_SECONDS = 20
"""After its deadline the result of a run is still to be stored."""
_INSERT_COLUMNS = (
    *("run_uuid", "move_id", "company_id", "user_id", "trigger", "state"),
    *("rules_verdict", "rule_findings", "rules_count", "rulebook_version"),
    *("judged_on", "document_data", "context_data", "document_fingerprint", "facts"),
    *("prompt_id", "prompt_version", "agent", "model", "effort", "language"),
    "replaced_model",
    *("endpoint", "max_tokens", "cache_ttl", "mask_persons", "simulated"),
    *("fingerprint", "lease_until", "attempts"),
    *("create_uid", "write_uid", "create_date", "write_date"),
)
_INSERT = f"""
    INSERT INTO account_ai_validation ({", ".join(_INSERT_COLUMNS)})
    VALUES %s
        ON CONFLICT DO NOTHING
    RETURNING id, run_uuid
"""


class AccountAiRunInsert(models.AbstractModel):
    """How validations that begin are stored: plain SQL, many in one statement."""

    _name = "account.ai.run.insert"
    _description = "Storing of Validations That Begin"

    # === BUSINESS METHODS - STORE === #

    @api.model
    def _values_of(
        self, run: Run, reading: Reading, trigger: str, fingerprint: str
    ) -> dict:
        """Return the columns of a run that begins."""
        request: ClaudeRequest = run.request
        judged = run.judged
        document_data = document_to_data(judged.document)
        lease = timedelta(seconds=run.deadline_seconds + LEASE_MARGIN_SECONDS)
        return {
            "run_uuid": run.run_uuid,
            "move_id": run.move_id,
            "company_id": run.owner.company_id,
            "user_id": run.uid,
            "trigger": trigger,
            "state": "running",
            "rules_verdict": verdict_of(judged.findings).value,
            "rule_findings": [
                finding_values(finding, judged.places) for finding in judged.findings
            ],
            "rules_count": judged.report.checked,
            "rulebook_version": judged.report.version,
            "judged_on": judged.context.today,
            "document_data": document_data,
            "context_data": context_to_data(judged.context),
            "document_fingerprint": document_fingerprint(
                judged.document, document_data
            ),
            "facts": request.messages[0]["content"][0]["text"],
            "prompt_id": self.env["account.ai.prompt"]._id_of(
                request, run.agent.name, run.agent.version
            ),
            "prompt_version": run.agent.version,
            "agent": run.agent.name,
            "model": request.model,
            "replaced_model": run.replaced_model or None,
            "effort": request.effort,
            "language": request.language,
            "endpoint": run.endpoint,
            "max_tokens": request.max_tokens,
            "cache_ttl": request.cache_ttl,
            "mask_persons": run.mask_persons,
            "simulated": run.simulated,
            "fingerprint": fingerprint,
            "lease_until": self.env.cr.now() + lease,
        }

    @api.model
    def _insert(self, values: dict):
        """Insert a running validation and return it, for the flow to write.

        When another transaction has just begun the same run, it fails as a conflict of
        transactions, and Odoo repeats the request, which then finds that run.
        """
        return self._own(self._insert_many([values])[values["run_uuid"]])

    @api.model
    def _insert_many(self, rows: list[dict]) -> dict[str, int]:
        """Insert running validations and return their ids by run.

        One statement, because this stands before the first byte of a stream. A run that
        somebody else has begun already is left out.
        """
        if not rows:
            return {}
        now = self.env.cr.now()
        values = SQL(", ").join(
            SQL(
                "%s",
                tuple(
                    _column(each.get(name))
                    for each in [_begun(row, now)]
                    for name in _INSERT_COLUMNS
                ),
            )
            for row in rows
        )
        # When somebody else has begun the same a moment ago it fails, and the statement
        # holds whole invoices: it is not to be logged.
        execute(self.env.cr, SQL(_INSERT, values))
        inserted = self.env.cr.fetchall()
        return {run_uuid: validation_id for validation_id, run_uuid in inserted}


def _begun(values: dict, now: datetime) -> dict:
    """Return all columns of a run that begins now."""
    stamps = {"create_date": now, "write_date": now}
    users = {"create_uid": values["user_id"], "write_uid": values["user_id"]}
    return {**values, "attempts": 1, **stamps, **users}


def _column(value):
    """Return ``value`` as psycopg2 writes it: JSON columns as text."""
    value = storable(value)
    return json.dumps(value) if isinstance(value, dict | list) else value

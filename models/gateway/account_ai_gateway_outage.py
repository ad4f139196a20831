from __future__ import annotations

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ...services.claude.cause import is_out
from ...services.claude.errors import ClaudeError
from .account_ai_gateway import API_KEY_PARAMETER

_REFUSAL_HOLDS = timedelta(days=1)
"""A key that was refused longer ago has to be tried again before anybody may say that
Claude is out because of it."""


class AccountAiGateway(models.AbstractModel):
    """Tells whether Claude is out, from what is known here: no network."""

    # A file of its own: being out is another idea than how the door is built.
    _inherit = "account.ai.gateway"

    # === BUSINESS METHODS === #

    @api.model
    def _out_reason(self, company) -> str:
        """Return why Claude is out for ``company`` now; empty when it is not.

        Out is what :mod:`..services.claude.cause` calls so, and what holds at this
        moment: nothing may be sent, there is no key or Claude refuses it, no client can
        be built with the settings, the circuit breaker is open, or the account's
        spending limit is reached. Limits and budgets of the company's own, and attempts
        that failed, never are.
        """
        try:
            self._check_ready(company)
            self._client()
        except ClaudeError as refusal:
            return refusal.code if is_out(refusal.code) else ""
        endpoint = self._settings(company).endpoint
        return self._circuit_reason(endpoint) or self._key_reason(endpoint)

    @api.model
    def _circuit_reason(self, endpoint: str) -> str:
        """Return whether calls are held back, and by what.

        A spending limit lasts until its end, also between two probes, unless somebody
        said that the cause is gone.
        """
        now = self.env.cr.now()
        # sudo: yes or no comes of it, for whoever posts
        circuit_sudo = (
            self.env["account.ai.circuit"]
            .sudo()
            .search_fetch(
                [("name", "=", endpoint), ("state", "=", "open")],
                ["reason", "open_until", "ends_at"],
                limit=1,
            )
        )
        if not circuit_sudo.open_until:
            return ""
        if circuit_sudo.reason == "spend_limit":
            ends_at = circuit_sudo.ends_at or circuit_sudo.open_until
            return "spend_limit" if max(ends_at, circuit_sudo.open_until) > now else ""
        return "circuit_open" if circuit_sudo.open_until > now else ""

    @api.model
    def _key_reason(self, endpoint: str) -> str:
        """Return ``invalid_key`` when Claude has refused the key, and neither has
        accepted it since nor has somebody entered another one."""
        since = self.env.cr.now() - _REFUSAL_HOLDS
        # sudo: yes or no comes of it, for whoever posts
        entered_sudo = (
            self.env["ir.config_parameter"]
            .sudo()
            .search_fetch([("key", "=", API_KEY_PARAMETER)], ["write_date"], limit=1)
        )
        if entered_sudo:
            since = max(since, entered_sudo.write_date)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT outcome
                  FROM account_ai_usage
                 WHERE opened_at >= %(since)s
                   AND endpoint = %(endpoint)s
                   AND from_store IS NOT TRUE
                   AND corrects_id IS NULL
                   AND (state = 'settled' OR outcome = 'invalid_key')
                 ORDER BY opened_at DESC, id DESC
                 LIMIT 1
                """,
                since=since,
                endpoint=endpoint,
            )
        )
        return "invalid_key" if rows and rows[0][0] == "invalid_key" else ""

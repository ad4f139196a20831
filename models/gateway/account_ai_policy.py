import logging

from odoo import api, models
from odoo.tools import ormcache

from ...services.claude.policy import BreakerPolicy, Policy, RetryPolicy
from .account_ai_model_prices import decimal_or_none

_logger = logging.getLogger(__name__)

PARAMETER_BOUNDS = {
    "account_ai.breaker_failures": (1, 100),
    "account_ai.breaker_seconds": (5, 3600),
    "account_ai.breaker_successes": (1, 20),
    "account_ai.retry_attempts": (1, 6),
    # A wait holds a worker, or the stream of whoever looks on.
    "account_ai.retry_wait": (1, 60),
}
"""Least and most of the figures that hold for the whole database: what all companies
share is one way to Claude."""


class AccountAiGateway(models.AbstractModel):
    """The limits and times of the door, from what companies and the database set."""

    _inherit = "account.ai.gateway"

    # === BUSINESS METHODS === #

    @api.model
    def _policy(self, company=None):
        """Return the limits and times of the door for ``company``, the present one by
        default.

        :rtype: odoo.addons.account_ai.services.claude.policy.Policy
        """
        # sudo: limits of the company, for code; its columns are read already
        company_sudo = (company or self.env.company).sudo()
        return Policy(
            limits_per_minute={
                "validation": company_sudo.account_ai_limit_validation,
                "chat": company_sudo.account_ai_limit_chat,
                "project_suggestion": company_sudo.account_ai_limit_project_suggestion,
            },
            company_limit=company_sudo.account_ai_limit_company,
            queue_limit=company_sudo.account_ai_limit_queue,
            max_input_tokens=company_sudo.account_ai_max_input_tokens,
            max_call_usd=decimal_or_none(company_sudo.account_ai_max_call_usd),
            deadline_seconds=float(company_sudo.account_ai_deadline_seconds),
            retry=self._retry_policy(),
            breaker=self._breaker_policy(),
        )

    @api.model
    @ormcache(cache="stable")
    def _breaker_policy(self):
        """Return when the circuit breaker opens, probes and closes."""
        standard = BreakerPolicy()
        return BreakerPolicy(
            failures=self._figure("account_ai.breaker_failures", standard.failures),
            open_seconds=float(
                self._figure("account_ai.breaker_seconds", int(standard.open_seconds))
            ),
            successes=self._figure("account_ai.breaker_successes", standard.successes),
        )

    @api.model
    @ormcache(cache="stable")
    def _retry_policy(self):
        """Return how often and how long a call is repeated."""
        standard = RetryPolicy()
        return RetryPolicy(
            attempts=self._figure("account_ai.retry_attempts", standard.attempts),
            retry_after_cap=float(
                self._figure("account_ai.retry_wait", int(standard.retry_after_cap))
            ),
        )

    @api.model
    def _figure(self, name, standard):
        """Return the system parameter ``name`` as a number within its bounds.

        The settings page lets none other pass; one that was written by hand and makes
        no sense is not obeyed, and the log says so.
        """
        text = self._parameter(name)
        if not text:
            return standard
        least, most = PARAMETER_BOUNDS[name]
        if text.isdecimal() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        _logger.warning(
            "system parameter %s has to be a number from %s to %s; taking %s",
            *(name, least, most, standard),
        )
        return standard

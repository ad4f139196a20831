from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import partial

from odoo import api, models
from odoo.tools import SQL, ormcache, str2bool
from odoo.tools.misc import get_lang

from ...services.claude.cause import is_out
from ...services.claude.defaults import DEFAULT_BASE_URL
from ...services.claude.errors import ClaudeError
from ...services.claude.gateway import Gateway
from ...services.claude.http.admin import ADMIN_KEY_PREFIX, NOT_AN_ADMIN_KEY
from ...services.claude.http.catalogue import ChosenModel, choose, find
from ...services.claude.http.client import client_for
from ...services.claude.http.connection_settings import check_address, check_key
from ...services.claude.money.pricing import reference_price
from ...services.claude.money.reconciliation import Tolerance
from ...services.claude.operations import OPERATIONS
from ...services.claude.operations import operation as operation_named
from ...services.claude.policy import BreakerPolicy, Policy, RetryPolicy
from ...services.common.translation import _ as _lt
from ..common.presentation import sentence
from .account_ai_model import decimal_or_none
from .postgres.transaction import PostgresBackend

_logger = logging.getLogger(__name__)

API_KEY_PARAMETER = "account_ai.api_key"
BASE_URL_PARAMETER = "account_ai.base_url"
SIMULATED_PARAMETER = "account_ai.simulated"
ADMIN_KEY_PARAMETER = "account_ai.admin_key"
REDIS_URL_PARAMETER = "account_ai.redis_url"

_VARIABLES = {
    API_KEY_PARAMETER: "ACCOUNT_AI_API_KEY",
    BASE_URL_PARAMETER: "ACCOUNT_AI_BASE_URL",
    SIMULATED_PARAMETER: "ACCOUNT_AI_SIMULATED",
    ADMIN_KEY_PARAMETER: "ACCOUNT_AI_ADMIN_KEY",
    REDIS_URL_PARAMETER: "ACCOUNT_AI_REDIS_URL",
}
"""Variables of the server's environment that come before a parameter."""
_OF_THE_ORIGINAL = (API_KEY_PARAMETER, ADMIN_KEY_PARAMETER, REDIS_URL_PARAMETER)
"""What the server's operator did not mean for a neutralized copy of a database."""

_BREAKER, _RETRY = BreakerPolicy(), RetryPolicy()
FIGURES = {
    "account_ai.breaker_failures": (1, 100, _BREAKER.failures),
    "account_ai.breaker_seconds": (5, 3600, int(_BREAKER.open_seconds)),
    "account_ai.breaker_successes": (1, 20, _BREAKER.successes),
    "account_ai.retry_attempts": (1, 6, _RETRY.attempts),
    # A wait holds a worker, or the stream of whoever looks on.
    "account_ai.retry_wait": (1, 60, int(_RETRY.retry_after_cap)),
}
"""Least, most and default of the figures that hold for the whole database: all
companies share the connection to Claude."""

WORKSPACE_PARAMETER = "account_ai.reconciliation_workspace"
PERCENT_PARAMETER = "account_ai.reconciliation_percent"
USD_PARAMETER = "account_ai.reconciliation_usd"

_REFUSAL_HOLDS = timedelta(days=1)
"""A key that was refused longer ago has to be tried again before anybody may say that
Claude is out because of it."""


@dataclass(frozen=True)
class GatewaySettings:
    """How Claude is asked for one company."""

    model: str
    effort: str
    endpoint: str
    """Base URL; part of every fingerprint."""
    simulated: bool
    """True when the endpoint is the simulator: every screen and row says so."""
    language: str
    """``es`` or ``en``: of the prompt and of what the model writes."""
    policy: Policy
    replaced_model: str = ""
    """The one that should have been asked, and is retired; else empty."""


class AccountAiGateway(models.AbstractModel):
    """Builds the gateway to Claude for the current database.

    What it returns needs neither environment nor cursor: it goes on working in a
    response's body and in a thread, after the request's cursor is closed.
    """

    _name = "account.ai.gateway"
    _description = "Gateway to Claude"

    # === BUSINESS METHODS === #

    @api.model
    def _backend(self):
        """Return the shared state of the gateway in this database."""
        return PostgresBackend(self.env.cr.dbname, self._breaker_policy())

    @api.model
    def _gateway(self, company=None):
        """Return the gateway of this database under the limits of ``company``.

        :rtype: odoo.addons.account_ai.services.claude.gateway.Gateway
        :raise ClaudeError: ``no_key`` when there is none, ``not_ready`` when settings
            or server have to be mended first
        """
        return Gateway(
            self._client(),
            self._backend(),
            self._policy(company),
            simulated=self._is_simulated(),
            own_prices=self.env["account.ai.model"]._own_prices(),
            prefixes=self.env["account.ai.prompt.count"]._store(),
        )

    @api.model
    def _settings(self, company, operation):
        """Return how ``operation`` is asked for ``company``.

        A model that is retired is replaced by the company's fallback; an effort that
        the model does not know is left out.

        :rtype: GatewaySettings
        """
        company_sudo = company.sudo()  # gives technical values to code, not to a user
        asked_for = operation_named(operation)
        models_ = self.env["account.ai.model"]
        catalogue = models_._catalogue()
        now = models_._now()
        wanted = self._chosen(company_sudo, asked_for.model_field) or asked_for.model
        info = find(catalogue, wanted)
        chosen = ChosenModel(wanted)
        if info and info.is_retired(now):
            chosen = choose(
                wanted,
                asked_for.fallback_models,
                catalogue,
                now,
                preferred=company_sudo.account_ai_fallback_model or "",
                price_of=partial(reference_price, own=models_._own_prices()),
            )
            info = find(catalogue, chosen.model)
        effort = self._chosen(company_sudo, asked_for.effort_field) or asked_for.effort
        return GatewaySettings(
            model=chosen.model,
            replaced_model=chosen.replaced,
            effort=effort if not info or info.takes_effort(effort) else "",
            endpoint=self._base_url(),
            simulated=self._is_simulated(),
            language=company_sudo.account_ai_language or "es",
            policy=self._policy(company),
        )

    @staticmethod
    def _chosen(company, field):
        """Return what a company chose in ``field``, nothing when there is no such
        setting."""
        return company[field] if field else False

    @api.model
    def _check_ready(self, company):
        """Check that calls may be made for ``company``: consent first, then the key,
        then whether key and address can be used at all.

        :raise ClaudeError: ``no_consent``, ``no_key`` or ``not_ready``
        """
        if not company._account_ai_has_consent():
            raise ClaudeError(
                "no_consent",
                _lt(
                    "Nothing is sent to Claude for this company until an "
                    "administrator switches it on."
                ),
            )
        check_key(self._required_key())
        check_address(self._base_url())

    @api.model
    def _test_connection(self, company):
        """Ask the endpoint which models there are, which is free.

        Nothing of the company is sent, so that this needs no consent.

        :return: whether validations of ``company`` would find key and model, and a
            sentence that says so, or what is wrong
        :rtype: tuple[bool, str]
        """
        model = self._settings(company, "validation").model
        try:
            known = {
                found["id"]
                for found in self._client().models()
                if isinstance(found, dict) and isinstance(found.get("id"), str)
            }
        except ClaudeError as error:
            facts = [error.code]
            if error.status:
                facts.append(f"HTTP {error.status}")
            if error.request_id:
                facts.append(error.request_id)
            words = sentence(error.message, error.params, get_lang(self.env))
            return False, f"{words} ({', '.join(facts)})"
        if model not in known:
            return False, self.env._(
                "Claude answers and accepts the key, but does not know the model "
                "%(model)s. It knows: %(known)s.",
                model=model,
                known=", ".join(sorted(known)),
            )
        return True, self.env._(
            "Claude answers, accepts the key and knows the model %(model)s.",
            model=model,
        )

    # === CONNECTION === #

    @api.model
    def _client(self):
        """Return the client of this process for the key and the address.

        :raise ClaudeError: ``no_key`` when there is none, ``not_ready`` when settings
            or server have to be mended first
        """
        return client_for(self._required_key(), self._base_url())

    @api.model
    def _required_key(self):
        """Return the API key.

        :raise ClaudeError: ``no_key`` when there is none
        """
        if key := self._api_key():
            return key
        raise ClaudeError(
            "no_key",
            _lt("There is no API key for Claude: an administrator can set one."),
        )

    @api.model
    def _api_key(self):
        """Return the API key, the environment's first; empty when there is none."""
        return self._setting(API_KEY_PARAMETER)

    @api.model
    def _base_url(self):
        """Return the address of the API without a slash at its end."""
        return (self._setting(BASE_URL_PARAMETER) or DEFAULT_BASE_URL).rstrip("/")

    @api.model
    def _is_simulated(self):
        """Return whether the endpoint is said to be the simulator."""
        return str2bool(self._setting(SIMULATED_PARAMETER), default=False)

    @api.model
    def _setting(self, name):
        """Return the system parameter ``name``, or what the environment has for it."""
        return self._environment(name) or self._parameter(name)

    @api.model
    def _environment(self, name):
        """Return what the server's environment sets instead of a system parameter;
        empty when it sets nothing, or nothing for a neutralized copy."""
        if name in _OF_THE_ORIGINAL and self._is_neutralized():
            return ""
        return os.environ.get(_VARIABLES[name], "").strip()

    @api.model
    def _source(self, name, value):
        """Return where ``value`` of the system parameter ``name`` comes from:
        ``none``, ``database`` or ``environment``."""
        if not value:
            return "none"
        return "environment" if self._environment(name) else "database"

    @api.model
    def _is_neutralized(self):
        """Return whether this database is a neutralized copy."""
        return str2bool(self._parameter("database.is_neutralized"), default=False)

    @api.model
    def _parameter(self, name):
        """Return a system parameter, stripped."""
        parameters = self.env["ir.config_parameter"]
        # sudo: the key is handed to the client only, the other values are no secrets
        return (parameters.sudo().get_param(name) or "").strip()

    @api.model
    def _key_problem(self, key):
        """Return a sentence that says why ``key`` asks no models, or nothing."""
        if key.startswith(ADMIN_KEY_PREFIX):
            return self.env._(
                "This is an Admin key, which asks no models: enter it under "
                "Reconciliation, and here a key that was made for calls."
            )
        return self._problem(check_key, key)

    @api.model
    def _address_problem(self, url):
        """Return a sentence that says why the key cannot go to ``url``, or nothing."""
        return self._problem(check_address, url.rstrip("/"))

    @api.model
    def _problem(self, check, *values):
        """Return what ``check`` has to say to ``values``, in the user's language."""
        try:
            check(*values)
        except ClaudeError as error:
            return sentence(error.message, error.params, get_lang(self.env))
        return ""

    # === BUSINESS METHODS === #

    @api.model
    def _policy(self, company=None):
        """Return the limits and times of the gateway for ``company``, the present one
        by default.

        :rtype: odoo.addons.account_ai.services.claude.policy.Policy
        """
        # sudo: limits of the company, for code; its columns are read already
        company_sudo = (company or self.env.company).sudo()
        return Policy(
            limits_per_minute={
                each.name: self._chosen(company_sudo, each.limit_field)
                or each.limit_per_minute
                for each in OPERATIONS
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
        return BreakerPolicy(
            failures=self._figure("account_ai.breaker_failures"),
            open_seconds=float(self._figure("account_ai.breaker_seconds")),
            successes=self._figure("account_ai.breaker_successes"),
        )

    @api.model
    @ormcache(cache="stable")
    def _retry_policy(self):
        """Return how often and how long a call is repeated."""
        return RetryPolicy(
            attempts=self._figure("account_ai.retry_attempts"),
            retry_after_cap=float(self._figure("account_ai.retry_wait")),
        )

    @api.model
    def _figure(self, name):
        """Return the system parameter ``name`` as a number within its bounds.

        The settings page lets none other pass; one that was written by hand and makes
        no sense is not obeyed, and the log says so.
        """
        text = self._parameter(name)
        least, most, standard = FIGURES[name]
        if not text:
            return standard
        if text.isdecimal() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        _logger.warning(
            "system parameter %s has to be a number from %s to %s; taking %s",
            *(name, least, most, standard),
        )
        return standard

    # === CONNECTION === #

    @api.model
    def _admin_key(self):
        """Return the Admin key, the environment's first; empty when there is none.

        A neutralized copy of a database has none: it bills nobody, and the key sees the
        whole organization.
        """
        return "" if self._is_neutralized() else self._setting(ADMIN_KEY_PARAMETER)

    @api.model
    def _reconciled_workspace(self):
        """Return whose bill is compared: a workspace's id, ``default``, or empty for
        the whole organization."""
        return self._parameter(WORKSPACE_PARAMETER)

    @api.model
    def _tolerance(self):
        """Return which differences are of no interest."""
        default = Tolerance()
        return Tolerance(
            percent=self._decimal_parameter(PERCENT_PARAMETER, default.percent),
            usd=self._decimal_parameter(USD_PARAMETER, default.usd),
        )

    @api.model
    def _decimal_parameter(self, name, default):
        try:
            value = Decimal(self._parameter(name) or default)
        except InvalidOperation:
            return default
        return value if value.is_finite() and value >= 0 else default

    @api.model
    def _admin_key_problem(self, key):
        """Return a sentence that says why ``key`` is no Admin key, or nothing."""
        if not key.startswith(ADMIN_KEY_PREFIX):
            return self.env._(
                "An Admin key begins with %(prefix)s; the key that asks models is "
                "another one.",
                prefix=ADMIN_KEY_PREFIX,
            )
        return self._problem(check_key, key, NOT_AN_ADMIN_KEY)

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
        endpoint = self._base_url()
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

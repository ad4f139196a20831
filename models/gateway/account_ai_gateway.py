import os
from dataclasses import dataclass
from functools import partial

from odoo import api, models
from odoo.tools import str2bool

from ...services.claude.defaults import (
    DEFAULT_BASE_URL,
    default_model,
    fallback_models,
)
from ...services.claude.errors import ClaudeError
from ...services.claude.gateway import Gateway
from ...services.claude.http.admin import ADMIN_KEY_PREFIX
from ...services.claude.http.catalogue import ChosenModel, choose, find
from ...services.claude.http.client import client_for
from ...services.claude.http.connection_settings import check_address, check_key
from ...services.claude.money.pricing import reference_price
from ...services.claude.policy import Policy
from ...services.common.translation import _ as _lt
from ..common.presentation import sentence
from .postgres.transaction import PostgresBackend

API_KEY_PARAMETER = "account_ai.api_key"
BASE_URL_PARAMETER = "account_ai.base_url"
SIMULATED_PARAMETER = "account_ai.simulated"

API_KEY_VARIABLE = "ACCOUNT_AI_API_KEY"
BASE_URL_VARIABLE = "ACCOUNT_AI_BASE_URL"
SIMULATED_VARIABLE = "ACCOUNT_AI_SIMULATED"


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
    """Builds the door to Claude for the current database.

    What it returns needs neither environment nor cursor: it goes on working in a
    response's body and in a thread, after the request's cursor is closed.
    """

    _name = "account.ai.gateway"
    _description = "Door to Claude"

    # === BUSINESS METHODS === #

    @api.model
    def _backend(self):
        """Return the shared state of the door in this database."""
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
    def _settings(self, company, operation="validation"):
        """Return how ``operation`` is asked for ``company``.

        A model that is retired is replaced by the company's fallback; an effort that
        the model does not know is left out.

        :rtype: GatewaySettings
        """
        company_sudo = company.sudo()  # gives technical values to code, not to a user
        default = default_model(operation)
        models_ = self.env["account.ai.model"]
        catalogue = models_._catalogue()
        now = models_._now()
        wanted = company_sudo.account_ai_model or default.model
        info = find(catalogue, wanted)
        chosen = ChosenModel(wanted)
        if info and info.is_retired(now):
            chosen = choose(
                wanted,
                fallback_models(operation),
                catalogue,
                now,
                preferred=company_sudo.account_ai_fallback_model or "",
                price_of=partial(reference_price, own=models_._own_prices()),
            )
            info = find(catalogue, chosen.model)
        effort = company_sudo.account_ai_effort or default.effort
        return GatewaySettings(
            model=chosen.model,
            replaced_model=chosen.replaced,
            effort=effort if not info or info.takes_effort(effort) else "",
            endpoint=self._base_url(),
            simulated=self._is_simulated(),
            language=company_sudo.account_ai_language or "es",
            policy=self._policy(company),
        )

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
        key = self._api_key()
        if not key:
            raise self._no_key_error()
        check_key(key)
        check_address(self._base_url())

    @api.model
    def _test_connection(self, company):
        """Ask the endpoint which models there are, which is free.

        Nothing of the company is sent, so that this needs no consent.

        :return: whether validations of ``company`` would find key and model, and a
            sentence that says so, or what is wrong
        :rtype: tuple[bool, str]
        """
        model = self._settings(company).model
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
            words = sentence(error.message, error.params, self.env.lang)
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
        api_key = self._api_key()
        if not api_key:
            raise self._no_key_error()
        return client_for(api_key, self._base_url())

    @api.model
    def _api_key(self):
        """Return the API key, the environment's first; empty when there is none.

        A neutralized copy of a database ignores the environment's key: it belongs to
        the server, whose operator meant it for the original.
        """
        key = os.environ.get(API_KEY_VARIABLE, "").strip()
        if key and not self._is_neutralized():
            return key
        return self._parameter(API_KEY_PARAMETER)

    @api.model
    def _base_url(self):
        """Return the address of the API without a slash at its end."""
        url = os.environ.get(BASE_URL_VARIABLE, "").strip()
        url = url or self._parameter(BASE_URL_PARAMETER) or DEFAULT_BASE_URL
        return url.rstrip("/")

    @api.model
    def _is_simulated(self):
        """Return whether the endpoint is said to be the simulator."""
        value = os.environ.get(SIMULATED_VARIABLE, "").strip()
        return str2bool(value or self._parameter(SIMULATED_PARAMETER), default=False)

    @api.model
    def _environment_wins(self):
        """Return which of ``api_key``, ``base_url`` and ``simulated`` come from the
        environment, so that the settings page can say so."""
        variables = {
            "api_key": API_KEY_VARIABLE,
            "base_url": BASE_URL_VARIABLE,
            "simulated": SIMULATED_VARIABLE,
        }
        return {
            name
            for name, variable in variables.items()
            if os.environ.get(variable, "").strip()
            and not (name == "api_key" and self._is_neutralized())
        }

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
            return sentence(error.message, error.params, self.env.lang)
        return ""

    @api.model
    def _no_key_error(self):
        """Return the error that says that there is no key."""
        return ClaudeError(
            "no_key",
            _lt("There is no API key for Claude: an administrator can set one."),
        )


def is_valid_base_url(url):
    """Return whether ``url`` may receive the key: HTTPS, or HTTP on this machine."""
    try:
        check_address(url)
    except ClaudeError:
        return False
    return True

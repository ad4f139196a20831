from __future__ import annotations

import logging
from datetime import timedelta, timezone
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, ormcache
from odoo.tools.misc import get_lang

from ...services.claude.errors import ClaudeError
from ...services.claude.http.catalogue import (
    LIFECYCLES,
    ModelInfo,
    find,
    read_models,
    undated,
)
from ...services.claude.money.own_prices import OwnPrices
from ...services.claude.money.pricing import (
    listed_source,
    long_prompt_tokens,
    reference_price,
    unit_prices,
)
from ...services.claude.operations import OPERATIONS
from ...services.claude.ports import Alert
from ...services.claude.request import canonical_json
from ...services.common.translation import _ as _lt
from ..common.notification import notification
from ..common.presentation import sentence

_logger = logging.getLogger(__name__)

SYNCHRONIZE_CRON = "account_ai.ir_cron_account_ai_models"
RECHECK = timedelta(hours=1)
GONE_FOR = timedelta(days=1)
"""For so long a model that counts as gone is looked for every hour, then every day."""
_COMPARED = (
    *("name", "family", "lifecycle", "released_at", "deprecated_at", "retires_at"),
    *("max_input_tokens", "max_output_tokens", "capabilities"),
)

_price_in_force = partial(fields.Float, digits=(16, 6), compute="_compute_prices")
_own_price = partial(fields.Float, digits=(16, 6), tracking=True)
_BUCKETS = {
    "input_price": "uncached_input",
    "output_price": "output",
    "cache_write_5m_price": "cache_write_5m",
    "cache_write_1h_price": "cache_write_1h",
    "cache_read_price": "cache_read",
}
_OWN = (
    *("has_own_prices", "own_input", "own_output"),
    *("own_cache_write_5m", "own_cache_write_1h", "own_cache_read"),
    *("own_batch_discount", "own_long_prompt_tokens"),
    *("own_long_input", "own_long_output"),
)

_RETIRED = _lt("%(model)s is retired")
_RETIRED_MESSAGE = _lt(
    "The model %(model)s, which %(company)s uses, is retired: %(asked)s is asked "
    "instead%(price)s. Take its successor %(successor)s here, or choose another model "
    "in the settings."
)
_NOT_KNOWN = _lt("Claude does not know %(model)s")
_NOT_KNOWN_MESSAGE = _lt(
    "Claude does not know the model %(model)s, which %(company)s chose: %(asked)s is "
    "asked instead%(price)s. Take %(successor)s here, or choose another model in the "
    "settings. The name may be misspelt; it is tried again after a day."
)


class AccountAiModel(models.Model):
    """A model of Claude: how long it lives, what it can do, and what it costs.

    The catalogue is the database's, the same for all companies, so it needs no record
    rules: administrators of the addon read it, system administrators set prices. What
    the API tells is read anew every day. A model that the API tells of no longer stays
    here, as retired: calls of the past name it.
    """

    _name = "account.ai.model"
    _description = "Claude Model"
    _inherit = ["account.ai.decided.fields", "mail.thread"]
    _order = "lifecycle, released_at desc, model"

    # === FIELDS === #

    model = fields.Char(
        string="Model ID",
        required=True,
        copy=False,
        help="The id that requests name.",
    )
    name = fields.Char(required=True)
    active = fields.Boolean(
        default=True, help="Archived models are not offered; prices and dates hold."
    )
    family = fields.Char(readonly=True, help="Line of models, such as haiku.")
    lifecycle = fields.Selection(
        selection=[
            ("active", "Active"),
            ("deprecated", "Deprecated"),
            ("retired", "Retired"),
        ],
        required=True,
        default="active",
        readonly=True,
        tracking=True,
        help="As the API tells. Deprecated: it works until it retires. Retired: "
        "calls to it fail, so the company's fallback is asked instead.",
    )
    released_at = fields.Datetime(string="Time of Release", readonly=True)
    deprecated_at = fields.Datetime(string="Time of Deprecation", readonly=True)
    retires_at = fields.Datetime(
        string="Time of Retirement", readonly=True, tracking=True
    )
    # The API tells midnights in UTC: the day is the same for everybody.
    released_on = fields.Date(string="Released", compute="_compute_days")
    deprecated_on = fields.Date(string="Deprecated Since", compute="_compute_days")
    retires_on = fields.Date(string="Retires", compute="_compute_days")
    gone_at = fields.Datetime(
        string="Not Known Since",
        readonly=True,
        help="When the API first did not list it any more, or answered a call to it "
        "with: no such model. It counts as retired until the API lists it again.",
    )
    max_input_tokens = fields.Integer(
        string="Context (tokens)", readonly=True, aggregator=None
    )
    max_output_tokens = fields.Integer(
        string="Longest Answer (tokens)", readonly=True, aggregator=None
    )
    capabilities = fields.Json(
        string="Capabilities as Told", readonly=True, help="As the API tells them."
    )
    capability_names = fields.Char(
        string="Capabilities", compute="_compute_capability_names"
    )
    synchronized_at = fields.Datetime(
        string="Last Synchronization",
        readonly=True,
        help="When the API last told of it. Empty: it never did.",
    )

    _model_unique = models.Constraint(
        "UNIQUE (model)", "There is a model with this id already."
    )

    # === FIELDS - PRICES === #

    # US$ per million tokens; ledger rows keep the prices that they were booked at.

    # In force
    price_source = fields.Selection(
        selection=[
            ("listed", "Price List"),
            ("own", "Set Here"),
            ("unknown", "Not Known"),
        ],
        string="Prices From",
        compute="_compute_prices",
        help="A model whose price is not known is not called.",
    )
    price_source_name = fields.Char(string="Price List", compute="_compute_prices")
    input_price = _price_in_force("Input")
    output_price = _price_in_force("Output")
    cache_write_5m_price = _price_in_force("Cache Write 5m")
    cache_write_1h_price = _price_in_force("Cache Write 1h")
    cache_read_price = _price_in_force("Cache Read")
    batch_input_price = _price_in_force("Batch Input")
    batch_output_price = _price_in_force("Batch Output")
    long_prompt_tokens = fields.Integer(
        string="Long Prompts Above (tokens)", compute="_compute_prices"
    )
    long_input_price = _price_in_force("Long Input")
    long_output_price = _price_in_force("Long Output")

    # Set here
    has_own_prices = fields.Boolean(
        string="Own Prices",
        tracking=True,
        help="Instead of the price list: for a contract of your own, or a model that "
        "the list does not know. It holds for calls from now on.",
    )
    own_input = _own_price("Own Input")
    own_output = _own_price("Own Output")
    own_cache_write_5m = _own_price(
        "Own Cache Write 5m", help="Zero: 1.25 times the input."
    )
    own_cache_write_1h = _own_price("Own Cache Write 1h", help="Zero: twice the input.")
    own_cache_read = _own_price("Own Cache Read", help="Zero: a tenth of the input.")
    own_batch_discount = fields.Float(
        string="Own Batch Discount (%)", default=50.0, digits=(5, 2), tracking=True
    )
    own_long_prompt_tokens = fields.Integer(
        string="Own Long Prompts Above (tokens)",
        tracking=True,
        help="Requests with more prompt tokens, cached ones included, pay the long "
        "prices for every token. Zero: there are none.",
    )
    own_long_input = _own_price(
        "Own Long Input",
        help="The cache's prices rise as this one does. Zero: as for short prompts.",
    )
    own_long_output = _own_price("Own Long Output", help="Zero: as for short prompts.")

    # === CONSTRAINTS === #

    @api.constrains(*_OWN)
    def _check_own_prices(self):
        """A price that is not known is not zero."""
        amounts = [name for name in _OWN if name != "has_own_prices"]
        for model in self:
            if any(model[name] < 0 for name in amounts):
                raise ValidationError(self.env._("A price cannot be negative."))
            if model.own_batch_discount > 100:
                raise ValidationError(
                    self.env._("A discount cannot be more than the price.")
                )
            if model.has_own_prices and not (model.own_input and model.own_output):
                raise ValidationError(
                    self.env._("Own prices need a price of input and one of output.")
                )

    # === COMPUTE METHODS === #

    @api.depends("model", *_OWN)
    def _compute_prices(self):
        for model in self:
            model.update(model._prices_in_force())

    def _prices_in_force(self):
        """Return the values of the fields that show the prices in force."""
        self.ensure_one()
        names = (*_BUCKETS, "batch_input_price", "batch_output_price")
        names += ("long_input_price", "long_output_price", "long_prompt_tokens")
        values = dict.fromkeys(names, 0)
        values.update(price_source="unknown", price_source_name=False)
        priced = self.has_own_prices and self.own_input and self.own_output
        own = {self.model: self._prices()} if priced else {}
        try:
            prices = unit_prices(self.model or "", 0, own=own)
            batch = unit_prices(self.model or "", 0, service_tier="batch", own=own)
            long_prompt = long_prompt_tokens(self.model or "", own=own)
        except ClaudeError:
            return values
        values.update(
            {name: float(getattr(prices, bucket)) for name, bucket in _BUCKETS.items()},
            batch_input_price=float(batch.uncached_input),
            batch_output_price=float(batch.output),
            price_source="own" if own else "listed",
            price_source_name=False if own else listed_source(),
        )
        if long_prompt:
            long_prices = unit_prices(self.model, long_prompt + 1, own=own)
            values.update(
                long_prompt_tokens=long_prompt,
                long_input_price=float(long_prices.uncached_input),
                long_output_price=float(long_prices.output),
            )
        return values

    @api.depends("name", "model")
    def _compute_display_name(self):
        for record in self:
            name, model = record.name, record.model
            record.display_name = f"{name} ({model})" if name != model else model

    @api.depends("released_at", "deprecated_at", "retires_at")
    def _compute_days(self):
        for model in self:
            model.released_on = model.released_at
            model.deprecated_on = model.deprecated_at
            model.retires_on = model.retires_at

    @api.depends("capabilities")
    def _compute_capability_names(self):
        for model in self:
            told = model.capabilities or {}
            names = [
                name.replace("_", " ")
                for name, value in sorted(told.items())
                if isinstance(value, dict) and value.get("supported")
            ]
            model.capability_names = ", ".join(names)

    @api.model
    def _search_display_name(self, operator, value):
        """Override of `base`: found by id as well as by name."""
        if operator in ("ilike", "=ilike", "like", "=like", "="):
            return ["|", ("name", operator, value), ("model", operator, value)]
        return super()._search_display_name(operator, value)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: the gateway knows it from now on."""
        created = super().create(vals_list)
        self.env.registry.clear_cache()
        return created

    def write(self, vals):
        """Override of `base`: the gateway knows it from now on.

        :raise UserError: when somebody renames a model: calls of the past name it
        """
        if "model" in vals and any(each.model != vals["model"] for each in self):
            raise UserError(
                self.env._("The id of a model cannot be changed: add another model.")
            )
        result = super().write(vals)
        # Everybody's rights are in that cache too: not each day for a date.
        if self and vals.keys() - {"synchronized_at"}:
            self.env.registry.clear_cache()
        return result

    @api.model
    def name_create(self, name):
        """Override of `base`: what is typed into a field is the id of a model."""
        model = self.create({"model": name.strip(), "name": name.strip()})
        return model.id, model.display_name

    # === ACTION METHODS === #

    @api.model
    def action_synchronize(self):
        """Read the catalogue from the API now and say what came of it.

        :raise AccessError: for anybody but an administrator
        """
        if not self.env.user.has_groups("account_ai.group_manager,base.group_system"):
            raise AccessError(
                self.env._("Only administrators of Account AI may change this.")
            )
        try:
            # sudo: writes what the API tells, nothing of the user's
            told = self.sudo()._synchronize()
        except ClaudeError as error:
            words = sentence(error.message, error.params, get_lang(self.env))
            return notification("danger", words)
        message = self.env._("Models that Claude told of: %(count)s.", count=told)
        return notification("success", message, reload=True)

    # === BUSINESS METHODS - SYNCHRONIZE === #

    @api.model
    def _synchronize_by_cron(self):
        """Read the catalogue, and tell of what retires whether it could be read or not:
        the days are known."""
        try:
            self._synchronize()
        except ClaudeError as error:
            _logger.info("the catalogue of models was not read: %s", error.code)
        self._forget_unlisted()
        self._recheck_later()
        self._alert_of_lifecycle()

    @api.model
    def _synchronize(self):
        """Read the catalogue from the API; return how many models it told of.

        The transaction ends before the network is waited for.

        :raise ClaudeError: ``no_key``, and whatever keeps the API from answering
        """
        client = self.env["account.ai.gateway"]._client()
        self.env["ir.cron"]._commit_progress()
        told = read_models(client.models(LIFECYCLES))
        self._take(told)
        return len(told.models)

    @api.model
    def _take(self, told):
        """Store what the API told; what it no longer tells of is retired.

        Where it told of something that could not be read, nothing is: a model that
        seems to be missing may be just that.

        :param told: services.claude.http.catalogue.ListedModels
        """
        now = self.env.cr.now()
        # Many runs may learn of the same at once; each adds what it did not see.
        self.env.execute_query(
            SQL("SELECT pg_advisory_xact_lock(hashtext('account_ai_model'))")
        )
        # A few dozen models.
        every = self.with_context(active_test=False).search([])
        listed = self.browse()
        told_ids = {info.model for info in told.models}
        for info in told.models:
            values = _values_of(info)
            # An alias is not listed: it lives as long as its model.
            same = every.filtered(
                lambda model, info=info: (
                    model.model == info.model
                    or (
                        model.model not in told_ids
                        and undated(model.model) == undated(info.model)
                    )
                )
            )
            if info.model not in same.mapped("model"):
                same += self.create({"model": info.model, **values})
            for model in same - listed:
                if any(_differs(model, name, values[name]) for name in values):
                    model.write({**values, "gone_at": False})
                elif model.gone_at:
                    model.gone_at = False
            listed += same
        listed.synchronized_at = now
        if told.skipped:
            return
        gone = (every - listed).filtered(
            lambda model: model.synchronized_at and model.lifecycle != "retired"
        )
        gone.write({"lifecycle": "retired", "gone_at": now})

    @api.model
    def _is_gone(self, model, told):
        """Take down that Claude knows no such model: it answered a call so, and does
        not list it.

        What the list says of all others is stored as well. It is listed again, or is
        not as long as :meth:`_forget_unlisted` says, and is asked for once more.

        :param told: services.claude.http.catalogue.ListedModels
        """
        self._ensure_known([model])
        self._take(told)
        record = self.with_context(active_test=False).search([("model", "=", model)])
        if record.lifecycle != "retired":
            record.write({"lifecycle": "retired", "gone_at": self.env.cr.now()})
        self._recheck_later()

    @api.model
    def _recheck_later(self):
        """Have the catalogue read again soon, as long as a model counts as gone."""
        gone = self.with_context(active_test=False).search_count(
            [("gone_at", ">", self.env.cr.now() - GONE_FOR)], limit=1
        )
        if gone:
            self.env.ref(SYNCHRONIZE_CRON)._trigger(at=self.env.cr.now() + RECHECK)

    @api.model
    def _forget_unlisted(self):
        """Let models be asked for again that were taken for gone a day ago, and of
        which the API's list never told: it cannot tell that they are back either."""
        self.with_context(active_test=False).search(
            [
                ("gone_at", "<=", self.env.cr.now() - GONE_FOR),
                ("synchronized_at", "=", False),
            ]
        ).write({"lifecycle": "active", "gone_at": False})

    @api.model
    def _ensure_known(self, ids):
        """Add models to the catalogue that it lacks, to be chosen before the API told
        of them; a company keeps a model that was typed before there was a catalogue."""
        every = self.with_context(active_test=False)
        wanted = set(filter(None, ids))
        known = set(every.search([("model", "in", list(wanted))]).mapped("model"))
        for id_ in sorted(wanted - known):
            values = {"model": id_, "name": id_}
            same = every.search([("model", "=like", f"{undated(id_)}%")]).filtered(
                lambda model, id_=id_: undated(model.model) == undated(id_)
            )
            if same:  # an alias: it lives as long as its model
                values.update({name: same[0][name] for name in _COMPARED})
            self.create(values)

    @api.model
    def _ensure_defaults(self):
        """Add the models of the default table, and those that companies have chosen."""
        ids = {
            model
            for each in OPERATIONS
            for model in (each.model, *each.fallback_models)
        }
        # sudo: what is written in the settings of all companies
        companies = self.env["res.company"].sudo().search([])
        ids.update(companies.mapped("account_ai_model"))
        ids.update(companies.mapped("account_ai_fallback_model"))
        self._ensure_known(ids)

    # === BUSINESS METHODS - FOR THE GATEWAY === #

    @api.model
    @ormcache()
    def _catalogue(self):
        """Return the models by their id, as the gateway knows them.

        From the process's cache: it stands before the first byte of a stream.

        :rtype: Mapping[str, ModelInfo]
        """
        # sudo: for the gateway, whoever asks
        models_sudo = self.sudo().with_context(active_test=False)
        every = models_sudo.search([])
        return MappingProxyType({each.model: each._info() for each in every})

    def _info(self):
        self.ensure_one()
        return ModelInfo(
            model=self.model,
            name=self.name,
            family=self.family or "",
            lifecycle=self.lifecycle,
            released_at=_aware(self.released_at),
            deprecated_at=_aware(self.deprecated_at),
            retires_at=_aware(self.retires_at),
            max_input_tokens=self.max_input_tokens,
            max_output_tokens=self.max_output_tokens,
            capabilities=MappingProxyType(self.capabilities or {}),
        )

    @api.model
    @ormcache()
    def _own_prices(self):
        """Return the prices that were set here, by model; from the process's cache.

        :rtype: Mapping[str, OwnPrices]
        """
        # sudo: for the gateway, whoever asks
        priced = self.sudo().with_context(active_test=False)
        priced = priced.search([("has_own_prices", "=", True)])
        return MappingProxyType({each.model: each._prices() for each in priced})

    def _prices(self):
        """Return the own prices of this model, to the digit in which they were set."""
        self.ensure_one()
        return OwnPrices(
            uncached_input=decimal_or_none(self.own_input) or Decimal(0),
            output=decimal_or_none(self.own_output) or Decimal(0),
            cache_write_5m=decimal_or_none(self.own_cache_write_5m),
            cache_write_1h=decimal_or_none(self.own_cache_write_1h),
            cache_read=decimal_or_none(self.own_cache_read),
            batch_factor=1 - (decimal_or_none(self.own_batch_discount) or 0) / 100,
            long_prompt_tokens=self.own_long_prompt_tokens,
            long_input=decimal_or_none(self.own_long_input),
            long_output=decimal_or_none(self.own_long_output),
        )

    # === BUSINESS METHODS === #

    @api.model
    def _now(self):
        """Return the time of the database, aware, UTC."""
        return self.env.cr.now().replace(tzinfo=timezone.utc)

    @api.model
    def _alert_of_lifecycle(self):
        """Alert of every model that a company uses and that retires, or is retired.

        Once per model, company and date. The day itself is not waited for: on it, the
        cron comes again.
        """
        # sudo: all companies, for the system
        companies = self.env["res.company"].sudo().search([])
        companies = companies.filtered(
            lambda company: (
                company.account_ai_enabled and company._account_ai_is_available()
            )
        )
        catalogue = self._catalogue()
        now = self._now()
        days = set()
        for company in companies:
            for model in company._account_ai_leaving_models():
                info = find(catalogue, model)
                if info.is_retired(now):
                    self._alert_retired(company, model)
                else:
                    self._alert_retiring(company, model, info)
                    days.add(info.retires_at)
        for day in filter(None, days):
            if day - now <= timedelta(days=1):
                self.env.ref(SYNCHRONIZE_CRON)._trigger(at=day.replace(tzinfo=None))

    @api.model
    def _alert_retiring(self, company, model, info):
        date = info.retires_at or info.deprecated_at
        day = date.date().isoformat() if date else ""
        successor = company._account_ai_successor(model) or "-"
        if info.retires_at:
            message = _lt(
                "The model %(model)s, which %(company)s uses, retires on %(date)s. "
                "Its successor is %(successor)s: take it here, or in the settings. "
                "Otherwise the fallback model is asked from that day on."
            )
        else:
            message = _lt(
                "The model %(model)s, which %(company)s uses, is deprecated and will "
                "retire. Its successor is %(successor)s: take it here, or in the "
                "settings."
            )
        self.env["account.ai.alert"]._raise_alert(
            Alert(
                kind="model_retiring",
                key=f"model_retiring:{model}:{company.id}:{day}",
                title=_lt("%(model)s retires soon"),
                message=message,
                company_id=company.id,
                params={
                    "model": model,
                    "company": company.name,
                    "date": day,
                    "successor": successor,
                },
            )
        )

    @api.model
    def _alert_retired(self, company, model):
        """Alert that ``model`` is retired, or that Claude does not know it, who is
        asked instead, and how much more that costs.

        Once for all where its day is known, since a model retires once, whoever tells
        of it first; else once a day: it may come back, and go again.
        """
        settings = self.env["account.ai.gateway"]._settings(company, "validation")
        record = self.with_context(active_test=False).search([("model", "=", model)])
        key = f"model_retired:{model}:{company.id}"
        if record.gone_at and not record.retires_at:
            key += f":{record.gone_at.date().isoformat()}"
        known = record.synchronized_at or record.retires_at
        self.env["account.ai.alert"]._raise_alert(
            Alert(
                kind="model_retired",
                key=key,
                title=_RETIRED if known else _NOT_KNOWN,
                message=_RETIRED_MESSAGE if known else _NOT_KNOWN_MESSAGE,
                company_id=company.id,
                params={
                    "model": model,
                    "company": company.name,
                    "asked": settings.model,
                    "price": self._price_words(model, settings),
                    "successor": company._account_ai_successor(model) or "-",
                },
            )
        )

    @api.model
    def _price_words(self, model, settings):
        """Return what the model that is asked costs beside ``model``, as a part of a
        sentence; nothing when that is not known."""
        own = self._own_prices()
        before = reference_price(model, own)
        after = reference_price(settings.model, own)
        if settings.replaced_model != model or not before or not after:
            return ""
        ratio = f"{after / before:.1f}".removesuffix(".0")
        return [(_lt(", which costs %(ratio)s times as much"), {"ratio": ratio})]


def _values_of(info):
    """Return the values of a model that the API told of; without those that it told in
    a way that could not be read."""
    values = {
        "name": info.name,
        "family": info.family or False,
        "lifecycle": info.lifecycle,
        "released_at": _naive(info.released_at),
        "deprecated_at": _naive(info.deprecated_at),
        "retires_at": _naive(info.retires_at),
        "max_input_tokens": info.max_input_tokens,
        "max_output_tokens": info.max_output_tokens,
        "capabilities": dict(info.capabilities) or False,
    }
    return {
        name: value for name, value in values.items() if name not in info.unreadable
    }


def _differs(model, name, value):
    """Return whether a field holds something else; JSON is compared by what it says."""
    if name == "capabilities":
        return canonical_json(model[name]) != canonical_json(value)
    return model[name] != value


def _naive(moment):
    """Return an aware time as Odoo stores it: UTC, whole seconds, without a zone."""
    return moment.replace(tzinfo=None, microsecond=0) if moment else False


def _aware(moment):
    return moment.replace(tzinfo=timezone.utc) if moment else None


def decimal_or_none(value):
    """Return a price as it was typed, ``None`` for one that was left empty."""
    return Decimal(str(value)) if value else None

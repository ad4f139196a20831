from __future__ import annotations

from types import MappingProxyType

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...services.claude.http.catalogue import find, successor
from ...services.claude.operations import LIMITED, operation
from ...services.claude.policy import Policy
from ..common.res_company import INTERNAL

_STANDARD = Policy()
VALIDATION = operation("validation")
"""Whose model a company chooses."""

BOUNDS = MappingProxyType(
    {
        **{each.limit_field: (1, 10_000) for each in LIMITED},
        "account_ai_limit_company": (0, 100_000),
        "account_ai_limit_queue": (1, 100_000),
        # A threaded server cuts a request after two minutes by default, and the lease
        # of a queued run is five.
        "account_ai_deadline_seconds": (10, 200),
        # The instructions alone are some thousand tokens; no model takes more than a
        # million.
        "account_ai_max_input_tokens": (10_000, 1_000_000),
    }
)
"""Least and most of each limit."""

LIMIT_FIELDS = (*BOUNDS, "account_ai_max_call_usd")

_GROUPS = "account_ai.group_manager,base.group_system"


class ResCompany(models.Model):
    """How much of Claude the people and the queue of a company may use."""

    _inherit = "res.company"

    # === FIELDS === #

    # A limit of each operation, as the table of operations says.
    vars().update(
        {
            each.limit_field: fields.Integer(
                string=each.limit_label,
                default=each.limit_per_minute,
                required=True,
                help="That one person may ask for at the screen.",
                groups=INTERNAL,
            )
            for each in LIMITED
        }
    )
    account_ai_limit_company = fields.Integer(
        string="Everybody Together per Minute",
        default=_STANDARD.company_limit,
        required=True,
        help="Requests of all people of the company at the screen. 0: as many as each "
        "of them may make.",
        groups=INTERNAL,
    )
    account_ai_limit_queue = fields.Integer(
        string="Queued Documents per Minute",
        default=_STANDARD.queue_limit,
        required=True,
        help="What is queued or scheduled has a lane of its own: it takes nothing from "
        "the people at the screen.",
        groups=INTERNAL,
    )
    account_ai_deadline_seconds = fields.Integer(
        string="Longest Answer (seconds)",
        default=int(_STANDARD.deadline_seconds),
        required=True,
        help="After this an answer is given up, and the rules alone decide.",
        groups=INTERNAL,
    )
    account_ai_max_input_tokens = fields.Integer(
        string="Tokens per Request",
        default=_STANDARD.max_input_tokens,
        required=True,
        help="Larger documents are not sent. Above 100,000 tokens some models cost "
        "five times as much.",
        groups=INTERNAL,
    )

    account_ai_max_call_usd = fields.Float(
        string="Most That One Call May Cost (US$)",
        digits=(16, 6),
        help="A call that may cost more is refused before anything is sent. 0: no such "
        "ceiling; budgets hold all the same.",
        groups=INTERNAL,
    )

    # === CONSTRAINTS === #

    @api.constrains(*LIMIT_FIELDS)
    def _check_account_ai_limits(self):
        for company in self:
            check_bounds(company, BOUNDS)
            if company.account_ai_max_call_usd < 0:
                raise ValidationError(
                    self.env._(
                        "%(field)s: enter an amount above zero, or zero for no "
                        "ceiling.",
                        field=company._fields[
                            "account_ai_max_call_usd"
                        ]._description_string(self.env),
                    )
                )

    # === FIELDS === #

    account_ai_fallback_model = fields.Char(
        string="Claude Fallback Model",
        help="Asked instead of a model that is retired. Empty: a default one.",
        groups=INTERNAL,
    )
    # The id stays the one truth: requests, ledger and validations name it. What is
    # picked from the catalogue is only another way to write it.
    account_ai_model_id = fields.Many2one(
        "account.ai.model",
        string="Claude Model (Catalogue)",
        compute="_compute_account_ai_models",
        inverse="_inverse_account_ai_model_id",
        compute_sudo=True,
        groups=_GROUPS,
    )
    account_ai_fallback_model_id = fields.Many2one(
        "account.ai.model",
        string="Claude Fallback Model (Catalogue)",
        compute="_compute_account_ai_models",
        inverse="_inverse_account_ai_fallback_model_id",
        compute_sudo=True,
        groups=_GROUPS,
    )
    account_ai_model_notice = fields.Char(
        string="Notice on the Claude Model",
        compute="_compute_account_ai_model_notice",
        compute_sudo=True,
        groups=_GROUPS,
    )

    # === COMPUTE METHODS === #

    @api.depends("account_ai_model", "account_ai_fallback_model")
    def _compute_account_ai_models(self):
        chosen = [
            *self.mapped("account_ai_model"),
            *self.mapped("account_ai_fallback_model"),
        ]
        catalogue = self.env["account.ai.model"].with_context(active_test=False)
        found = catalogue.search([("model", "in", list(filter(None, chosen)))])
        by_id = {model.model: model for model in found}
        for company in self:
            company.account_ai_model_id = by_id.get(company.account_ai_model)
            company.account_ai_fallback_model_id = by_id.get(
                company.account_ai_fallback_model
            )

    def _inverse_account_ai_model_id(self):
        for company in self:
            company.account_ai_model = company.account_ai_model_id.model

    def _inverse_account_ai_fallback_model_id(self):
        for company in self:
            company.account_ai_fallback_model = (
                company.account_ai_fallback_model_id.model
            )

    @api.depends("account_ai_model", "account_ai_fallback_model")
    @api.depends_context("lang")
    def _compute_account_ai_model_notice(self):
        for company in self:
            company.account_ai_model_notice = company._account_ai_model_notice()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: what is chosen is in the catalogue."""
        companies = super().create(vals_list)
        companies._account_ai_ensure_models_known(*vals_list)
        return companies

    def write(self, vals):
        """Override of `base`: what is chosen is in the catalogue."""
        result = super().write(vals)
        self._account_ai_ensure_models_known(vals)
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _account_ai_ensure_models_known(self, *vals_list):
        ids = {
            vals.get(name)
            for vals in vals_list
            for name in ("account_ai_model", "account_ai_fallback_model")
        }
        if any(ids):
            # sudo: an id that an administrator chose, nothing else of the catalogue
            self.env["account.ai.model"].sudo()._ensure_known(ids)

    def _account_ai_fallbacks(self):
        """Return the ids that may stand in for a retired model of validations, best
        first."""
        self.ensure_one()
        company_sudo = self.sudo()  # gives technical values to code, not to a user
        chosen = company_sudo.account_ai_fallback_model
        return (*([chosen] if chosen else []), *VALIDATION.fallback_models)

    def _account_ai_successor(self, model):
        """Return the id of who is to follow ``model``, empty when nobody can."""
        self.ensure_one()
        return successor(
            model,
            self._account_ai_fallbacks(),
            self.env["account.ai.model"]._catalogue(),
            self.env["account.ai.model"]._now(),
        )

    def _account_ai_leaving_models(self):
        """Return the ids that the company uses and that retire, or are retired."""
        self.ensure_one()
        catalogue = self.env["account.ai.model"]._catalogue()
        now = self.env["account.ai.model"]._now()
        company_sudo = self.sudo()  # gives technical values to code, not to a user
        chosen = (
            company_sudo.account_ai_model or VALIDATION.model,
            company_sudo.account_ai_fallback_model,
        )
        return [
            model
            for model in filter(None, chosen)
            if (info := find(catalogue, model))
            and (info.is_retired(now) or info.is_leaving(now))
        ]

    def _account_ai_model_notice(self):
        """Return what an administrator has to know of the chosen model, or nothing."""
        self.ensure_one()
        leaving = self._account_ai_leaving_models()
        if not leaving:
            return False
        model = leaving[0]
        info = find(self.env["account.ai.model"]._catalogue(), model)
        following = self._account_ai_successor(model)
        if info.is_retired(self.env["account.ai.model"]._now()):
            gateways = self.env["account.ai.gateway"]
            asked = gateways._settings(self, VALIDATION.name).model
            return self.env._(
                "%(model)s is retired: %(asked)s is asked instead.",
                model=model,
                asked=asked,
            )
        words = {"model": model, "successor": following or "-"}
        if not info.retires_at:
            return self.env._(
                "%(model)s is deprecated. Its successor: %(successor)s.", **words
            )
        return self.env._(
            "%(model)s retires on %(date)s. Its successor: %(successor)s.",
            date=fields.Date.to_string(info.retires_at),
            **words,
        )

    def _account_ai_use_successor(self, model=None):
        """Let the company ask the successor of ``model`` from now on.

        :param model: id; by default what the company uses and what retires
        :raise AccessError: for anybody but an administrator of the addon
        :raise UserError: when nobody can follow it, or it is not used any more
        """
        self.ensure_one()
        self._account_ai_check_administrator()
        leaving = self._account_ai_leaving_models()
        model = model or (leaving and leaving[0])
        company_sudo = self.sudo()  # checked above: need not manage companies
        chosen = company_sudo.account_ai_model or VALIDATION.model
        following = model and self._account_ai_successor(model)
        if not following:
            raise UserError(
                self.env._("There is no model that could follow: choose one yourself.")
            )
        if model == chosen:
            company_sudo.account_ai_model = following
        elif model == company_sudo.account_ai_fallback_model:
            company_sudo.account_ai_fallback_model = following
        else:
            raise UserError(
                self.env._(
                    "%(company)s does not use %(model)s any more.",
                    company=self.display_name,
                    model=model,
                )
            )
        return following


def check_bounds(record, bounds):
    """Check that the integer fields of ``record`` lie within their bounds.

    :param bounds: least and most, by the field's name
    :raises ValidationError: with the first field that does not
    """
    for name, (least, most) in bounds.items():
        if not least <= record[name] <= most:
            raise ValidationError(
                record.env._(
                    "%(field)s: enter a number from %(least)s to %(most)s, not "
                    "%(value)s.",
                    field=record._fields[name]._description_string(record.env),
                    least=f"{least:,}",
                    most=f"{most:,}",
                    value=f"{record[name]:,}",
                )
            )

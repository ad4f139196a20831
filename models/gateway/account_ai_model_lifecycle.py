from __future__ import annotations

from datetime import timedelta, timezone

from odoo import api, models

from ...services.claude.http.catalogue import find
from ...services.claude.money.pricing import reference_price
from ...services.claude.ports import Alert
from ...services.common.translation import _ as _lt
from .account_ai_model import SYNCHRONIZE_CRON

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
    """Administrators learn in time that a model retires, and that one is gone."""

    _inherit = "account.ai.model"

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
        companies = self.env["res.company"].sudo().search([])  # pylint: disable=no-search-all
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
        asked instead, and how much dearer that is.

        Once for all where its day is known, since a model retires once, whoever tells
        of it first; else once a day: it may come back, and go again.
        """
        settings = self.env["account.ai.gateway"]._settings(company)
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

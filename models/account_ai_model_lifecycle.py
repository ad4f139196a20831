from __future__ import annotations

from datetime import timedelta, timezone

from odoo import api, models

from ..services.claude.catalogue import find
from ..services.claude.ports import Alert
from ..services.translation import _ as _lt
from .account_ai_model import SYNCHRONIZE_CRON


class AccountAiModel(models.Model):
    """Administrators learn in time that a model retires, and that one is gone."""

    _inherit = "account.ai.model"  # pylint: disable=consider-merging-classes-inherited

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
        """Alert that ``model`` is retired, and who is asked instead; once for all,
        since a model retires once, whoever tells of it first."""
        self.env["account.ai.alert"]._raise_alert(
            Alert(
                kind="model_retired",
                key=f"model_retired:{model}:{company.id}",
                title=_lt("%(model)s is retired"),
                message=_lt(
                    "The model %(model)s, which %(company)s uses, is retired: "
                    "%(asked)s is asked instead. Take its successor %(successor)s "
                    "here, or choose another model in the settings."
                ),
                company_id=company.id,
                params={
                    "model": model,
                    "company": company.name,
                    "asked": self.env["account.ai.gateway"]._settings(company).model,
                    "successor": company._account_ai_successor(model) or "-",
                },
            )
        )

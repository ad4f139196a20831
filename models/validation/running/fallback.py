"""What is done when Claude does not know the model that it was asked for."""

from __future__ import annotations

import logging

from odoo import SUPERUSER_ID, api

from ....services.claude.errors import ClaudeError
from ....services.claude.http.catalogue import Told
from ...common.cursor import open_cursor
from ...gateway.account_ai_gateway import GatewaySettings
from .run import Run

_logger = logging.getLogger(__name__)


def may_be_gone(error: ClaudeError | None) -> bool:
    """Return whether Claude itself says that there is no such model.

    Its own answers carry a request id, and name the model: the 404 of a wrong address
    does neither. It is one word only: the list of models is asked before it counts.
    """
    return bool(error and error.code == "unknown_model" and error.request_id)


def replace_model(run: Run) -> bool:
    """Put the company's fallback into the request of ``run``, if its model is gone;
    return whether it is, and there is one.

    Whether it is gone is told by Claude's list of models, which is asked with no
    transaction open, unless another run has found out already. What is learned is
    stored in a short transaction, for every run that follows.
    """
    asked = run.request.model
    settings = _settings(run)
    if settings.model == asked:
        try:
            told = run.gateway.listed_models()
        except ClaudeError as error:
            _logger.warning(
                "validation %s: Claude does not know %s, and its list of models could "
                "not be read: %s",
                *(run.validation_id, asked, error.code),
            )
            return False
        if told.lists(asked):
            _logger.warning(
                "validation %s: Claude lists %s and does not know it when asked: "
                "nothing is taken for gone",
                *(run.validation_id, asked),
            )
            return False
        settings = _learn(run, told)
    if settings.model == asked:
        return False
    _logger.warning(
        "validation %s asks %s: Claude does not know %s",
        run.validation_id,
        settings.model,
        asked,
    )
    judged = run.judged
    run.request = run.agent.request(
        judged.document,
        judged.context,
        language=run.request.language,
        model=settings.model,
        effort=settings.effort,
        cache_ttl=run.request.cache_ttl,
        mask_persons=run.mask_persons,
        time=judged.time,
    )
    run.replaced_model = settings.replaced_model
    run.fell_back = True
    return True


def _settings(run: Run) -> GatewaySettings:
    """Return how the company of ``run`` asks by now."""
    with open_cursor(run.dbname) as cursor:
        env = api.Environment(cursor, SUPERUSER_ID, {})
        company = env["res.company"].browse(run.owner.company_id)
        return env["account.ai.gateway"]._settings(company)


def _learn(run: Run, told: Told) -> GatewaySettings:
    """Store that the model of ``run`` is gone, tell administrators, and return how the
    company asks from now on."""
    with open_cursor(run.dbname) as cursor:
        env = api.Environment(cursor, SUPERUSER_ID, {})
        company = env["res.company"].browse(run.owner.company_id)
        models_ = env["account.ai.model"]
        models_._is_gone(run.request.model, told)
        settings = env["account.ai.gateway"]._settings(company)
        for model in filter(None, {settings.replaced_model, run.request.model}):
            if model in company._account_ai_leaving_models():
                models_._alert_retired(company, model)
        env.flush_all()
    env.registry.signal_changes()
    return settings

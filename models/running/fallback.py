"""What is done when Claude does not know the model that it was asked for."""

from __future__ import annotations

import logging

from odoo import SUPERUSER_ID, api

from ...services.claude.errors import ClaudeError
from ..backend.cursor import open_cursor
from .run import Run

_logger = logging.getLogger(__name__)


def is_gone(error: ClaudeError | None) -> bool:
    """Return whether Claude itself says that there is no such model.

    Its own answers carry a request id: the 404 of a wrong address does not.
    """
    return bool(error and error.code == "unknown_model" and error.request_id)


def replace_model(run: Run) -> bool:
    """Take the model of ``run`` for retired, tell administrators, and put the company's
    fallback into the request; return whether there is one.

    A short transaction of its own: what was learned holds for every run that follows.
    """
    gone = run.request.model
    with open_cursor(run.dbname) as cursor:
        env = api.Environment(cursor, SUPERUSER_ID, {})
        company = env["res.company"].browse(run.owner.company_id)
        models_ = env["account.ai.model"]
        models_._is_gone(gone)
        settings = env["account.ai.gateway"]._settings(company)
        for model in filter(None, {settings.replaced_model, gone}):
            if model in company._account_ai_leaving_models():
                models_._alert_retired(company, model)
        env.flush_all()
    env.registry.signal_changes()
    if settings.model == gone:
        return False
    _logger.warning(
        "validation %s asks %s: Claude does not know %s",
        run.validation_id,
        settings.model,
        gone,
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
    )
    run.replaced_model = settings.replaced_model
    run.fell_back = True
    return True

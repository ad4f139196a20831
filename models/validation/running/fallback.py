"""What is done when Claude does not know the model that it was asked for."""

from __future__ import annotations

from odoo import SUPERUSER_ID, api

from ....services.claude.errors import ClaudeError
from ....services.claude.http.catalogue import ListedModels
from ....services.common.structured_log import structured_logger
from ...common.cursor import open_cursor
from ...gateway.account_ai_gateway import GatewaySettings
from .open_validation import OpenValidation

_log = structured_logger(__name__)


def may_be_gone(error: ClaudeError | None) -> bool:
    """Return whether Claude itself says that there is no such model.

    Its own answers carry a request id, and name the model: the 404 of a wrong address
    does neither. That alone does not prove it: :func:`replace_model` asks for the list
    of models as well.
    """
    return bool(error and error.code == "unknown_model" and error.request_id)


def replace_model(opened: OpenValidation) -> bool:
    """Put the company's fallback into the request of ``opened``, if its model is gone;
    return whether it is, and there is one.

    Whether it is gone is told by Claude's list of models, which is asked with no
    transaction open, unless another validation has found out already. What is learned
    is stored in a short transaction, for every validation that follows.
    """
    asked = opened.request.model
    settings = _settings(opened)
    if settings.model == asked:
        try:
            told = opened.gateway.listed_models()
        except ClaudeError as error:
            _log.warning("claude_models_not_read", code=error.code, model=asked)
            return False
        if told.lists(asked):
            _log.warning("claude_model_listed_but_unknown", model=asked)
            return False
        settings = _settings(opened, told)
    if settings.model == asked:
        return False
    _log.warning("claude_model_replaced", model=asked, by=settings.model)
    judged = opened.judged
    opened.request = opened.agent.request(
        judged.document,
        judged.context,
        language=opened.request.language,
        model=settings.model,
        effort=settings.effort,
        cache_ttl=opened.request.cache_ttl,
        mask_persons=opened.mask_persons,
        time=judged.time,
    )
    opened.replaced_model = settings.replaced_model
    opened.fell_back = True
    return True


def _settings(
    opened: OpenValidation, told: ListedModels | None = None
) -> GatewaySettings:
    """Return how the company of ``opened`` asks by now.

    :param told: Claude's list, without the model of ``opened``: that is stored, and
        administrators are told
    """
    with open_cursor(opened.dbname) as cursor:
        env = api.Environment(cursor, SUPERUSER_ID, {})
        company = env["res.company"].browse(opened.owner.company_id)
        models_ = env["account.ai.model"]
        if told:
            models_._is_gone(opened.request.model, told)
        settings = env["account.ai.gateway"]._settings(company, opened.owner.operation)
        if not told:
            return settings
        for model in filter(None, {settings.replaced_model, opened.request.model}):
            if model in company._account_ai_leaving_models():
                models_._alert_retired(company, model)
        env.flush_all()
    env.registry.signal_changes()
    return settings

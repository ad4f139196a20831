import os

from odoo import api, models
from odoo.tools.misc import get_lang

from ..common.presentation import sentence
from .account_ai_gateway import REDIS_URL_PARAMETER
from .redis.connection import RedisConnection, connection_for
from .redis.failure import SENTENCES
from .redis.loss import CIRCUIT
from .redis.transaction import RedisBackend


class AccountAiGateway(models.AbstractModel):
    """Where limits, circuit breaker and answers are shared: PostgreSQL, or Redis."""

    _inherit = "account.ai.gateway"

    # === BUSINESS METHODS === #

    @api.model
    def _backend(self):
        """Override of `account_ai`: share through Redis when one is set."""
        backend = super()._backend()
        url = self._redis_url()
        if not url:
            return backend
        return RedisBackend(
            backend.dbname,
            backend.breaker,
            connection=connection_for(url),
            prefix=self._redis_prefix(),
        )

    @api.model
    def _redis_url(self):
        """Return the URL of Redis, the environment's first; empty when there is none.

        A neutralized copy of a database uses none: it would share limits and answers
        with the original.
        """
        return "" if self._is_neutralized() else self._setting(REDIS_URL_PARAMETER)

    @api.model
    def _redis_prefix(self):
        """Return what begins all keys of this database, whoever else uses the Redis.

        A copy of a database has its identifier, but not its name.
        """
        identifier = self._parameter("database.uuid")
        return f"account_ai:{identifier}:{self.env.cr.dbname}:"

    @api.model
    def _redis_health(self):
        """Return how Redis is doing for this process, measured now.

        :return: ``None`` when none is set
        :rtype: odoo.addons.account_ai.models.gateway.redis.connection.Health | None
        """
        url = self._redis_url()
        return connection_for(url).health() if url else None

    @api.model
    def _test_redis(self):
        """Connect to Redis anew and do there what calls will do.

        :return: whether it can be used, and a sentence that says so, or what is wrong
        :rtype: tuple[bool, str]
        """
        url = self._redis_url()
        if not url:
            return False, self.env._("No Redis is set: PostgreSQL does the work.")
        connection = RedisConnection(url)
        if connection.invalid:
            return False, self._redis_problem(url)
        try:
            health = connection.health()
        finally:
            connection.close()
        if health.available:
            return True, self.env._(
                "Redis answers at %(address)s within %(time)s ms (%(master)s).",
                address=health.address,
                time=f"{health.milliseconds:.1f}",
                master=health.master,
            )
        reason = sentence(SENTENCES[health.reason], {}, get_lang(self.env))
        return False, self.env._(
            "%(reason)s Until it can be used, PostgreSQL does its work. (%(address)s)",
            reason=reason,
            address=health.address,
        )

    @api.autovacuum
    def _gc_redis_answers(self):
        """Delete answers in Redis that are older than their company keeps facts.

        They end by themselves, but when they were stored the company may have meant to
        keep them longer, or there was such a company.

        :return: number of deleted answers, and none still to go
        :rtype: tuple[int, int]
        """
        backend = self._backend()
        if not isinstance(backend, RedisBackend):
            return 0, 0
        # sudo: a cron of the whole database, whoever it runs as
        companies_sudo = self.env["res.company"].sudo()
        days_by_company = {
            company.id: company.account_ai_retention_days
            for company in companies_sudo.with_context(active_test=False).search([])
        }
        return backend.forget_answers(days_by_company), 0

    @api.model
    def _redis_problem(self, url):
        """Return a sentence that says what is wrong with ``url``, or nothing."""
        connection = RedisConnection(url)
        if error := connection.invalid:
            return sentence(error.message, error.params, get_lang(self.env))
        files = connection.address.files if connection.address else ()
        if not all(os.access(path, os.R_OK) for path in files):
            return sentence(SENTENCES["certificate_file"], {}, get_lang(self.env))
        return ""


class AccountAiCircuit(models.Model):
    """The circuit of Redis itself: open while it is lost. It closes by itself."""

    _inherit = "account.ai.circuit"

    # === COMPUTE METHODS === #

    def _compute_explanation(self):
        """Override of `account_ai`: what is wrong with Redis, not with Claude."""
        result = super()._compute_explanation()
        for circuit in self:
            if circuit.name == CIRCUIT and circuit.state != "closed":
                source = SENTENCES.get(circuit.reason)
                circuit.explanation = sentence(source, {}, get_lang(self.env))
        return result

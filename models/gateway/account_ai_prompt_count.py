from types import MappingProxyType

from odoo import api, fields, models
from odoo.tools import ormcache

from ...services.claude.money.prefix import Prefix
from .postgres.prefixes import PostgresPrefixes


class AccountAiPromptCount(models.Model):
    """How many tokens a prompt has, as Claude counted them once for a model.

    What is the same for all documents is most of a request. Its count keeps the worst
    case of a call near to what it can cost; rows are written by
    ``postgres/prefixes.py``, in transactions of their own.
    """

    _name = "account.ai.prompt.count"
    _inherit = "account.ai.decided.fields"
    _description = "Tokens of a Prompt"
    _rec_name = "model"
    _order = "counted_at desc, id desc"
    # Written past the ORM, by nobody in particular.
    _log_access = False

    # === FIELDS === #

    digest = fields.Char(
        required=True, readonly=True, help="Of instructions, tools, schema and model."
    )
    model = fields.Char(required=True, readonly=True)
    endpoint = fields.Char(string="Address", required=True, readonly=True)
    tokens = fields.Integer(required=True, readonly=True, aggregator=None)
    counted_at = fields.Datetime(required=True, readonly=True)

    _digest_unique = models.Constraint("UNIQUE (digest, endpoint)")

    # === BUSINESS METHODS === #

    @api.model
    def _store(self):
        """Return what keeps the counts, for the gateway.

        :rtype: odoo.addons.account_ai.services.claude.money.prefix.PrefixStore
        """
        return PostgresPrefixes(self.env.cr.dbname, self._known())

    @api.model
    @ormcache()
    def _known(self):
        """Return the counts by their prefix; from the process's cache."""
        # sudo: figures for the gateway, whoever asks; nothing of anybody's is in them
        every = self.sudo().search([])
        return MappingProxyType(
            {
                Prefix(each.digest, each.model, each.endpoint): each.tokens
                for each in every
            }
        )

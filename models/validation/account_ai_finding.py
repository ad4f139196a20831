from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import get_lang

from ..common.many2one_without_foreign_key import Many2oneWithoutForeignKey
from ..common.presentation import (
    evidence_words,
    field_label,
    panel_finding,
    sentence,
)
from ..common.verdicts import ORIGINS, SEVERITIES


class AccountAiFinding(models.Model):
    """One thing found in an invoice, with its evidence; written once."""

    _name = "account.ai.finding"
    _inherit = ["account.ai.access.by.invoice", "account.ai.decided.fields"]
    _description = "Finding of a Validation"
    _rec_name = "code"
    _order = "id"

    # === FIELDS === #

    validation_id = fields.Many2one(
        "account.ai.validation",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    move_id = fields.Many2one(related="validation_id.move_id")
    simulated = fields.Boolean(related="validation_id.simulated")
    sequence = fields.Integer(readonly=True)
    origin = fields.Selection(ORIGINS, required=True, readonly=True)
    code = fields.Char(required=True, readonly=True, index=True)
    severity = fields.Selection(SEVERITIES, required=True, readonly=True)
    message_source = fields.Char(
        readonly=True, help="The sentence before translation, with its placeholders."
    )
    advice_source = fields.Char(readonly=True)
    params = fields.Json(readonly=True)
    message = fields.Char(compute="_compute_message")
    advice = fields.Char(compute="_compute_message")
    field_name = fields.Char(
        string="SII Field", readonly=True, help="Name in the SII's format."
    )
    line_number = fields.Integer(string="Line", readonly=True)
    move_line_id = Many2oneWithoutForeignKey(
        "account.move.line", string="Journal Item", readonly=True
    )
    partner_id = Many2oneWithoutForeignKey(
        "res.partner",
        string="Partner To Mend",
        readonly=True,
        help="The partner whose data the finding is about.",
    )
    evidence = fields.Text(
        string="Evidence in the SII's Notation",
        readonly=True,
        help="The same for every reader; it identifies what was seen.",
    )
    evidence_value = fields.Json(readonly=True)
    shown_evidence = fields.Text(string="Evidence", compute="_compute_message")
    shown_field = fields.Char(string="Field", compute="_compute_message")
    source = fields.Char(string="Legal Source", readonly=True)
    secondary_source = fields.Boolean(
        readonly=True, help="The source is not the SII's own text."
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "message_source",
        "advice_source",
        "params",
        "evidence",
        "evidence_value",
        "field_name",
    )
    @api.depends_context("lang")
    def _compute_message(self):
        language = get_lang(self.env)
        for finding in self:
            params = finding.params or {}
            finding.message = sentence(finding.message_source, params, language)
            finding.advice = sentence(finding.advice_source, params, language)
            finding.shown_evidence = evidence_words(
                finding.evidence, finding.evidence_value, language
            )
            finding.shown_field = field_label(finding.field_name or "", "", language)

    # === BUSINESS METHODS === #

    @api.model
    def _domain_of_invoices(self, domain: Domain) -> Domain:
        """Override of the access by the invoice: by way of the validation."""
        return Domain("validation_id", "any!", domain)

    def _panel_data(self) -> list[dict]:
        """Return the findings as the panel shows them, in the user's language."""
        return [
            panel_finding(values, str(values["id"]), get_lang(self.env))
            for values in self.read(load=None)
        ]

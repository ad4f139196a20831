from odoo import api, fields, models

ANNULS, CORRECTS_TEXT, CORRECTS_AMOUNTS = "1", "2", "3"


class AccountAiDocumentReference(models.Model):
    """One line of Referencia: a document or paper that an invoice refers to.

    Community has no record of it. SII, Formato DTE v2.2, p. 41-42.
    """

    _name = "account.ai.document.reference"
    _inherit = ["account.ai.access.by.invoice", "account.ai.decided.fields"]
    _description = "Reference of a Tax Document"
    _order = "move_id, sequence, id"
    _rec_name = "folio"

    # === FIELDS === #

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    document_type_id = fields.Many2one(
        "l10n_latam.document.type",
        domain=[("country_id.code", "=", "CL")],
        context={"active_test": False},
        ondelete="restrict",
    )
    document_type_code = fields.Char(
        string="Type",
        compute="_compute_document_type_code",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="Code of the SII, such as 33, 61 or 801 for a purchase order.",
    )
    folio = fields.Char(
        required=True,
        help="Number of the document. 0 when the reference is to many documents.",
    )
    date = fields.Date(help="Issue date of the document.")
    code = fields.Selection(
        [
            (ANNULS, "1: Annuls the document"),
            (CORRECTS_TEXT, "2: Corrects its text"),
            (CORRECTS_AMOUNTS, "3: Corrects its amounts"),
        ],
        string="What the Note Does",
        compute="_compute_code",
        store=True,
        readonly=False,
        help="CodRef: what a credit or debit note does to the document. It is proposed "
        "from the amounts of both.",
    )
    reason = fields.Char(help="RazonRef: why the document is referred to.")
    is_global = fields.Boolean(
        string="Many Documents",
        help="IndGlobal: the reference is to more documents than fit; the folio is 0.",
    )

    _account_ai_document_reference_folio_idx = models.Index(
        "(company_id, document_type_code, ltrim(folio, '0 '))"
    )

    # === COMPUTE METHODS === #

    @api.depends("document_type_id")
    def _compute_document_type_code(self):
        for reference in self:
            code = reference.document_type_id.code
            reference.document_type_code = code or reference.document_type_code

    @api.depends("move_id.amount_total", "move_id.l10n_latam_document_type_id")
    def _compute_code(self):
        """Propose what a note does: all of it annuls, a part corrects amounts.

        That it corrects text is for people to say; it is kept.
        """
        for reference in self:
            reference.code = reference.code
            origin = reference.move_id._account_ai_corrected_move()
            if reference.code != CORRECTS_TEXT and reference._is_to(origin):
                reference.code = reference.move_id._account_ai_guess_code(origin)

    # === BUSINESS METHODS === #

    def _is_to(self, move):
        """Return whether the reference is to ``move``."""
        self.ensure_one()
        return bool(
            move
            and self.document_type_code == move.l10n_latam_document_type_id.code
            and self.folio == move._account_ai_folio()
        )

from odoo import Command, api, fields, models

from .account_ai_document_reference import ANNULS, CORRECTS_AMOUNTS

_GROUPS = (
    "account.group_account_invoice,account.group_account_readonly,account_ai.group_user"
)
_NOTES = ("credit_note", "debit_note")


class AccountMove(models.Model):
    """What the SII's format says of a document and Community has no field for."""

    # A file of its own: the document is another idea than its validations.
    _inherit = "account.move"

    # === FIELDS === #

    account_ai_reference_ids = fields.One2many(
        "account.ai.document.reference",
        "move_id",
        string="References",
        copy=False,
        groups=_GROUPS,
    )
    account_ai_no_debit_reduction = fields.Boolean(
        string="Does Not Lower the Tax Debit",
        copy=False,
        groups=_GROUPS,
        help="IndNoRebaja: a credit note that came too late to lower the VAT that is "
        "owed, such as one for a return after six months.",
    )
    account_ai_sii_received_at = fields.Datetime(
        string="Received by the SII",
        copy=False,
        groups=_GROUPS,
        help="When the SII got the vendor's document. It can be claimed for 8 days.",
    )

    # === CRUD METHODS === #

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override of base: no tab of references where Enterprise has its own."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if not self._account_ai_keeps_references():
            for page in arch.xpath("//page[@name='account_ai_references']"):
                page.getparent().remove(page)
        return arch, view

    # === BUSINESS METHODS === #

    @api.model
    def _account_ai_keeps_references(self):
        """Return whether references are kept here, not by Enterprise's l10n_cl_edi."""
        return "l10n_cl_reference_ids" not in self._fields

    def _account_ai_corrected_move(self):
        """Return the document that this note corrects, by Odoo's own link."""
        self.ensure_one()
        return self.reversed_entry_id or self.debit_origin_id

    def _account_ai_folio(self):
        """Return the folio without leading zeros, as the SII writes it, or nothing."""
        self.ensure_one()
        return (self.l10n_latam_document_number or "").lstrip("0")

    def _account_ai_guess_code(self, origin):
        """Return the CodRef of a note: all of ``origin`` annuls, a part corrects it.

        Credit notes annul invoices and debit notes; debit notes annul credit notes.
        """
        self.ensure_one()
        kind = self.l10n_latam_document_type_id.internal_type
        if kind not in _NOTES:
            return False
        of_credit = origin.l10n_latam_document_type_id.internal_type == "credit_note"
        whole = not self.currency_id.compare_amounts(
            self.amount_total, origin.amount_total
        )
        may_annul = of_credit == (kind == "debit_note")
        return ANNULS if whole and may_annul else CORRECTS_AMOUNTS

    def _account_ai_reference_commands(self, reason):
        """Return the commands that make a note refer to this document.

        Empty where the document is not a Chilean one with a folio, or where references
        are kept elsewhere.
        """
        self.ensure_one()
        if (
            not self._account_ai_keeps_references()
            or self.country_code != "CL"
            or not self.l10n_latam_document_type_id
            or not self._account_ai_folio()
        ):
            return []
        return [
            Command.create(
                {
                    "document_type_id": self.l10n_latam_document_type_id.id,
                    "folio": self._account_ai_folio(),
                    "date": self.invoice_date,
                    "reason": reason or False,
                }
            )
        ]

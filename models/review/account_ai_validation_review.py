from odoo import models
from odoo.exceptions import UserError

from ...services.documents.document import Document
from ...services.documents.serialization import document_from_data
from ...services.validation.finding import Origin
from ...services.validation.review import reviewed_verdict
from ...services.validation.verdict import Verdict, verdict_of


class AccountAiValidation(models.Model):
    """Judges a stored validation anew after people have decided about its findings."""

    # A file of its own: what is decided later is another idea than how a run ends.
    _inherit = "account.ai.validation"

    # === BUSINESS METHODS === #

    def _document_again(self) -> Document:
        """Return the document that was judged.

        :raises UserError: when it was deleted, past its retention time
        """
        self.ensure_one()
        if not self.document_data:
            raise UserError(
                self.env._(
                    "What this validation saw was deleted after its retention time. "
                    "Validate the invoice again."
                )
            )
        return document_from_data(self.document_data)

    def _judge_reviewed(self):
        """Write the verdict that is left after what people decided."""
        self.ensure_one()
        findings = [finding._as_found() for finding in self.finding_ids]
        rules = verdict_of(each for each in findings if each.origin is Origin.RULE)
        model = Verdict(self.model_verdict) if self.model_verdict else None
        self.write(
            {
                "rules_verdict": rules.value,
                "verdict": reviewed_verdict(findings, model).value,
            }
        )
        self._write_verdict_on_move()

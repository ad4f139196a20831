"""What the tests of validations share: one run, carried out as the route does it."""

import json
import uuid

from odoo.addons.account_ai.models.validation.account_ai_validation_begin import (
    ValidationRequest,
)
from odoo.addons.account_ai.models.validation.running.execution import (
    admit,
    carry_out,
    store,
)
from odoo.addons.account_ai.models.validation.running.open_validation import Outcome
from odoo.addons.account_ai.services.claude.errors import ClaudeError

from ..common.common import AccountAiCase


class ValidationMixin:
    """Helpers on top of the addon's base of tests."""

    EXEMPT_CODES = ("34", "41", "110", "111", "112")

    @classmethod
    def create_move(
        cls, lines=None, move_type="out_invoice", partner=None, code="33", **values
    ):
        """Return a draft with VAT on its lines, unless its type is exempt."""
        move = super().create_move(lines, move_type, partner, code, **values)
        if code not in cls.EXEMPT_CODES and "invoice_line_ids" not in values:
            company = move.company_id
            purchase = move_type.startswith("in_")
            move.invoice_line_ids.tax_ids = (
                company.account_purchase_tax_id
                if purchase
                else company.account_sale_tax_id
            )
        return move

    def start(self, move, user=None, run_uuid=None, force=False):
        """Begin a validation as ``user``, in the test's transaction."""
        self.synchronize()
        validations = self.env(user=user or self.accountant)["account.ai.validation"]
        request = ValidationRequest(move.id, run_uuid or str(uuid.uuid4()), force=force)
        (start,) = validations._begin([request])
        self.synchronize()
        return start

    def carry_out(self, opened):
        """Do what follows when the transaction is over; return the events."""
        events = []

        def emit(name, data):
            events.append((name, data))

        try:
            admission = admit(opened)
        except ClaudeError as error:
            store(opened, Outcome(error=error))
        else:
            carry_out(opened, admission, emit)
        self.synchronize()
        return events

    def validate(self, move, user=None, force=False):
        """Validate an invoice and return its validation."""
        start = self.start(move, user=user, force=force)
        if start.kind == "ask":
            self.carry_out(start.opened)
        return self.env["account.ai.validation"].browse(start.validation_id)

    def codes(self, validation, origin=None):
        """Return the codes of a validation's findings, sorted."""
        return sorted(
            finding.code
            for finding in validation.finding_ids
            if origin in (None, finding.origin)
        )

    def calls(self):
        """Return the requests for an answer that Claude received."""
        return [
            each
            for each in self.simulator.control.requests()
            if each["path"] == "/v1/messages"
        ]


class ValidationCase(ValidationMixin, AccountAiCase):
    """Base of tests of validations on the ORM."""


def read_events(text):
    """Return the events of a stream as pairs of name and data."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1)
            for line in block.splitlines()
            if not line.startswith(":")
        )
        if fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events


def named(events, name):
    """Return the data of the events called ``name``."""
    return [data for event, data in events if event == name]

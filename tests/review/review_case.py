"""What the tests of the review queue share."""

from ..validation.validation_case import ValidationCase

WRONG_RUT = "77812345-9"
FILLER_RUT = "77777777-7"  # a warning of the rules
VAGUE = "Servicios varios"


class ReviewCase(ValidationCase):
    """An invoice with an error of the rules and a warning of Claude's, validated."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wrong_partner = cls._create_partner("Viña Los Aromos Ltda.", WRONG_RUT)

    def validated(self, text=VAGUE, partner=None, price=150_000, **values):
        move = self.create_move(
            [(text, price)], partner=partner or self.wrong_partner, **values
        )
        self.validate(move)
        return move

    def finding(self, move, code):
        """Return the finding ``code`` of the invoice's last validation."""
        self.synchronize()
        validation = move.account_ai_validation_id
        return validation.finding_ids.filtered(lambda each: each.code == code)

    def seen_by(self, user, records):
        """Return the records as ``user`` has them, in the user's own companies."""
        companies = user.company_ids.ids
        return records.with_user(user).with_context(allowed_company_ids=companies)

    def dispose(self, move, code, kind, reason=False, note="", user=None):
        """Decide about a finding as the reviewer."""
        finding = self.seen_by(user or self.reviewer, self.finding(move, code))
        result = finding.dispose(kind, reason, note)
        self.synchronize()
        return result

    def dismiss_all(self, move):
        for finding in self.finding(move, "RUT_DV") + self.finding(
            move, "SEM_VAGUE_DESC"
        ):
            self.dispose(move, finding.code, "accepted", "agreed")

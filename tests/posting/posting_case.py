"""What the tests of the posting policy share: good and bad drafts."""

from ..validation.validation_case import ValidationCase

WRONG_RUT = "77812345-9"
FILLER_RUT = "77777777-7"
"""A warning of the rules, not an error."""


class PostingMixin:
    """Drafts with findings of the rules, and the records of their posting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wrong_partner = cls._create_partner("Viña Los Aromos Ltda.", WRONG_RUT)
        cls.doubtful_partner = cls._create_partner("Viña El Boldo Ltda.", FILLER_RUT)
        cls.policy("warn")

    @classmethod
    def policy(cls, policy):
        """Set the policy of the company."""
        cls.company.account_ai_posting_policy = policy

    def good(self):
        """Return a draft that the rules find no fault with."""
        return self.create_move()

    def wrong(self):
        """Return a draft with an error of the rules."""
        return self.create_move(partner=self.wrong_partner)

    def doubtful(self):
        """Return a draft with a warning of the rules."""
        return self.create_move(partner=self.doubtful_partner)

    def records_of(self, move):
        """Return what is kept of the posting of an invoice, oldest first."""
        self.synchronize()
        return self.env["account.ai.posting.record"].search(
            [("move_id", "in", move.ids)], order="id"
        )

    def press_confirm(self, moves, user=None):
        """Press the button of the form; return its action."""
        return (
            moves.with_user(user or self.accountant)
            .with_context(disable_abnormal_invoice_detection=False)
            .action_post()
        )

    def dialog_of(self, action, user=None):
        """Return the dialog that an action opens."""
        self.assertEqual(action["res_model"], "account.ai.posting")
        dialogs = self.env["account.ai.posting"].with_user(user or self.accountant)
        return dialogs.browse(action["res_id"])


class PostingCase(PostingMixin, ValidationCase):
    """Base of tests of the posting policy on the ORM."""

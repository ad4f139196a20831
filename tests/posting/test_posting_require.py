import socket
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.models.documents.account_ai_document_reader import (
    AccountAiDocumentReader,
)
from odoo.addons.account_ai.models.validation.account_ai_validation_begin import (
    AccountAiValidation,
)

from ..common.common import TEST_KEY
from .posting_case import PostingCase

VAGUE = [("Servicios varios", 150_000)]
"""Claude's warning; the rules find no fault with it."""
ERRORS = "odoo.addons.account_ai.models.posting.account_move"


@tagged("post_install", "-at_install")
class TestPostingRequire(PostingCase):
    """A policy that requires a validation of what is posted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy("require")

    def _refusal(self, move):
        with self.assertRaises(UserError) as caught:
            move._post()
        return str(caught.exception)

    def test_what_was_never_validated_is_not_posted(self):
        move = self.good()

        self.assertIn("not validated", self._refusal(move))

        dialog = self.dialog_of(self.press_confirm(move))
        self.assertEqual(dialog.blocked_count, 1)
        self.assertIn("not validated", dialog.line_ids.message)

    def test_a_fresh_validation_lets_it_pass(self):
        move = self.good()
        self.validate(move)

        self.assertFalse(self.press_confirm(move))

        self.assertEqual(move.state, "posted")
        self.assertFalse(self.records_of(move))

    def test_a_change_makes_it_necessary_again(self):
        move = self.good()
        self.validate(move)
        move.invoice_line_ids.price_unit += 1000
        self.synchronize()

        self.assertIn("not validated", self._refusal(move))

    def test_errors_of_the_rules_block_although_validated(self):
        move = self.wrong()
        self.validate(move)

        self.assertIn("RUT_DV", self._refusal(move))

    def test_a_validation_that_says_reject_blocks(self):
        move = self.good()
        self.validate(move)
        move.account_ai_validation_id.verdict = "reject"

        self.assertIn("reject", self._refusal(move))

    def test_a_validation_that_says_review_does_not(self):
        move = self.create_move(VAGUE)
        self.validate(move)
        self.assertEqual(move.account_ai_verdict, "review")

        move._post()

        self.assertEqual(move.state, "posted")

    def test_posting_calls_nobody(self):
        """Neither Claude nor anybody else, under any policy."""
        moves = self.good() + self.wrong()
        self.validate(moves[0])
        self.simulator.control.reset()
        for policy in ("warn", "block", "require"):
            self.policy(policy)
            with (
                self.subTest(policy=policy),
                patch.object(socket.socket, "connect", side_effect=AssertionError),
            ):
                moves._account_ai_judge_posting()
                if policy == "require":
                    moves[0]._post()
        self.assertEqual(moves[0].state, "posted")
        self.assertFalse(self.simulator.control.requests())

    # === While Claude is out === #

    def _assert_posted_by_rules(self, move):
        move.with_user(self.accountant)._post()
        self.assertEqual(move.state, "posted")
        record = self.records_of(move)
        self.assertEqual(record.decision, "rules_only")
        self.assertIn("Claude was out", move.message_ids[0].body)

    def test_without_consent_the_rules_suffice(self):
        self.company._account_ai_withdraw_consent()
        self._assert_posted_by_rules(self.good())

    def test_without_a_key_the_rules_suffice(self):
        self.use_endpoint(self.simulator.base_url, api_key=False)
        self.addCleanup(self.use_endpoint, self.simulator.base_url, TEST_KEY)
        self._assert_posted_by_rules(self.good())

    def test_while_the_circuit_is_open_the_rules_suffice(self):
        circuit = self.env["account.ai.circuit"].create(
            {
                "name": self.simulator.base_url,
                "state": "open",
                "open_until": "2099-01-01",
            }
        )
        self._assert_posted_by_rules(self.good())

        circuit.open_until = "2020-01-01"
        self.assertIn("not validated", self._refusal(self.good()))

    def test_an_attempt_that_failed_is_not_claude_being_out(self):
        """Only when that goes on and the circuit opens."""
        move = self.good()
        self.use_closed_endpoint()
        self.addCleanup(self.use_endpoint, self.simulator.base_url)
        with mute_logger("odoo.addons.account_ai.services.claude.http.log"):
            self.validate(move)
        self.assertEqual(move.account_ai_validation_id.degraded_code, "connection")

        self.assertIn("not validated", self._refusal(move))

        with self.env["account.ai.gateway"]._backend().transaction() as transaction:
            endpoint = self.env["account.ai.gateway"]._base_url()
            transaction.circuit.failed(endpoint, 60.0, reason="connection")
        self._assert_posted_by_rules(move)

    def test_errors_of_the_rules_block_while_claude_is_out(self):
        self.company._account_ai_withdraw_consent()
        self.assertIn("RUT_DV", self._refusal(self.wrong()))

    def test_a_company_may_insist_on_claude(self):
        self.company.account_ai_posting_rules_only = False
        self.company._account_ai_withdraw_consent()
        move = self.good()
        self.assertIn("not validated", self._refusal(move))

        dialog = self.dialog_of(self.press_confirm(move, self.reviewer), self.reviewer)
        dialog.reason = "Claude no responde desde ayer."
        dialog.action_override()

        self.assertEqual(move.state, "posted")
        record = self.records_of(move)
        self.assertEqual(
            (record.decision, record.problem), ("overridden", "not_validated")
        )


@tagged("post_install", "-at_install")
class TestPostingReviewed(PostingCase):
    """What a reviewer has decided about findings counts when posting."""

    uses_simulator = False

    def test_what_was_dismissed_does_not_block(self):
        self.policy("block")
        move = self.wrong()
        self.validate(move)
        errors = move.account_ai_validation_id.finding_ids.filtered(
            lambda finding: finding.severity == "error"
        )
        for finding in errors.with_user(self.reviewer):
            finding.dispose("accepted", "documented")
        self.synchronize()

        move._post()

        self.assertEqual(move.state, "posted")


@tagged("post_install", "-at_install")
class TestPostingWithoutJudgement(PostingCase):
    """When rules or the reader fail, posting still works."""

    uses_simulator = False

    def _break(self, target, name):
        breaking = patch.object(target, name, side_effect=KeyError("something"))
        breaking.start()
        self.addCleanup(breaking.stop)

    def _assert_goes_on(self):
        moves = self.good() + self.good()
        with self.assertLogs(ERRORS, "ERROR"):
            moves._post()
        self.assertEqual(set(moves.mapped("state")), {"posted"})
        records = self.records_of(moves)
        self.assertEqual(set(records.mapped("problem")), {"not_judged"})

        self.policy("block")
        move = self.good()
        with self.assertLogs(ERRORS, "ERROR"), self.assertRaises(UserError) as caught:
            move._post()
        self.assertIn("could not judge", str(caught.exception))

    def test_a_broken_rule(self):
        self._break(AccountAiValidation, "_judge_by_rules")
        self._assert_goes_on()

    def test_a_rule_that_breaks_on_one_of_many(self):
        """The others are judged."""
        judge_all = AccountAiValidation._judge_by_rules

        def judge(validations, readings):
            if any(each.move_id == good.id for each in readings):
                raise KeyError
            return judge_all(validations, readings)

        good, wrong = self.good(), self.wrong()
        with (
            patch.object(AccountAiValidation, "_judge_by_rules", judge),
            self.assertLogs(ERRORS, "ERROR"),
        ):
            (good + wrong)._post()

        self.assertEqual(self.records_of(good).problem, "not_judged")
        self.assertIn("RUT_DV", self.records_of(wrong).codes)

    def test_a_broken_reader(self):
        self._break(AccountAiDocumentReader, "_read_with_places")
        self._assert_goes_on()

    def test_a_query_that_fails(self):
        """The transaction is still good afterwards."""

        def fail(reader, _moves, surroundings=True):
            reader.env.cr.execute("SELECT 1 / 0")

        failing = patch.object(AccountAiDocumentReader, "_read_with_places", fail)
        failing.start()
        self.addCleanup(failing.stop)
        with self.assertLogs("odoo.sql_db", "ERROR"):
            self._assert_goes_on()

"""What Claude answers, and what every store takes: nothing poisons an invoice."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.models.validation.running import execution
from odoo.addons.account_ai.services.agents.dte.answers import AnswerReader
from odoo.addons.account_ai.services.claude.errors import ClaudeError

from ..validation.validation_case import ValidationCase

CALL_LOG = "odoo.addons.account_ai.services.claude.http.log"
RUN_RESULT = "odoo.addons.account_ai.models.validation.account_ai_validation"
RESULT = f"{RUN_RESULT}.AccountAiValidation"
VAGUE = [("Servicios varios según lo acordado", 4_600_000)]


def answer(**finding):
    """Return an answer about the vague line."""
    item = {
        "code": "SEM_VAGUE_DESC",
        "sev": "W",
        "line": 1,
        "field": "NmbItem",
        "quote": "Servicios varios",
        "why": "No dice qué se vendió.",
        "fix": "Describa el servicio.",
        **finding,
    }
    return {"findings": [item], "verdict": "review", "conf": "high"}


@tagged("post_install", "-at_install")
class TestUnstorable(ValidationCase):
    def setUp(self):
        super().setUp()
        self.move = self.create_move(VAGUE)

    def answers(self):
        self.synchronize()
        return self.env["account.ai.answer"].search([])

    def end_lease(self, validation):
        """Have a run be over whose result could not be stored."""
        self.assertEqual(validation.state, "running")
        validation.sudo().lease_until = self.env.cr.now() - timedelta(seconds=1)
        self.synchronize()

    def check_good(self, validation):
        """Check that it ended with Claude's word, was booked, and can be shown."""
        self.assertEqual(validation.state, "done")
        self.assertFalse(validation.degraded_code)
        row = self.usages([("run_uuid", "=", validation.run_uuid)])[0]
        self.assertEqual((row.state, row.outcome), ("settled", "ok"))
        panel = self.move.with_user(self.accountant).account_ai_panel()
        json.dumps(panel["validation"]).encode()

    def test_texts_that_no_store_takes(self):
        for name, spoiled, clean in (
            ("NUL", "a\0b", "a�b"),
            ("half of a character", "a\ud83db", "a�b"),
            ("the other half", "\udc00", "�"),
            ("the halves in the wrong order", "\ude00\ud83d", "��"),
            ("two halves", "\ud83d\ude00", "😀"),
        ):
            with self.subTest(name):
                move = self.move = self.create_move(
                    [(f"Servicios varios según {name}", 4_600_000)]
                )
                self.simulator.control.answer(answer(why=spoiled, fix=spoiled))
                validation = self.validate(move)
                self.check_good(validation)
                [finding] = validation.finding_ids
                self.assertEqual(finding.message_source, clean)
                self.assertEqual(finding.advice_source, clean)

    def test_a_spoiled_quotation_is_no_evidence(self):
        self.simulator.control.answer(answer(quote="Servicios\0 varios"))
        validation = self.validate(self.move)
        self.check_good(validation)
        self.assertFalse(validation.finding_ids.evidence)

    def test_around_the_answer(self):
        """Not in the JSON, but in the text that is kept with the validation."""
        for number, spoiled in enumerate(("\0", "\ud83d", "a\0\udc00b")):
            with self.subTest(number):
                self.move = self.create_move(
                    [(f"Servicios varios {number}", 4_600_000)]
                )
                self.simulator.control.answer(
                    f"{spoiled} {json.dumps(answer())} {spoiled}"
                )
                validation = self.validate(self.move)
                self.check_good(validation)
                self.assertIn("\ufffd", validation.model_answer["text"])
                self.assertEqual(len(self.answers()), number + 1)

    def test_an_answer_is_kept_when_its_result_is(self):
        self.check_good(self.validate(self.move))
        self.assertEqual(len(self.answers()), 1)

    @mute_logger(execution.__name__)
    def test_an_answer_whose_result_cannot_be_stored_is_not_kept(self):
        with patch(f"{RESULT}._finish", side_effect=ValueError("not storable")):
            validation = self.validate(self.move)
        self.end_lease(validation)
        [row] = self.usages([("run_uuid", "=", validation.run_uuid)])
        self.assertEqual(row.state, "settled", "it was paid for all the same")
        self.assertFalse(self.answers())
        self.check_good(self.validate(self.move))
        self.assertEqual(len(self.calls()), 2)

    @mute_logger(execution.__name__)
    def test_a_stored_answer_whose_result_cannot_be_stored_is_thrown_away(self):
        self.check_good(self.validate(self.move))
        twin = self.create_move(VAGUE, partner=self.move.partner_id)
        with patch(f"{RESULT}._finish", side_effect=ValueError("not storable")):
            self.end_lease(self.validate(twin))
        self.move = twin
        asked = len(self.calls())
        self.check_good(self.validate(twin))
        self.assertEqual(len(self.calls()), asked + 1)

    def spoil(self, move, data):
        """Have the store hold ``data`` for what is asked about ``move``."""
        start = self.start(move)
        opened = start.opened
        backend = opened.gateway._backend
        with backend.transaction() as transaction:
            transaction.answers.put(
                opened.request.fingerprint(opened.endpoint),
                opened.owner.company_id,
                data,
                None,
                0,
            )
        return start

    def test_a_stored_answer_that_cannot_be_read_is_asked_anew(self):
        whole = {"usage": {}, "cost_usd": "0", "content": [], "unit_prices": {}}
        whole |= {"model": "m", "stop_reason": "end_turn"}
        two = json.dumps(answer()) * 2
        for name, data in {
            "nothing": {},
            "no usage": {"text": "x"},
            "no text": whole,
            "another type": {**whole, "text": 5},
            "usage of another type": {**whole, "text": "x", "usage": [1]},
            "no amount": {**whole, "text": "x", "cost_usd": "dear"},
            "no JSON": {**whole, "text": "Perdón"},
            "two answers": {**whole, "text": two},
            "cut": {**whole, "text": json.dumps(answer()), "stop_reason": "max_tokens"},
        }.items():
            with self.subTest(name):
                self.move = self.create_move([(f"Servicios varios {name}", 4_600_000)])
                start = self.spoil(self.move, data)
                asked = len(self.calls())
                self.carry_out(start.opened)
                self.assertEqual(len(self.calls()), asked + 1)
                validation = self.env["account.ai.validation"].browse(
                    start.validation_id
                )
                self.check_good(validation)
                self.assertFalse(validation.from_store)

    def test_a_stored_answer_that_the_agent_cannot_read_is_asked_anew(self):
        self.check_good(self.validate(self.move))
        twin = self.create_move(VAGUE, partner=self.move.partner_id)
        start = self.start(twin)
        read = AnswerReader.read
        failures = [ClaudeError("invalid_answer", "Not of this version.")]

        def read_once_wrong(*args):
            if failures:
                raise failures.pop()
            return read(*args)

        with patch.object(AnswerReader, "read", read_once_wrong):
            self.carry_out(start.opened)
        self.move = twin
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.assertFalse(validation.from_store)
        self.assertFalse(validation.degraded_code)
        rows = self.usages([("run_uuid", "=", validation.run_uuid)])
        self.assertEqual(len(rows), 2, "the one from the store at zero, and the call")
        self.assertEqual(len(self.calls()), 2)

    def test_a_former_result_that_cannot_be_read_is_not_taken_again(self):
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        self.move = move = self.create_move(VAGUE, partner=partner)
        first = self.validate(move)
        two = json.dumps(answer()) * 2
        for kept in ({"text": two, "stop_reason": "end_turn"}, {"text": two}, {}):
            with self.subTest(kept):
                first.sudo().model_answer = kept
                # The rules have something new to say: the answer is to be read again.
                first.finding_ids.filtered(lambda f: f.origin == "rule").unlink()
                second = self.validate(move)
                self.check_good(second)
                self.assertTrue(second.model_verdict)
                first = second

"""What somebody does never undoes an answer, nor stands in for one, when posting."""

import uuid
from contextlib import contextmanager
from unittest.mock import patch

from odoo import http
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.models.posting.account_ai_posting_record import OUT_REASONS
from odoo.addons.account_ai.models.validation.running import execution
from odoo.addons.account_ai.models.validation.running.execution import admit, store
from odoo.addons.account_ai.models.validation.running.open_validation import Outcome
from odoo.addons.account_ai.services.claude.cause import CAUSES, Cause
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.policy import Policy, RetryPolicy

from ..common.common import TEST_KEY, AccountAiHttpCase
from ..validation.validation_case import ValidationMixin, named, read_events
from .posting_case import PostingCase, PostingMixin

CALL_LOG = "odoo.addons.account_ai.services.claude.http.log"
POSTING = "odoo.addons.account_ai.models.posting.account_move"
IMPATIENT = {
    "deadline_seconds": 3.0,
    "retry": RetryPolicy(attempts=1, first_wait=0.0),
}
OUT_CODES = {code for code, cause in CAUSES.items() if cause is Cause.OUT}


class AnswersMixin(PostingMixin):
    """Invoices that Claude rejected, and ways to get no further answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy("require")

    def rejected(self):
        """Return a draft that Claude has rejected, the rules have not."""
        move = self.good()
        self.validate(move)
        # As Claude would: the simulator rejects nothing that the rules let pass.
        validation = move.account_ai_validation_id
        validation.write({"verdict": "reject", "model_verdict": "reject"})
        validation._write_verdict_on_move()
        self.synchronize()
        return move

    @contextmanager
    def limits(self, **values):
        """Have our own guards work by other figures."""
        gateway = type(self.env["account.ai.gateway"])
        policy = Policy(**{**IMPATIENT, **values})
        with (
            patch.object(gateway, "_policy", lambda *_args: policy),
            mute_logger(CALL_LOG),
        ):
            yield

    def refusal(self, move):
        with self.assertRaises(UserError) as caught:
            move.with_user(self.accountant)._post()
        self.synchronize()
        return str(caught.exception)

    def fail_with(self, move, code):
        """Have an attempt end without an answer, for this reason."""
        start = self.start(move, force=True)
        store(start.opened, Outcome(error=ClaudeError(code, "For a reason.")))
        self.synchronize()
        return self.env["account.ai.validation"].browse(start.validation_id)

    def assert_still_rejected(self, move, answer):
        self.synchronize()
        self.assertEqual(move.account_ai_validation_id, answer)
        self.assertEqual(move.account_ai_verdict, "reject")
        self.assertIn("reject", self.refusal(move))
        panel = move.with_user(self.accountant).account_ai_panel()
        self.assertEqual(panel["validation"]["id"], answer.id)
        self.assertEqual(panel["validation"]["verdict"], "reject")
        return panel


@tagged("post_install", "-at_install")
class TestPostingAnswers(AnswersMixin, PostingCase):
    def open_circuit(self, **values):
        return self.env["account.ai.circuit"].create(
            {
                "name": self.simulator.base_url,
                "state": "open",
                "open_until": "2099-01-01",
                **values,
            }
        )

    # === What does not undo a reject === #

    def test_no_attempt_without_an_answer_undoes_a_reject(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        for code in sorted(CAUSES):
            with self.subTest(code):
                attempt = self.fail_with(move, code)
                self.assertEqual(attempt.verdict, "review")
                panel = self.assert_still_rejected(move, answer)
                self.assertEqual(panel["attempt"]["code"], code)
                self.assertTrue(panel["attempt"]["message"])

    def test_own_rate_limit_twenty_times(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        with self.limits(limits_per_minute={"validation": 1}):
            for _press in range(25):
                self.validate(move, force=True)
            panel = self.assert_still_rejected(move, answer)
            self.assertEqual(panel["attempt"]["code"], "too_many_requests")
            self.assertIn("the last one stands: Reject", move.message_ids[0].body)
            # Nor is the answer forgotten because of so many attempts.
            self.assertEqual(self.start(move).kind, "fresh")
        self.assertEqual(len(self.calls()), 1)

    def test_a_budget(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        self.env["account.ai.budget"].create(
            {"name": "Muro", "amount": 0.0001, "period": "month", "tz": "UTC"}
        )
        self.env.flush_all()
        self.env["account.ai.gateway"]._backend().prepare_budgets()
        self.validate(move, force=True)
        panel = self.assert_still_rejected(move, answer)
        self.assertEqual(panel["attempt"]["code"], "budget")

    def test_too_large(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        with self.limits(max_input_tokens=5_000):
            self.validate(move, force=True)
        panel = self.assert_still_rejected(move, answer)
        self.assertEqual(panel["attempt"]["code"], "too_large")

    def test_answers_that_cannot_be_used(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        with self.limits():
            for fault in ("refusal", "truncated", "invalid_json", "overloaded"):
                with self.subTest(fault):
                    self.simulator.control.fault(fault, times=9)
                    self.validate(move, force=True)
                    self.simulator.control.clear_faults()
                    self.assert_still_rejected(move, answer)

    def test_a_killed_process(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        start = self.start(move, force=True)
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        validation._interrupt()
        panel = self.assert_still_rejected(move, answer)
        self.assertEqual(panel["attempt"]["code"], "interrupted")

    def test_the_queue(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        self.synchronize()
        validations = self.env(user=self.accountant)["account.ai.validation"]
        queued = validations._queue_moves(move.with_user(self.accountant))
        self.assertFalse(queued, "nothing has changed")
        self.assert_still_rejected(move, answer)

    def test_another_request_about_the_same_and_nobody_to_ask(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        self.company.account_ai_language = "en"  # the request is another one
        self.use_endpoint(self.simulator.base_url, api_key=False)
        self.addCleanup(self.use_endpoint, self.simulator.base_url, TEST_KEY)
        self.validate(move)
        panel = self.assert_still_rejected(move, answer)
        self.assertEqual(panel["attempt"]["code"], "no_key")

    def test_consent_that_is_withdrawn(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        self.company._account_ai_withdraw_consent()
        for force in (False, True):
            self.validate(move, force=force)
            self.assert_still_rejected(move, answer)

    def test_claude_being_out_later(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        self.open_circuit()
        self.assert_still_rejected(move, answer)

    def test_a_change_that_is_undone(self):
        move = self.rejected()
        answer = move.account_ai_validation_id
        price = move.invoice_line_ids.price_unit
        for code in ("too_many_requests", "circuit_open"):
            with self.subTest(code):
                move.invoice_line_ids.price_unit = price + 1000
                attempt = self.fail_with(move, code)
                self.assertEqual(move.account_ai_validation_id, attempt)
                self.assertIn("not validated", self.refusal(move))
                move.invoice_line_ids.price_unit = price
                self.synchronize()
                self.assertIn("reject", self.refusal(move))
                panel = move.with_user(self.accountant).account_ai_panel()
                self.assertEqual(panel["validation"]["id"], answer.id)
                self.assertFalse(panel["validation"]["stale"])
        self.open_circuit()
        self.assertIn("reject", self.refusal(move))
        # Validated again, the answer is there at once, without another call.
        self.validate(move)
        self.assertEqual(
            move.account_ai_validation_id._document_fingerprints(),
            answer._document_fingerprints(),
        )
        self.assertFalse(move.account_ai_validation_id.degraded_code)

    def test_a_good_answer_in_between_about_something_else(self):
        move = self.rejected()
        price = move.invoice_line_ids.price_unit
        move.invoice_line_ids.price_unit = price + 1000
        self.validate(move)
        self.assertEqual(move.account_ai_verdict, "send")
        move.invoice_line_ids.price_unit = price
        self.synchronize()
        self.assertIn("reject", self.refusal(move))

    def test_a_new_answer_does(self):
        move = self.rejected()
        self.validate(move, force=True)
        self.assertEqual(move.account_ai_verdict, "send")
        panel = move.with_user(self.accountant).account_ai_panel()
        self.assertIsNone(panel["attempt"])
        move._post()
        self.assertEqual(move.state, "posted")

    def test_an_answer_that_comes_after_an_attempt_without_one(self):
        """Given up by the sweeper, it is completed after another one was refused."""
        move = self.good()
        late = self.start(move).opened
        with mute_logger(CALL_LOG):
            admission = admit(late)
        self.env["account.ai.validation"].browse(late.validation_id)._interrupt()
        attempt = self.fail_with(move, "too_many_requests")
        self.assertEqual(move.account_ai_validation_id, attempt)
        execution.carry_out(late, admission, lambda *_args: None)
        self.synchronize()
        self.assertEqual(move.account_ai_validation_id.id, late.validation_id)
        self.assertEqual(move.account_ai_verdict, "send")

    def test_the_review_queue_keeps_it(self):
        move = self.create_move([("Servicios varios", 150_000)])
        self.validate(move)
        answer = move.account_ai_validation_id
        self.fail_with(move, "too_many_requests")
        reviews = self.env["account.ai.review"].with_user(self.reviewer)
        review = reviews.search([("move_id", "=", move.id)])
        self.assertEqual(review.validation_id, answer)
        dialog = self.env["account.move"].with_user(self.reviewer).browse(move.id)
        self.assertEqual(dialog.account_ai_validation_id, answer)

    # === What stands in for an answer === #

    def test_no_code_of_its_own_stands_in_for_an_answer(self):
        """Not even one that says that Claude was out, when it is not any more."""
        for code in sorted(CAUSES):
            with self.subTest(code):
                move = self.good()
                self.fail_with(move, code)
                self.assertIn("not validated", self.refusal(move))

    def test_every_reason_to_be_out_can_be_recorded(self):
        self.assertEqual({code for code, _label in OUT_REASONS}, OUT_CODES)

    def assert_posted_by_rules(self, move, reason):
        move.with_user(self.accountant)._post()
        self.assertEqual(move.state, "posted")
        record = self.records_of(move)
        self.assertEqual((record.decision, record.out_reason), ("rules_only", reason))
        self.assertIn(dict(OUT_REASONS)[reason], move.message_ids[0].body)

    def test_settings_that_no_client_can_be_built_with(self):
        gateway = type(self.env["account.ai.gateway"])
        refusal = ClaudeError("not_ready", "The proxy is none.")
        with patch.object(gateway, "_client", side_effect=refusal):
            self.assert_posted_by_rules(self.good(), "not_ready")

    def test_a_fault_of_ours_in_finding_out_stands_in_for_nothing(self):
        gateway = type(self.env["account.ai.gateway"])
        move = self.good()
        with (
            patch.object(gateway, "_out_reason", side_effect=KeyError),
            self.assertLogs(POSTING, "ERROR"),
        ):
            self.assertIn("not validated", self.refusal(move))

    def test_a_refused_key(self):
        self.use_endpoint(self.simulator.base_url, api_key="sk-ant-invalid")
        self.addCleanup(self.use_endpoint, self.simulator.base_url, TEST_KEY)
        move = self.good()
        self.assertIn("not validated", self.refusal(move), "nobody knows it yet")
        with mute_logger(CALL_LOG):
            self.validate(move)
        self.assert_posted_by_rules(move, "invalid_key")

    def test_a_key_that_was_refused_and_is_accepted_again(self):
        move = self.good()
        self.use_endpoint(self.simulator.base_url, api_key="sk-ant-invalid")
        with mute_logger(CALL_LOG):
            self.validate(move)
        self.use_endpoint(self.simulator.base_url, TEST_KEY)
        self.validate(self.create_move([("Arriendo de grúa, 3 días", 90_000)]))
        self.assertIn("not validated", self.refusal(move))

    def test_a_key_that_was_refused_and_replaced(self):
        move = self.good()
        self.use_endpoint(self.simulator.base_url, api_key="sk-ant-invalid")
        with mute_logger(CALL_LOG):
            self.validate(move)
        self.use_endpoint(self.simulator.base_url, TEST_KEY)
        # A test has one transaction, whose writes are all dated at its beginning.
        self.env.cr.execute(
            "UPDATE account_ai_usage SET opened_at = opened_at - interval '1 hour'"
        )
        self.assertIn("not validated", self.refusal(move))

    def test_the_providers_spending_limit(self):
        self.simulator.control.fault("spend_limit", times=9)
        move = self.good()
        with self.limits():
            self.validate(move)
        self.assert_posted_by_rules(move, "spend_limit")

    def test_a_spending_limit_lasts_between_two_probes(self):
        circuit = self.open_circuit(
            reason="spend_limit", open_until="2020-01-01", ends_at="2099-01-01"
        )
        self.assert_posted_by_rules(self.good(), "spend_limit")
        circuit.ends_at = "2020-01-01"
        self.assertIn("not validated", self.refusal(self.good()))
        circuit.ends_at = "2099-01-01"
        self.synchronize()
        circuit.with_user(self.manager).action_try_again()
        self.assertIn("not validated", self.refusal(self.good()))

    def test_an_override_says_what_it_is_against(self):
        move = self.rejected()
        self.fail_with(move, "too_many_requests")
        dialog = self.dialog_of(self.press_confirm(move, self.reviewer), self.reviewer)
        self.assertIn("reject", dialog.line_ids.mapped("message")[0])
        dialog.reason = "Revisado con el cliente."
        dialog.action_override()
        record = self.records_of(move)
        self.assertEqual((record.decision, record.problem), ("overridden", "rejected"))
        self.assertFalse(record.out_reason)


@tagged("post_install", "-at_install")
class TestPostingAnswersOnTheRoute(AnswersMixin, ValidationMixin, AccountAiHttpCase):
    def test_a_reject_is_not_undone_by_pressing_the_button_twenty_times(self):
        self.authenticate("accountant", "accountant")
        move = self.rejected()
        answer = move.account_ai_validation_id
        statuses = []
        with self.limits(limits_per_minute={"validation": 3}):
            for press in range(22):
                response = self.url_open(
                    "/account_ai/validate",
                    {
                        "move_id": str(move.id),
                        "run_uuid": str(uuid.uuid4()),
                        "force": "1",
                        "csrf_token": http.Request.csrf_token(self),
                    },
                    timeout=60,
                )
                self.synchronize()
                statuses.append(response.status_code)
                if press < 2:  # Claude answers: reject it as it was
                    self.synchronize()
                    answer = move.account_ai_validation_id
                    answer.write({"verdict": "reject"})
                    answer._write_verdict_on_move()
                    self.synchronize()
        self.assertEqual(statuses, [200] * 2 + [429] * 20)
        events = read_events(response.text)
        self.assertEqual(named(events, "error")[0]["code"], "too_many_requests")
        panel = named(events, "done")[0]["panel"]
        self.assertEqual(panel["validation"]["verdict"], "reject")
        self.assertEqual(panel["attempt"]["code"], "too_many_requests")
        self.assert_still_rejected(move, answer)

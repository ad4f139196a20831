"""The design's promises, as far as one transaction can show them.

1 is in ``test_claude_one_gateway``; 7 and what needs real commits are in
``test_process_*``.
"""

import ast
import json
import uuid
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.models.validation.account_ai_validation_begin import (
    ValidationRequest,
)
from odoo.addons.account_ai.services.rules import RULEBOOK_VERSION

from ..gateway.test_claude_one_gateway import ADDON, shipped_files
from ..privacy.privacy_texts import HOSTILE_TEXTS
from ..validation.validation_case import ValidationCase

HTTP_LOG = "odoo.addons.account_ai.services.claude.http.log"


def _changes_user(call: ast.Call) -> bool:
    """Return whether an environment of another user is made: ``with_user(...)``, or an
    environment called with a user."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "with_user":
        return True
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name == "env" and any(each.arg == "user" for each in call.keywords)


@tagged("post_install", "-at_install")
class TestPromises(ValidationCase):
    def test_2_never_paid_twice(self):
        """The same question by other people and of a copy: one call."""
        move = self.create_move()
        self.validate(move)
        self.validate(move, user=self.reviewer)
        self.validate(move, user=self.manager)
        self.assertEqual(len(self.calls()), 1)
        usages = self.usages([("company_id", "=", self.company.id)])
        self.assertEqual(len(usages.filtered(lambda usage: not usage.from_store)), 1)

    def test_2_replayed_request_asks_once(self):
        """Odoo repeats a request after a conflict: the run is the same, one call."""
        move = self.create_move()
        run_uuid = "22222222-2222-4222-8222-222222222222"
        start = self.start(move, run_uuid=run_uuid)
        self.carry_out(start.opened)
        again = self.start(move, run_uuid=run_uuid)
        self.assertEqual(again.kind, "done")
        self.assertEqual(again.validation_id, start.validation_id)
        self.assertEqual(len(self.calls()), 1)

    def test_3_booked_although_storing_failed(self):
        """The answer came, the business transaction did not: the ledger has it."""
        start = self.start(self.create_move())
        validations = type(self.env["account.ai.validation"])
        with (
            patch.object(validations, "_finish", side_effect=ValueError),
            mute_logger("odoo.addons.account_ai.models.validation.running.execution"),
        ):
            self.carry_out(start.opened)
        usage = self.usages([("run_uuid", "=", start.opened.run_uuid)])
        self.assertEqual(usage.state, "settled")
        self.assertGreater(usage.cost_usd, 0)
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.assertEqual(validation.state, "running")

    def test_3_cut_stream_is_booked(self):
        self.simulator.control.fault("stream_reset", after_deltas=3)
        with mute_logger(HTTP_LOG):
            validation = self.validate(self.create_move())
        usage = self.usages([("run_uuid", "=", validation.run_uuid)])
        self.assertTrue(usage.estimated)
        self.assertGreater(usage.cost_usd, 0)
        self.assertEqual(validation.verdict, "review")

    def test_5_posting_makes_no_call(self):
        self.create_move().action_post()
        self.assertFalse(self.simulator.control.requests())

    def test_6_model_cannot_overrule_a_rule(self):
        """A model that says *send* and nothing else removes no rule's finding."""
        self.simulator.control.answer(
            {"findings": [], "verdict": "send", "conf": "high"}
        )
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        validation = self.validate(self.create_move(partner=partner))
        self.assertEqual(validation.model_verdict, "send")
        self.assertEqual(validation.verdict, "reject")
        self.assertIn("RUT_DV", self.codes(validation, "rule"))

    def test_6_model_can_make_it_worse(self):
        move = self.create_move([("Servicios varios según lo acordado", 90_000)])
        validation = self.validate(move)
        self.assertEqual(validation.rules_verdict, "send")
        self.assertEqual(validation.verdict, "review")

    def test_8_other_company_sees_nothing(self):
        move = self.create_move()
        validation = self.validate(move)
        stranger = self.other_accountant
        elsewhere = {"allowed_company_ids": stranger.company_ids.ids}
        validation = validation.with_context(**elsewhere)
        move = move.with_context(**elsewhere)
        for model in ("account.ai.validation", "account.ai.finding"):
            records = self.env[model].with_user(stranger).with_context(**elsewhere)
            self.assertFalse(records.search([]), model)
        with self.assertRaises(AccessError):
            validation.with_user(stranger).read(["verdict"])
        with self.assertRaises(AccessError):
            move.with_user(stranger).account_ai_panel()
        validations = validation.with_user(stranger).browse()
        with self.assertRaises(AccessError):
            validations._begin([ValidationRequest(move.id, str(uuid.uuid4()))])

    def test_8_nobody_reads_with_the_rights_of_another(self):
        """The product changes the user of an environment in two places: where the queue
        goes on as the person who queued the document, and where a note is worded in
        the language of who asked."""
        places = set()
        for path in shipped_files():
            for node in ast.walk(ast.parse(path.read_text(), str(path))):
                if isinstance(node, ast.Call) and _changes_user(node):
                    places.add(path.relative_to(ADDON).as_posix())
        known = {
            f"models/validation/{name}.py"
            for name in ("account_ai_validation", "account_ai_validation_queue")
        }
        self.assertEqual(places, known)

    def test_8_nobody_writes_by_hand(self):
        validation = self.validate(
            self.create_move([("Servicios varios según lo acordado", 90_000)])
        )
        self.assertTrue(validation.finding_ids)
        for user in (self.accountant, self.reviewer, self.manager):
            own = validation.with_user(user)
            with self.assertRaises(AccessError):
                own.write({"verdict": "send"})
            with self.assertRaises(AccessError):
                own.unlink()
            with self.assertRaises(AccessError):
                own.finding_ids.write({"severity": "information"})

    def test_8_history_is_read_with_own_access(self):
        """Invoices that the user may not read are not part of what is usual."""
        past = self.create_move(invoice_date="2026-03-02")
        past.action_post()
        move = self.create_move()
        reader = self.env["account.ai.document.reader"].with_user(self.accountant)
        as_user = move.with_user(self.accountant)
        self.synchronize()
        context = reader._read_with_places(as_user)[move.id].context
        self.assertEqual(context.history.count, 1)
        self.env["ir.rule"].create(
            {
                "name": "not the past ones",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "domain_force": f"[('id', '!=', {past.id})]",
            }
        )
        self.synchronize()
        context = reader._read_with_places(as_user)[move.id].context
        self.assertEqual(context.history.count, 0)

    def test_9_hostile_texts_never_lift_a_verdict(self):
        """Twenty texts that give orders, before a model that obeys them all."""
        self.simulator.control.settings(gullible=True)
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        for text in HOSTILE_TEXTS:
            with self.subTest(text=text):
                move = self.create_move([(text, 150_000)])
                self.assertIn(self.validate(move).verdict, ("review", "reject"))
        wrong = self.create_move([(HOSTILE_TEXTS[0], 150_000)], partner=partner)
        self.assertEqual(self.validate(wrong).verdict, "reject")

    def test_9_hostile_narration(self):
        self.simulator.control.settings(gullible=True)
        move = self.create_move(narration=f"<p>{HOSTILE_TEXTS[1]}</p>")
        self.assertEqual(self.validate(move).verdict, "review")

    def test_10_replay(self):
        """From what was kept: the same findings of rules, the same bytes."""
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        move = self.create_move(
            [("Servicios varios", 90_000)], partner=partner, ref="OC 4500"
        )
        start = self.start(move)
        sent = start.opened.request.canonical
        found = start.opened.judged.findings
        self.carry_out(start.opened)
        move.invoice_line_ids.name = "Something else"
        self.synchronize()
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        replay = validation._replay()
        self.assertEqual(replay.request.canonical, sent)
        self.assertEqual(replay.rule_findings, found)
        self.assertEqual(
            replay.request.fingerprint(validation.endpoint), validation.fingerprint
        )
        received = dict(self.calls()[0]["body"])
        received.pop("stream", None)
        self.assertEqual(json.dumps(replay.request.parameters()), json.dumps(received))

    def test_10_everything_is_kept(self):
        validation = self.validate(self.create_move())
        self.assertEqual(validation.rulebook_version, RULEBOOK_VERSION)
        for name in (
            *("facts", "document_data", "context_data", "prompt_id", "prompt_version"),
            *("model", "effort", "language", "endpoint", "fingerprint", "judged_on"),
            *("model_answer", "user_id", "max_tokens"),
        ):
            self.assertTrue(validation[name], name)

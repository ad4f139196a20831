"""The check of what earlier releases let people write, when a database is upgraded."""

import uuid
from unittest.mock import patch

from odoo.tests import tagged

from ..validation.validation_case import ValidationCase

VERSION = "19.0.1.3.0"


@tagged("post_install", "-at_install")
class TestConsistency(ValidationCase):
    def check(self):
        self.env.flush_all()
        found = self.env["account.ai.consistency"]._check_upgrade(VERSION)
        self.env.invalidate_all()
        return {(each.model, each.record_id, each.problem) for each in found}

    def write_sql(self, record, **values):
        """Write columns as somebody over RPC could, past today's refusals."""
        self.env.flush_all()
        columns = ", ".join(f"{name} = %s" for name in values)
        self.env.cr.execute(
            f"UPDATE {record._table} SET {columns} WHERE id = %s",
            [*values.values(), record.id],
        )
        self.env.invalidate_all()

    def posting_record(self, move, **values):
        values = {
            "move_id": move.id,
            "company_id": self.company.id,
            "user_id": self.reviewer.id,
            "policy": "block",
            "decision": "overridden",
            "reason": "The customer insists.",
            **values,
        }
        return self.env["account.ai.posting.record"].sudo().create(values)

    def test_a_clean_database_has_nothing_to_look_at(self):
        self.validate(self.create_move())
        self.validate(self.create_move([("Servicios varios según lo acordado", 90)]))
        self.posting_record(self.create_move())
        self.assertEqual(self.check(), set())
        self.assertFalse(
            self.env["account.ai.alert"].search([("kind", "=", "consistency")])
        )

    def test_a_verdict_written_on_an_invoice(self):
        move = self.create_move()
        validation = self.validate(move)
        verdict = validation.verdict
        self.write_sql(
            move, account_ai_verdict="reject" if verdict != "reject" else "send"
        )
        self.assertIn((move._name, move.id, "verdict_on_invoice"), self.check())
        self.assertEqual(move.account_ai_verdict, verdict)

    def test_a_verdict_on_an_invoice_that_nobody_validated(self):
        move = self.create_move()
        self.write_sql(move, account_ai_verdict="send")
        self.assertIn((move._name, move.id, "verdict_on_invoice"), self.check())
        self.assertFalse(move.account_ai_verdict)

    def test_the_validation_of_another_invoice(self):
        move, other = self.create_move(), self.create_move()
        validation = self.validate(other)
        self.write_sql(
            move,
            account_ai_validation_id=validation.id,
            account_ai_verdict=validation.verdict,
        )
        self.check()
        self.assertFalse(move.account_ai_validation_id)
        self.assertFalse(move.account_ai_verdict)
        self.assertEqual(other.account_ai_validation_id, validation)

    def test_a_validation_better_than_its_findings(self):
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        validation = self.validate(self.create_move(partner=partner))
        self.assertEqual(validation.verdict, "reject")
        self.write_sql(validation, verdict="send", rules_verdict="send")
        found = self.check()
        self.assertIn((validation._name, validation.id, "verdict_of_validation"), found)
        self.assertEqual(validation.verdict, "reject")
        self.assertEqual(validation.move_id.account_ai_verdict, "reject")

    def test_an_answer_without_a_call(self):
        self.validate(self.create_move())
        validation = self.validate(self.create_move([("Un informe", 70_000)]))
        self.write_sql(validation, run_uuid=str(uuid.uuid4()))
        self.assertIn((validation._name, validation.id, "no_call"), self.check())

    def test_a_run_that_died(self):
        validation = self.validate(self.create_move())
        self.write_sql(validation, state="running", lease_until="2026-01-01 00:00:00")
        self.check()
        self.assertEqual(validation.state, "interrupted")

    def test_an_answer_that_could_not_be_stored(self):
        """It would be taken from the store again each time the same invoice is
        validated."""
        kept = self.validate(self.create_move())
        poisoned = self.validate(self.create_move([("Un informe", 70_000)]))
        answers = self.env["account.ai.answer"]
        self.assertEqual(answers.search_count([]), 2)
        self.write_sql(
            poisoned, state="interrupted", degraded_code="interrupted", verdict="review"
        )
        self.check()
        self.assertEqual(answers.search([]).mapped("fingerprint"), [kept.fingerprint])

    def test_overrides_that_do_not_fit(self):
        move = self.create_move()
        fits = self.posting_record(move)
        other = self.posting_record(move, company_id=self.other_company.id)
        silent = self.posting_record(move, reason=" ")
        stranger = self.posting_record(move, user_id=self.accountant.id)
        found = self.check()
        name = fits._name
        self.assertFalse([each for each in found if each[:2] == (name, fits.id)])
        self.assertIn((name, other.id, "override_company"), found)
        self.assertIn((name, silent.id, "override_reason"), found)
        self.assertIn((name, stranger.id, "override_right"), found)

    def test_posted_although_rejected_because_of_an_own_limit(self):
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        move = self.create_move(partner=partner)
        rejected = self.validate(move)
        self.env["account.ai.validation"].sudo().create(
            {
                "run_uuid": str(uuid.uuid4()),
                "move_id": move.id,
                "company_id": self.company.id,
                "trigger": "user",
                "state": "done",
                "verdict": "reject",
                "rules_verdict": "reject",
                "degraded_code": "too_many_requests",
            }
        )
        record = self.posting_record(
            move,
            policy="require",
            decision="rules_only",
            document_fingerprint=rejected.document_fingerprint,
        )
        self.assertIn((record._name, record.id, "rules_only"), self.check())

    def test_a_dialog_that_somebody_else_rewrote(self):
        dialogs = self.env["account.ai.posting"]
        values = {"origin": "form"}
        own = dialogs.with_user(self.reviewer).sudo().create(values)
        rewritten = dialogs.with_user(self.reviewer).sudo().create(values)
        self.write_sql(rewritten, write_uid=self.accountant.id)
        found = self.check()
        self.assertIn((dialogs._name, rewritten.id, "dialog_rewritten"), found)
        self.assertFalse((own + rewritten).exists(), "open dialogs are opened again")

    def test_a_rate_that_one_company_changed_for_all(self):
        rate = self.env["account.ai.rate"].search([], limit=1)
        self.write_sql(rate, write_uid=self.manager.id)
        self.assertIn((rate._name, rate.id, "rate"), self.check())

    def test_administrators_get_the_list(self):
        move = self.create_move()
        self.write_sql(move, account_ai_verdict="send")
        self.check()
        alert = self.env["account.ai.alert"].search([("kind", "=", "consistency")])
        self.assertEqual(alert.company_id.id, self.company.id)
        file = alert.message_ids.attachment_ids
        text = file.raw.decode("utf-8-sig")
        self.assertIn(f"account.move,{move.id},", text)
        self.assertNotIn(self.partner.name, text)
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60.0
        ):
            self.env["account.ai.alert"]._deliver_raised()
        self.assertEqual(alert.state, "delivered")

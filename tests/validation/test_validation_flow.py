"""One validation from the request to the verdict."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.account_ai.models.validation.running.execution import admit, carry_out

from .validation_case import ValidationCase

VAGUE = [("Servicios varios según lo acordado", 4_600_000)]


@tagged("post_install", "-at_install")
class TestValidation(ValidationCase):
    def test_good_invoice_is_sent(self):
        """A clean invoice: no finding above information, verdict send, cost booked."""
        move = self.create_move()
        validation = self.validate(move)
        self.assertEqual(validation.state, "done")
        self.assertFalse(validation.degraded_code)
        self.assertEqual(
            [f.code for f in validation.finding_ids if f.severity != "information"], []
        )
        self.assertEqual(validation.verdict, "send")
        self.assertGreater(validation.cost_usd, 0)
        self.assertGreater(validation.input_tokens, 0)
        self.assertTrue(0 < validation.confidence <= 1)
        self.assertTrue(validation.simulated)
        self.assertEqual(move.account_ai_verdict, "send")
        self.assertEqual(move.account_ai_validation_id, validation)
        usage = self.usages([("run_uuid", "=", validation.run_uuid)])
        self.assertEqual(usage.state, "settled")
        self.assertAlmostEqual(usage.cost_usd, validation.cost_usd, 8)

    def test_what_is_simulated_says_so_everywhere(self):
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        move = self.create_move(partner=partner)
        reader = move.with_user(self.accountant)
        self.assertFalse(reader.account_ai_is_simulated, "nothing was validated")
        validation = self.validate(move)
        records = (
            validation.with_user(self.accountant).finding_ids,
            self.env["account.ai.review"].search([("move_id", "=", move.id)]),
        )
        for simulated in (True, False):
            validation.simulated = simulated
            self.env.invalidate_all()
            self.assertEqual(reader.account_ai_is_simulated, simulated)
            for found in records:
                self.assertEqual(set(found.mapped("simulated")), {simulated})

    def test_rules_and_model_both_find(self):
        """A wrong RUT is a rule's finding, a vague text the model's."""
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        move = self.create_move(VAGUE, partner=partner)
        validation = self.validate(move)
        self.assertIn("RUT_DV", self.codes(validation, "rule"))
        self.assertIn("SEM_VAGUE_DESC", self.codes(validation, "model"))
        self.assertEqual(validation.verdict, "reject")
        self.assertEqual(validation.rules_verdict, "reject")
        rut = validation.finding_ids.filtered(lambda f: f.code == "RUT_DV")
        self.assertEqual(rut.partner_id, partner)
        vague = validation.finding_ids.filtered(lambda f: f.code == "SEM_VAGUE_DESC")
        self.assertEqual(vague.move_line_id, move.invoice_line_ids)

    def test_stream_tells_findings_before_the_end(self):
        start = self.start(self.create_move(VAGUE))
        events = self.carry_out(start.opened)
        names = [name for name, _data in events]
        self.assertEqual(names[0], "progress")
        finding = dict(events)["finding"]["finding"]
        self.assertEqual(finding["code"], "SEM_VAGUE_DESC")
        self.assertEqual(finding["field_name"], "name")

    def test_streamed_finding_weighs_what_the_stored_one_does(self):
        """What the model calls an error is a warning when it arrives, too."""
        start = self.start(self.create_move(VAGUE))
        answer = {
            "findings": [
                {
                    "code": "SEM_VAGUE_DESC",
                    "sev": "E",
                    "line": 1,
                    "field": "NmbItem",
                    "quote": VAGUE[0][0],
                    "why": "No dice qué se vendió.",
                    "fix": "Indicar el servicio.",
                }
            ],
            "verdict": "reject",
            "conf": "high",
        }
        self.simulator.control.answer(answer)
        streamed = dict(self.carry_out(start.opened))["finding"]["finding"]
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.assertEqual(streamed["severity"], "warning")
        self.assertEqual(validation.finding_ids.severity, "warning")

    def test_fresh_is_free(self):
        move = self.create_move()
        first = self.validate(move)
        start = self.start(move)
        self.assertEqual(start.kind, "fresh")
        self.assertEqual(start.validation_id, first.id)
        self.assertEqual(len(self.calls()), 1)

    def test_changed_invoice_is_stale_and_asked_again(self):
        move = self.create_move()
        self.validate(move)
        move = move.with_user(self.accountant)
        self.assertFalse(move.account_ai_is_stale)
        move.invoice_line_ids[0].name = "Arriendo de bomba sumergible, 3 días"
        self.synchronize()
        self.assertTrue(move.account_ai_is_stale)
        validation = self.validate(move)
        self.assertEqual(len(self.calls()), 2)
        self.assertFalse(move.account_ai_is_stale)
        self.assertEqual(move.account_ai_validation_id, validation)

    def test_posting_does_not_make_stale(self):
        """Getting date and folio by posting changes nothing that was judged."""
        move = self.create_move()
        first = self.validate(move)
        move.action_post()
        self.synchronize()
        self.assertTrue(move.name and move.invoice_date)
        self.assertFalse(move.with_user(self.accountant).account_ai_is_stale)
        start = self.start(move)
        self.assertIn(start.kind, ("fresh", "done"))
        self.assertEqual(len(self.calls()), 1)
        self.assertEqual(
            self.env["account.ai.validation"].browse(start.validation_id).verdict,
            first.verdict,
        )

    def test_mended_rut_of_a_masked_person_is_judged_anew_for_free(self):
        """A masked RUT is not in the facts: the rules judge anew, nobody is asked."""
        person = self._create_partner(
            "Juana Rojas Pinto", "15888999-5", is_company=False
        )
        move = self.create_move(partner=person)
        first = self.validate(move)
        self.assertIn("RUT_DV", self.codes(first))
        person.with_context(no_vat_validation=True).vat = "15888999-4"
        self.synchronize()
        self.assertTrue(move.with_user(self.accountant).account_ai_is_stale)
        second = self.validate(move)
        self.assertNotEqual(first, second)
        self.assertNotIn("RUT_DV", self.codes(second))
        self.assertEqual(second.trigger, "rules")
        self.assertEqual(second.cost_usd, 0)
        self.assertEqual(len(self.calls()), 1)

    def test_force_asks_again(self):
        move = self.create_move()
        self.validate(move)
        second = self.validate(move, force=True)
        self.assertEqual(len(self.calls()), 2)
        self.assertGreater(second.cost_usd, 0)

    def test_replayed_start_finds_its_run(self):
        move = self.create_move()
        start = self.start(move, run_uuid="11111111-1111-4111-8111-111111111111")
        again = self.start(move, run_uuid="11111111-1111-4111-8111-111111111111")
        self.assertEqual(again.kind, "joined")
        self.assertEqual(again.validation_id, start.validation_id)

    def test_second_tab_joins_the_run(self):
        move = self.create_move()
        first = self.start(move)
        second = self.start(move)
        self.assertEqual(second.kind, "joined")
        self.assertEqual(second.validation_id, first.validation_id)

    def test_dead_run_is_not_joined(self):
        move = self.create_move()
        first = self.start(move)
        dead = self.env["account.ai.validation"].browse(first.validation_id)
        dead.lease_until = self.env.cr.now() - timedelta(seconds=1)
        second = self.start(move)
        self.assertEqual(second.kind, "ask")
        self.assertEqual(dead.state, "interrupted")
        self.assertEqual(dead.verdict, "review")

    def test_run_of_somebody_else_is_not_shown(self):
        move = self.create_move()
        start = self.start(move)
        run_uuid = start.opened.run_uuid
        with self.assertRaises(AccessError):
            self.start(move, user=self.reviewer, run_uuid=run_uuid)

    def test_group_is_needed(self):
        with self.assertRaises(AccessError):
            self.start(self.create_move(), user=self.plain_accountant)

    def test_entry_cannot_be_validated(self):
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create(
                        {
                            "name": "A",
                            "account_id": self.env["account.account"]
                            .search([("company_ids", "in", self.company.ids)], limit=1)
                            .id,
                        }
                    )
                ],
            }
        )
        with self.assertRaises(UserError):
            self.start(entry)

    def test_company_elsewhere_sees_nothing(self):
        """A company that is not Chilean: no button, no run, no cost."""
        move = self.create_move()
        self.company.account_fiscal_country_id = self.env.ref("base.ar")
        self.synchronize()
        panel = move.with_user(self.accountant).account_ai_panel()
        self.assertEqual(panel, {"available": False, "validation": None})
        with self.assertRaises(UserError):
            self.start(move)
        self.assertFalse(self.calls())

    def test_note_in_the_chatter(self):
        move = self.create_move(VAGUE)
        self.validate(move)
        note = move.message_ids[0]
        self.assertIn("Review", note.body)
        self.assertRegex(note.body, r"US\$ 0\.\d{5}\.")
        self.assertEqual(note.author_id, self.accountant.partner_id)

    def test_move_is_not_touched_otherwise(self):
        """The verdict does not count as a change of the invoice by somebody."""
        move = self.create_move()
        self.synchronize()
        before = (move.write_date, move.write_uid)
        self.validate(move)
        self.assertEqual((move.write_date, move.write_uid), before)

    def test_copy_starts_without_a_verdict(self):
        move = self.create_move()
        self.validate(move)
        copy = move.copy()
        self.assertFalse(copy.account_ai_verdict)
        self.assertFalse(copy.account_ai_validation_id)

    def test_panel_of_a_finished_validation(self):
        move = self.create_move(VAGUE)
        validation = self.validate(move)
        panel = move.with_user(self.accountant).account_ai_panel()
        shown = panel["validation"]
        self.assertTrue(panel["available"] and panel["enabled"] and panel["has_key"])
        self.assertEqual(panel["history_count"], 1)
        self.assertEqual(shown["id"], validation.id)
        self.assertEqual(shown["verdict"], "review")
        self.assertFalse(shown["stale"])
        self.assertIsNone(shown["degraded"])
        self.assertEqual(shown["user"], self.accountant.name)
        self.assertRegex(shown["cost"], r"^US\$ 0\.\d{5}$")
        self.env["res.lang"]._activate_lang("es_CL")
        in_spanish = move.with_context(lang="es_CL").account_ai_panel()
        self.assertEqual(
            in_spanish["validation"]["cost"], shown["cost"].replace(".", ",")
        )
        self.assertEqual(
            [each["code"] for each in shown["findings"]],
            [finding.code for finding in validation.finding_ids],
        )

    def test_panel_while_running(self):
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        move = self.create_move(partner=partner)
        self.start(move)
        shown = move.with_user(self.accountant).account_ai_panel()["validation"]
        self.assertEqual(shown["state"], "running")
        self.assertEqual([each["code"] for each in shown["findings"]], ["RUT_DV"])

    def test_retention_deletes_facts_only(self):
        validation = self.validate(self.create_move(VAGUE))
        self.company.account_ai_retention_days = 30
        self.env["account.ai.validation"]._gc_facts()
        self.assertTrue(validation.facts)
        self.env.cr.execute(
            "UPDATE account_ai_validation SET create_date = now() - interval '31 days'"
        )
        self.synchronize()
        self.env["account.ai.validation"]._gc_facts()
        self.assertFalse(validation.facts or validation.document_data)
        self.assertFalse(validation.model_answer or validation.context_data)
        self.assertEqual(validation.verdict, "review")
        self.assertEqual(validation.finding_ids.mapped("code"), ["SEM_VAGUE_DESC"])
        self.assertFalse(validation.finding_ids.evidence)
        self.assertGreater(validation.cost_usd, 0)
        with self.assertRaises(ValueError):
            validation._replay()

    def test_history_action(self):
        move = self.create_move()
        validation = self.validate(move)
        action = move.with_user(self.accountant).action_account_ai_validations()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, validation)
        self.assertEqual(validation.action_open_move()["res_id"], move.id)

    def test_deleted_while_claude_answers(self):
        """The draft is gone, what the answer cost is not."""
        move = self.create_move()
        start = self.start(move)
        admission = admit(start.opened)
        move.unlink()
        self.synchronize()
        panel = carry_out(start.opened, admission, lambda name, data: None)
        self.assertEqual(panel, {"available": False, "validation": None})
        usage = self.usages([("run_uuid", "=", start.opened.run_uuid)])
        self.assertEqual(usage.state, "settled")
        self.assertGreater(usage.cost_usd, 0)

    def test_old_run_is_found_among_many(self):
        move = self.create_move()
        first = self.validate(move)
        for _again in range(21):
            self.validate(move, force=True)
            self.env.cr.execute("DELETE FROM account_ai_rate_window")
        again = self.start(move, run_uuid=first.run_uuid)
        self.assertEqual((again.kind, again.validation_id), ("done", first.id))

"""What the update to 1.3 makes of entries that were queued twice and hidden answers."""

import importlib.util
import uuid
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.account_ai.models.validation.running.open_validation import Outcome
from odoo.addons.account_ai.services.claude.errors import ClaudeError

from ..validation.validation_case import ValidationCase

FOLDER = Path(__file__).resolve().parents[2] / "migrations" / "19.0.1.3.0"


@tagged("post_install", "-at_install")
class TestMigrationAnswers(ValidationCase):
    def migrate(self, name):
        spec = importlib.util.spec_from_file_location("migration", FOLDER / name)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.synchronize()
        module.migrate(self.env.cr, "19.0.1.2.0")
        self.synchronize()

    def entry(self, move, state="queued", **values):
        return self.env["account.ai.validation"].create(
            {
                "run_uuid": str(uuid.uuid4()),
                "move_id": move.id,
                "company_id": move.company_id.id,
                "user_id": self.accountant.id,
                "trigger": "queue",
                "state": state,
                **values,
            }
        )

    def test_one_entry_of_the_queue_stays(self):
        index = self.env["account.ai.validation"]._queued_unique
        model = self.env["account.ai.validation"]
        self.env.cr.execute(f"DROP INDEX {index.full_name(model)}")
        waiting, claimed, single = (self.create_move() for _each in range(3))
        entries = [self.entry(waiting) for _each in range(5)]
        queued = self.entry(claimed)
        running = self.entry(claimed, "running", rules_verdict="send", worker="w")
        second = self.entry(claimed, "running", rules_verdict="reject", worker="v")
        alone = self.entry(single)
        at_screen = self.entry(waiting, "running", trigger="user")

        self.migrate("pre-queue-duplicates.py")

        self.assertEqual([each.state for each in entries], ["failed"] * 4 + ["queued"])
        self.assertEqual(entries[0].degraded_code, "in_progress")
        self.assertTrue(entries[0].degraded_message)
        self.assertEqual(queued.state, "failed")
        self.assertEqual((running.state, running.verdict), ("interrupted", "review"))
        self.assertEqual(second.state, "running")
        self.assertEqual((alone.state, at_screen.state), ("queued", "running"))
        index.apply_to_database(model)

    def test_a_hidden_answer_is_shown_again(self):
        hidden, changed = self.create_move(), self.create_move()
        answers = {}
        for move in (hidden, changed):
            self.validate(move)
            answers[move] = move.account_ai_validation_id
            if move == changed:
                move.invoice_line_ids.price_unit += 1000
            opened = self.start(move, force=True).opened
            validation = self.env["account.ai.validation"]._own(opened.validation_id)
            validation._finish(
                opened, Outcome(error=ClaudeError("too_many_requests", "Too many."))
            )
            # As version 1.2 left it.
            self.env.cr.execute(
                """UPDATE account_move SET account_ai_validation_id = %s,
                          account_ai_verdict = 'review' WHERE id = %s""",
                [validation.id, move.id],
            )

        self.migrate("post-shown-answers.py")

        self.assertEqual(hidden.account_ai_validation_id, answers[hidden])
        self.assertEqual(hidden.account_ai_verdict, answers[hidden].verdict)
        self.assertNotEqual(changed.account_ai_validation_id, answers[changed])
        self.assertEqual(changed.account_ai_verdict, "review")

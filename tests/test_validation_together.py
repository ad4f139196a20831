"""Validations that are asked for in the same moment are begun together."""

import uuid
from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.models.account_ai_run_together import (
    Wish,
    _looks_at_companies_only,
)
from odoo.addons.account_ai.models.running.asking import Asking
from odoo.addons.account_ai.models.running.turns import unasked
from odoo.addons.account_ai.services.claude.gateway import Gateway
from odoo.addons.account_ai.services.claude.measure import Measure

from .validation_case import ValidationCase

GROUPS = "account.group_account_invoice,account_ai.group_user"


@tagged("post_install", "-at_install")
class TestValidationTogether(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls.create_user("colleague")

    @classmethod
    def create_user(cls, login, groups=GROUPS, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def wish(self, move, user=None, run_uuid=None):
        """Return that ``user`` wants ``move`` to be validated."""
        user = user or self.accountant
        context = {"lang": "en_US", "tz": False, "uid": user.id}
        return Wish(
            user.id, context, getattr(move, "id", move), run_uuid or str(uuid.uuid4())
        )

    def validations(self, user=None):
        user = user or self.accountant
        return self.env(user=user, context={"lang": "en_US"})["account.ai.validation"]

    def start_together(self, *wishes, user=None):
        self.synchronize()
        validations = self.validations(user)
        started = validations._start_committed(wishes, validations._reading_rights())
        self.synchronize()
        return started

    def rights(self, user):
        return self.validations(user)._reading_rights()

    def hide_from(self, user, move):
        """Add a record rule by which ``user`` may not read ``move``."""
        self.env["ir.rule"].create(
            {
                "name": "Not for everybody",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "domain_force": f"[('id', '!=', user.id == {user.id} and {move.id})]",
            }
        )

    def asked(self, *wishes):
        """Return what became of wishes, without anybody asking Claude in fact."""
        started = self.start_together(*wishes)
        for start in filter(None, started):
            self.addCleanup(unasked.discard, start.run.run_uuid)
        with patch.object(Asking, "start", lambda asking: asking):
            asked = self.validations()._ask(started)
        self.synchronize()
        return asked

    def rows(self, *wishes):
        """Return the rows of the ledger of these runs."""
        uuids = [wish.run_uuid for wish in wishes]
        return self.env["account.ai.usage"].search([("run_uuid", "in", uuids)])

    # === ASKED AT ONCE === #

    def test_all_are_admitted_and_asked(self):
        wishes = [self.wish(self.create_move()) for _each in range(3)]
        for start in self.asked(*wishes):
            self.assertIs(start.asking.run, start.run)
            self.assertEqual(start.asking.admission.key, start.run.call_key)
        rows = self.rows(*wishes)
        self.assertEqual(rows.mapped("state"), ["open"] * 3)

    def test_what_is_refused_is_left_to_its_request(self):
        """Which tells the user why; nothing is booked for it here."""
        self.company.account_ai_limit_validation = 1
        wishes = [self.wish(self.create_move()) for _each in range(2)]
        self.assertEqual([start.asking for start in self.asked(*wishes)], [None] * 2)
        self.assertFalse(self.rows(*wishes))

    def test_near_the_limit_of_its_size_claude_counts_first(self):
        """That uses the network, which others are not to wait for."""
        wishes = [self.wish(self.create_move()) for _each in range(2)]
        with patch.object(Gateway, "estimated", side_effect=[None, Measure("{}", 1)]):
            first, second = self.asked(*wishes)
        self.assertIsNone(first.asking)
        self.assertIsNotNone(second.asking)

    @mute_logger("odoo.addons.account_ai.models.account_ai_run_together")
    def test_a_failure_leaves_each_to_its_request(self):
        wishes = [self.wish(self.create_move()) for _each in range(2)]
        with patch.object(Gateway, "admit_together", side_effect=OSError):
            asked = self.asked(*wishes)
        self.assertEqual([start.asking for start in asked], [None] * 2)
        self.assertTrue(all(start.run for start in asked))

    # === THE SAME AS ALONE === #

    def test_each_gets_its_own_run(self):
        moves = [self.create_move() for _each in range(3)]
        users = (self.accountant, self.colleague, self.accountant)
        wishes = [
            self.wish(move, user) for move, user in zip(moves, users, strict=True)
        ]
        with patch.object(
            type(self.env["account.ai.document.reader"]),
            "_read_with_places",
            autospec=True,
            side_effect=type(self.env["account.ai.document.reader"])._read_with_places,
        ) as reading:
            started = self.start_together(*wishes)
        self.assertEqual(reading.call_count, 1)
        for start, wish, move, user in zip(started, wishes, moves, users, strict=True):
            self.assertEqual(start.kind, "run")
            self.assertTrue(start.committed)
            run = start.run
            self.assertEqual(
                (run.uid, run.owner.user_id, run.move_id, run.run_uuid),
                (user.id, user.id, move.id, wish.run_uuid),
            )
            validation = self.env["account.ai.validation"].browse(start.validation_id)
            self.assertEqual(validation.user_id, user)
            self.assertEqual(validation.create_uid, user)
            self.assertEqual(validation.move_id, move)
            self.assertEqual(validation.run_uuid, wish.run_uuid)
            self.assertEqual(validation.state, "running")
            self.assertEqual(
                validation.fingerprint, run.request.fingerprint(run.endpoint)
            )

    def test_stores_what_one_alone_would(self):
        moves = [self.create_move() for _each in range(2)]
        for move in moves:
            self._create_partner("Comercial Ranco SpA", "78222333-5")
            move.partner_id = self._create_partner("Comercial Ranco SpA", "78222333-5")
        [start, _other] = self.start_together(*map(self.wish, moves))
        together = self.env["account.ai.validation"].browse(start.validation_id)
        kept = [
            *("document_data", "context_data", "facts", "fingerprint", "rule_findings"),
            *("rules_verdict", "document_fingerprint", "judged_on", "prompt_id"),
            *("company_id", "trigger", "model", "language", "mask_persons", "endpoint"),
        ]
        values = together.read(kept)[0]
        self.assertTrue(values["rule_findings"])
        together.unlink()
        alone = self.env["account.ai.validation"].browse(
            self.start(moves[0]).validation_id
        )
        self.assertEqual({**values, "id": 0}, {**alone.read(kept)[0], "id": 0})

    def test_number_of_queries_does_not_grow(self):
        counts = []
        for count in (2, 12):
            wishes = [self.wish(self.create_move()) for _each in range(count)]
            self.start_together(*[self.wish(self.create_move()) for _each in (1, 2)])
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(all(self.start_together(*wishes)))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    # === RIGHTS === #

    def test_equal_rights(self):
        self.assertIsNotNone(self.rights(self.accountant))
        self.assertEqual(self.rights(self.accountant), self.rights(self.colleague))

    def test_other_groups_or_companies_are_kept_apart(self):
        readers = self.create_user("reader", f"{GROUPS},account.group_account_readonly")
        self.assertNotEqual(self.rights(self.accountant), self.rights(readers))
        self.assertNotEqual(
            self.rights(self.accountant), self.rights(self.other_accountant)
        )

    def test_a_rule_that_names_the_user_keeps_apart(self):
        self.hide_from(self.colleague, self.create_move())
        self.assertNotEqual(self.rights(self.accountant), self.rights(self.colleague))

    def test_rights_are_forgotten_with_rules_and_groups(self):
        before = self.rights(self.colleague)
        self.colleague.group_ids += self.env.ref("account.group_account_readonly")
        after = self.rights(self.colleague)
        self.assertNotEqual(before, after)
        self.hide_from(self.colleague, self.create_move())
        self.assertNotEqual(after, self.rights(self.colleague))

    def test_a_rule_for_others_that_names_the_user_tells_nobody_apart(self):
        """So do those of Odoo for the portal."""
        groups = self.validations()._groups_told_apart()
        self.assertIn(self.env.ref("base.group_portal").id, groups)
        self.assertTrue(groups.isdisjoint(self.accountant._get_group_ids()))
        self.assertFalse(self.rights(self.accountant)[-1])

    def test_a_rule_for_their_group_that_names_the_user_keeps_apart(self):
        rule = self.env["ir.rule"].create(
            {
                "name": "Own salesperson",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "groups": self.env.ref("account_ai.group_user").ids,
                "domain_force": "[('user_id', 'in', (user.id, False))]",
            }
        )
        self.assertNotEqual(self.rights(self.accountant), self.rights(self.colleague))
        for harmless in ("[('company_id', 'in', company_ids)]", "[(1, '=', 1)]", ""):
            rule.domain_force = harmless
            self.assertEqual(self.rights(self.accountant), self.rights(self.colleague))

    def test_what_decides_on_rules_by_itself_keeps_apart(self):
        rules = type(self.env["ir.rule"])
        original = rules._get_rules

        def _get_rules(self, *args, **kwargs):
            return original(self, *args, **kwargs)

        self.addCleanup(self.env.registry.clear_cache)
        with patch.object(rules, "_get_rules", _get_rules):
            self.env.registry.clear_cache()
            self.assertIsNone(self.validations()._groups_told_apart())
            self.assertTrue(self.rights(self.accountant)[-1])

    def test_a_rule_on_what_is_searched_by_code_keeps_apart(self):
        """Who follows an invoice is found without naming the user."""
        self.env["ir.rule"].create(
            {
                "name": "Followed ones",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "groups": self.env.ref("account_ai.group_user").ids,
                "domain_force": "[('message_is_follower', '=', True)]",
            }
        )
        self.assertNotEqual(self.rights(self.accountant), self.rights(self.colleague))

    def test_what_a_rule_looks_at(self):
        move = self.env["account.move"]
        for domain, companies_only in (
            ("[]", True),
            ("[(1, '=', 1)]", True),
            (" [('company_id', 'in', company_ids + [False])] ", True),
            ("['|', ('state', '=', 'x'), ('date', '<', time.strftime('%Y'))]", True),
            ("[('partner_id.commercial_partner_id.ref', '=', 'x')]", True),
            ("[('user_id', '=', user.id)]", False),
            ("[('id', '=', uid)]", False),
            ("[('message_is_follower', '=', True)]", False),
            ("[('partner_id.message_is_follower', '=', True)]", False),
            ("[('partner_id', 'any', [('name', '=', 'x')])]", False),
            ("[('nothing', '=', 1)]", False),
            ("[('state.nothing', '=', 1)]", False),
            ("[('broken'", False),
        ):
            with self.subTest(domain):
                self.assertEqual(_looks_at_companies_only(domain, move), companies_only)

    def readers(self, *wishes, user):
        """Return the ids of the users as whom documents are read."""
        reader = type(self.env["account.ai.document.reader"])
        read, readers = reader._read_with_places, []

        def _read_with_places(self, *args, **kwargs):
            readers.append(self.env.uid)
            return read(self, *args, **kwargs)

        with patch.object(reader, "_read_with_places", _read_with_places):
            self.assertTrue(all(self.start_together(*wishes, user=user)))
        return readers

    def test_one_reads_for_all_with_the_same_rights(self):
        wishes = [self.wish(self.create_move(), self.colleague) for _each in range(3)]
        first, second, third = wishes
        self.assertEqual(
            self.readers(first, user=self.accountant), [self.accountant.id]
        )
        self.assertEqual(
            self.readers(second, user=self.colleague), [self.accountant.id]
        )
        run = self.env["account.ai.validation"].search(
            [("run_uuid", "=", second.run_uuid)]
        )
        self.assertEqual((run.user_id, run.create_uid), (self.colleague,) * 2)
        self.accountant.group_ids += self.env.ref("account.group_account_readonly")
        self.assertEqual(self.readers(third, user=self.colleague), [self.colleague.id])

    def test_nobody_reads_for_others_whose_rights_have_changed(self):
        """Though the cache still tells of them."""
        wish = self.wish(self.create_move(), self.colleague)
        validations = type(self.env["account.ai.validation"])
        with patch.object(
            validations, "_reader_with", lambda *_args: self.other_accountant.id
        ):
            self.assertEqual(
                self.readers(wish, user=self.colleague), [self.colleague.id]
            )

    def test_a_search_of_its_own_is_not_shared(self):
        partners = type(self.env["res.partner"])
        original = partners._search

        def _search(self, *args, **kwargs):
            return original(self, *args, **kwargs)

        self.env.registry.clear_cache()
        self.addCleanup(self.env.registry.clear_cache)
        with patch.object(partners, "_search", _search):
            self.assertIsNone(self.rights(self.accountant))

    def test_language_and_companies_keep_apart(self):
        contexts = (
            {"lang": "en_US"},
            {"lang": "es_CL"},
            {"lang": "en_US", "allowed_company_ids": [self.company.id]},
        )
        shared = {
            self.env(user=self.accountant, context=context)[
                "account.ai.validation"
            ]._shared_context()
            for context in contexts
        }
        self.assertEqual(len(shared), 3)

    # === WHAT IS BEGUN ALONE === #

    def assert_alone(self, wish, reason):
        """Check that ``wish`` is left out, and does not hurt another one."""
        good = self.wish(self.create_move())
        left, begun = self.start_together(wish, good)
        self.assertIsNone(left, reason)
        self.assertEqual(begun.run.run_uuid, good.run_uuid)

    def test_one_that_cannot_be_begun_does_not_hurt_others(self):
        hidden = self.create_move()
        self.hide_from(self.accountant, hidden)
        gone = self.create_move()
        gone_id = gone.id
        gone.unlink()
        entry = self.env["account.move"].create({"move_type": "entry"})
        bill = self.create_move(move_type="in_invoice", invoice_date="2026-11-02")
        self.assert_alone(self.wish(hidden), "not readable")
        self.assert_alone(self.wish(gone_id), "deleted")
        self.assert_alone(self.wish(entry), "an entry")
        self.assert_alone(self.wish(bill), "a bill")

    def test_what_is_charged_to_a_project_is_begun_alone(self):
        """Who sees a project depends on the person."""
        plan = self.env["account.analytic.plan"].create({"name": "Works"})
        account, of_project = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("Sales", "Bridge")]
        )
        self.env["project.project"].create(
            {"name": "Bridge", "account_id": of_project.id}
        )
        charged, plain = self.create_move(), self.create_move()
        plain.invoice_line_ids.analytic_distribution = {str(account.id): 100}
        charged.invoice_line_ids.analytic_distribution = {
            f"{account.id},{of_project.id}": 100
        }
        self.assert_alone(self.wish(charged), "charged to a project")
        self.assertTrue(self.start_together(self.wish(plain))[0])

    def test_replays_and_double_clicks_are_left_to_their_requests(self):
        move = self.create_move()
        first = self.wish(move)
        [start] = self.start_together(first)
        self.assertEqual(start.kind, "run")
        self.assert_alone(first, "a replay")
        self.assert_alone(self.wish(move, self.colleague), "a second tab")
        self.assert_alone(
            self.wish(self.create_move(), run_uuid=first.run_uuid), "another's run"
        )
        again = self.start(move, run_uuid=first.run_uuid)
        self.assertEqual(
            (again.kind, again.validation_id), ("joined", start.validation_id)
        )

    def test_the_same_invoice_twice_at_once(self):
        move = self.create_move()
        first, second = self.start_together(
            self.wish(move), self.wish(move, self.colleague)
        )
        self.assertEqual(first.kind, "run")
        self.assertIsNone(second)

    def test_what_is_validated_already_is_not_asked_again(self):
        move = self.create_move()
        self.validate(move)
        self.assert_alone(self.wish(move), "fresh")

    def test_what_was_validated_before_it_was_changed_is_begun_alone(self):
        move = self.create_move()
        self.validate(move)
        move.invoice_line_ids[0].name = "Arriendo de otra grúa, dos turnos"
        self.assert_alone(self.wish(move), "validated before")

    def test_without_consent_nothing_is_begun(self):
        wish = self.wish(self.create_move())
        self.company._account_ai_withdraw_consent()
        self.assertEqual(self.start_together(wish), [None])

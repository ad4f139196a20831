"""Records about an invoice are found and read only by users who may read the
invoice."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .access_case import ELSEWHERE, HIDDEN, SECRET, SHOWN, WAYS, AccessCase

SENT = ("facts", "document_data", "context_data", "model_answer")


@tagged("post_install", "-at_install")
class TestAccessByInvoice(AccessCase):
    """Models × ways × who may read the invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = cls.keep_everything()

    def assert_seen(self, user, expected):
        """Check what a user gets to know, by every way, of every kind of record."""
        for model, records in self.records.items():
            keys = {record.id: key for key, record in records.items()}
            for name, way in WAYS.items():
                with self.subTest(user=user.login, model=model, way=name):
                    seen = way(self, user, model, list(keys))
                    self.assertEqual({keys[each] for each in seen}, set(expected))

    def test_the_group_of_the_addon_alone_reads_nothing(self):
        self.assert_seen(self.ai_only, [])

    def test_who_administers_costs_alone_reads_nothing(self):
        self.assert_seen(self.cost_manager, [])

    def test_rules_on_invoices_are_followed(self):
        self.assert_seen(self.reviewer, [SHOWN])
        self.assert_seen(self.manager, [SHOWN])

    def test_system_administrators_need_access_to_the_invoice_too(self):
        self.assert_seen(self.system, [SHOWN])

    def test_a_rule_that_hides_all_invoices_hides_all(self):
        self.env["ir.rule"].create(
            {
                "name": "Nothing",
                "model_id": self.env.ref("account.model_account_move").id,
                "domain_force": "[(0, '=', 1)]",
            }
        )
        self.assert_seen(self.manager, [])

    def test_companies_are_followed(self):
        self.assert_seen(self.of_both, [SHOWN, ELSEWHERE])
        both = self.company + self.other_company
        self.of_both.company_ids = self.company
        self.env.flush_all()
        self.assert_seen(self.of_both, [SHOWN])
        self.of_both.company_ids = both

    def test_other_companies_read_their_own(self):
        self.other_accountant.group_ids += self.env.ref("account_ai.group_reviewer")
        self.assert_seen(self.other_accountant, [ELSEWHERE])

    def test_the_program_itself_reads_all(self):
        for model, records in self.records.items():
            ids = [record.id for record in records.values()]
            self.assertEqual(
                set(self.env[model].search([("id", "in", ids)]).ids), set(ids), model
            )

    def test_a_decision_without_its_invoice_is_for_system_administrators(self):
        model = "account.ai.disposition"
        records = self.records[model]
        lost = records[SHOWN]
        self.moves[SHOWN].unlink()
        self.env.invalidate_all()
        self.assertTrue(lost.exists() and not lost.move_id)
        for name, way in WAYS.items():
            if name == "name shown elsewhere":
                continue
            for user in (self.ai_only, self.manager, self.system):
                with self.subTest(way=name, user=user.login):
                    seen = way(self, user, model, lost.ids)
                    self.assertEqual(seen, {lost.id} if user == self.system else set())

    def test_what_goes_with_an_invoice_goes_when_it_is_deleted(self):
        for model in ("account.ai.validation", "account.ai.posting.record"):
            self.assertTrue(self.records[model][SHOWN].exists())
        self.moves[SHOWN].unlink()
        for model, records in self.records.items():
            if model not in ("account.ai.disposition", "account.ai.review"):
                self.assertFalse(records[SHOWN].exists(), model)

    def test_no_error_names_the_invoice(self):
        """Odoo's own errors name records to whoever switches the debug mode on."""
        hidden = self.moves[HIDDEN].display_name
        has_group = self.env.registry["res.users"].has_group
        debug = patch.object(
            self.env.registry["res.users"],
            "has_group",
            lambda user, group: group == "base.group_no_one" or has_group(user, group),
        )
        for model, records in self.records.items():
            for user in (self.ai_only, self.accountant, self.reviewer):
                record = self.as_user(user, model).browse(records[HIDDEN].id)
                for read in (
                    lambda record=record: record.read(["company_id"]),
                    lambda record=record: record.check_access("read"),
                ):
                    self.env.invalidate_all()
                    with self.subTest(model=model, user=user.login), debug:
                        with self.assertRaises(AccessError) as refused:
                            read()
                        self.assertNotIn(hidden, str(refused.exception))

    def test_by_way_of_other_models_neither(self):
        for domain in (
            [("account_ai_validation_id.finding_ids.evidence", "ilike", SECRET)],
            [("account_ai_reference_ids.folio", "ilike", "OC-")],
            [("account_ai_validation_id.run_uuid", "ilike", "run-")],
        ):
            with self.subTest(domain=domain):
                found = self.call(self.accountant, "account.move", "search", domain)
                self.assertEqual(found, self.moves[SHOWN].ids)

    def test_the_queue_shows_what_may_be_read(self):
        queue = self.call(self.reviewer, "account.ai.review", "get_queue")
        self.assertEqual(queue["total"], 1)
        self.assertEqual(
            [item["move_id"] for item in queue["items"]], self.moves[SHOWN].ids
        )
        queue = self.call(self.ai_only, "account.ai.review", "get_queue")
        self.assertEqual((queue["total"], queue["items"]), (0, []))

    def test_the_panel_and_the_history(self):
        for user, key, readable in (
            (self.accountant, SHOWN, True),
            (self.accountant, HIDDEN, False),
            (self.accountant, ELSEWHERE, False),
            (self.ai_only, SHOWN, False),
            (self.other_accountant, SHOWN, False),
        ):
            with self.subTest(user=user.login, key=key):
                ids = self.moves[key].ids
                panel = self.call(user, "account.move", "account_ai_panel", ids)
                self.assertEqual(bool(panel), readable)
                if readable:
                    self.assertEqual(panel["history_count"], 1)
                    self.assertTrue(panel["validation"]["findings"])

    def test_nobody_decides_about_an_invoice_that_is_not_shown(self):
        finding = self.records["account.ai.finding"][HIDDEN]
        for user in (self.reviewer, self.ai_only):
            record = self.as_user(user, finding._name).browse(finding.id)
            with self.assertRaises(AccessError):
                record.dispose("confirmed")

    def test_references_are_written_by_who_may_write_the_invoice(self):
        model = "account.ai.document.reference"
        values = {"document_type_code": "801", "folio": "1"}
        hidden, shown = self.moves[HIDDEN], self.moves[SHOWN]
        references = self.as_user(self.accountant, model)
        own = references.create({**values, "move_id": shown.id})
        own.folio = "2"
        kept = references.browse(self.records[model][HIDDEN].id)
        for change in (
            lambda: references.create({**values, "move_id": hidden.id}),
            lambda: own.write({"move_id": hidden.id}),
            lambda: kept.write({"folio": "3"}),
            lambda: kept.unlink(),
        ):
            with self.assertRaises(AccessError):
                change()
        own.unlink()

    def test_who_may_only_read_the_invoice_changes_no_reference(self):
        self.env["ir.rule"].create(
            {
                "name": "Nobody writes it",
                "model_id": self.env.ref("account.model_account_move").id,
                "domain_force": f"[('id', '!=', {self.moves[SHOWN].id})]",
                "perm_read": False,
            }
        )
        model = "account.ai.document.reference"
        reference = self.as_user(self.accountant, model).browse(
            self.records[model][SHOWN].id
        )
        self.assertTrue(reference.read(["folio"]))
        with self.assertRaises(AccessError):
            reference.write({"folio": "3"})

    def test_the_number_of_queries_is_that_of_one(self):
        model = "account.ai.validation"
        shown = self.records[model][SHOWN]
        specification = {"move_id": {"fields": {"display_name": {}}}, "verdict": {}}

        def queries():
            validations = self.as_user(self.accountant, model)
            validations.web_search_read([], specification)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = validations.web_search_read([], specification)
            ids = [each["id"] for each in found["records"]]
            self.env.invalidate_all()
            validations.browse(ids).check_access("read")
            return found["length"], self.env.cr.sql_log_count - before

        length, one = queries()
        self.assertEqual(length, 1)
        self.env[model].create(
            [
                {
                    "run_uuid": f"another-{number}",
                    "move_id": shown.move_id.id,
                    "company_id": shown.company_id.id,
                    "trigger": "user",
                    "state": "done",
                }
                for number in range(20)
            ]
        )
        self.env.flush_all()
        length, many = queries()
        self.assertEqual(length, 21)
        self.assertLessEqual(many, one)


@tagged("post_install", "-at_install")
class TestWhatWasSent(AccessCase):
    """What was sent and answered is restricted to a group of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = cls.keep_everything()
        cls.shown = cls.records["account.ai.validation"][SHOWN]

    def ways(self, user, name):
        """Return what every way answers about a field; ``None`` when refused."""
        validations, moves = "account.ai.validation", "account.move"
        ids, text = self.shown.ids, [(name, "!=", False)]
        by_move = [(f"account_ai_validation_id.{name}", "!=", False)]
        return {
            "read": self.call(user, validations, "read", ids, [name]),
            "search": self.call(user, validations, "search", text),
            "group": self.call(
                user, validations, "formatted_read_group", text, ["company_id"]
            ),
            "order": self.call(
                user, validations, "search", [("id", "in", ids)], order=f"{name} asc"
            ),
            "export": self.call(user, validations, "export_data", ids, [name]),
            "by the invoice": self.call(user, moves, "search", by_move),
            "by the finding": self.call(
                user,
                "account.ai.finding",
                "search",
                [(f"validation_id.{name}", "!=", False)],
            ),
        }

    def test_only_for_the_group(self):
        for name in SENT:
            for user in (self.accountant, self.reviewer, self.manager, self.ai_only):
                for way, answer in self.ways(user, name).items():
                    with self.subTest(name=name, user=user.login, way=way):
                        self.assertFalse(answer)

    def test_the_group_reads_it_of_invoices_that_it_may_read(self):
        for name in SENT:
            with self.subTest(name=name):
                answers = self.ways(self.sees_sent, name)
                self.assertIn(SECRET, str(answers["read"][0][name]))
                self.assertEqual(answers["search"], self.shown.ids)
                self.assertEqual(answers["by the invoice"], self.moves[SHOWN].ids)
        hidden = self.records["account.ai.validation"][HIDDEN]
        self.assertIsNone(
            self.call(self.sees_sent, hidden._name, "read", hidden.ids, ["facts"])
        )

    def test_it_is_in_no_list_of_fields_nor_form_for_others(self):
        for user, told in ((self.manager, False), (self.sees_sent, True)):
            fields = self.call(user, self.shown._name, "fields_get")
            self.assertEqual(set(SENT) <= set(fields), told)
            self.assertEqual(bool(set(SENT) & set(fields)), told)
            views = self.call(user, self.shown._name, "get_views", [(False, "form")])
            arch = views["views"]["form"]["arch"]
            self.assertEqual('<field name="facts"' in arch, told)

    def test_no_group_brings_it_along(self):
        group = self.env.ref("account_ai.group_sent")
        self.assertFalse(group.implied_by_ids)
        self.assertIn(self.env.ref("base.user_admin"), group.user_ids)

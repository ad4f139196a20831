"""The document of a call is shown only to users who may read it."""

from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.account_ai.models.costs.sql.attribution import (
    COLUMNS,
    Scope,
    read_detail,
)

from ..common.access_case import ELSEWHERE, HIDDEN, SHOWN, AccessCase
from .usage_rows import insert_usage

DELETED, OTHER, NONE = "deleted", "other", "none"
GONE = 99_999_999
FIELDS = ("res_model", "res_id", "run_uuid")


@tagged("post_install", "-at_install")
class TestUsageDocuments(AccessCase):
    """Ways × calls × who may read the document; every row and sum is there."""

    def setUp(self):
        super().setUp()
        documents = {
            SHOWN: ("account.move", self.moves[SHOWN].id),
            HIDDEN: ("account.move", self.moves[HIDDEN].id),
            ELSEWHERE: ("account.move", self.moves[ELSEWHERE].id),
            DELETED: ("account.move", GONE),
            OTHER: ("res.partner", self.partner.id),
            NONE: (None, None),
        }
        self.values = {
            key: (model or False, res_id or False, model and f"run-{key}" or False)
            for key, (model, res_id) in documents.items()
        }
        self.ids = {}
        for key, (model, res_id) in documents.items():
            company = self.other_company if key == ELSEWHERE else self.company
            self.ids[key] = insert_usage(
                self.env.cr,
                key=f"call-{key}",
                company_id=company.id,
                user_id=self.accountant.id,
                res_model=model,
                res_id=res_id,
                run_uuid=model and f"run-{key}",
                cost_usd=1,
                opened_at=datetime(2026, 10, 5, 15),
            )
        self.keys = {usage_id: key for key, usage_id in self.ids.items()}
        self.env.invalidate_all()
        own = set(self.ids) - {ELSEWHERE}
        # user, rows that it sees, documents that it may know
        self.expected = (
            (self.cost_manager, own, set()),
            (self.manager, own, {SHOWN}),
            (self.of_both, set(self.ids), {SHOWN, ELSEWHERE}),
            (self.accountant, own, {SHOWN}),
            (self.system, set(self.ids), {SHOWN, DELETED, OTHER}),
        )

    def each(self):
        for user, rows, known in self.expected:
            with self.subTest(user=user.login):
                yield user, rows, known

    def usages(self, user):
        self.env.invalidate_all()
        return self.as_user(user, "account.ai.usage")

    def told(self, values):
        """Return the keys of the calls whose document is told, by field."""
        for name, place in zip(FIELDS, range(3), strict=True):
            yield {
                self.keys[each["id"]]
                for each in values
                if each[name]
                and each[name] == self.values[self.keys[each["id"]]][place]
            }
            for each in values:
                self.assertIn(
                    each[name] or False,
                    (False, self.values[self.keys[each["id"]]][place]),
                )

    def test_read(self):
        for user, rows, known in self.each():
            ids = [self.ids[key] for key in rows]
            specification = dict.fromkeys(FIELDS, {})
            for values in (
                self.call(user, "account.ai.usage", "read", ids, list(FIELDS)),
                self.call(user, "account.ai.usage", "web_read", ids, specification),
                self.call(user, "account.ai.usage", "search_read", [], ["id", *FIELDS]),
            ):
                values = [each for each in values if each["id"] in self.keys]
                self.assertEqual({self.keys[each["id"]] for each in values}, rows)
                for told in self.told(values):
                    self.assertEqual(told, known)

    def test_what_somebody_else_has_read_is_not_told(self):
        """Records in memory are shared by all users of a transaction."""
        for reader in (self.usages(self.system), self.env["account.ai.usage"]):
            reader.browse(self.ids.values()).mapped("res_id")
            usage = self.as_user(self.manager, "account.ai.usage")
            usage = usage.browse(self.ids[HIDDEN])
            self.assertFalse(usage.res_id or usage.res_model or usage.run_uuid)
            self.assertEqual(usage.sudo().res_id, self.moves[HIDDEN].id)

    def test_search_by_value(self):
        for user, _rows, known in self.each():
            for key, values in self.values.items():
                if key == NONE:
                    continue
                model, res_id, run_uuid = values
                for domain in (
                    [("res_id", "=", res_id), ("res_model", "=", model)],
                    [("res_id", "in", [res_id])],
                    [("res_id", ">=", res_id), ("res_id", "<=", res_id)],
                    ["!", ("res_id", "!=", res_id)],
                    [("run_uuid", "=", run_uuid)],
                    [("run_uuid", "=like", f"{run_uuid}%")],
                    [("run_uuid", "ilike", run_uuid)],
                ):
                    found = self.usages(user).search(domain)
                    found = found.filtered(lambda each: each.id in self.keys)
                    expected = {key} & known
                    self.assertEqual({self.keys[e.id] for e in found}, expected, domain)
            found = self.usages(user).search([("res_model", "!=", False)])
            found = {self.keys[each] for each in found.ids if each in self.keys}
            self.assertEqual(found, known)

    def test_groups(self):
        for user, rows, known in self.each():
            domain = [("id", "in", list(self.keys))]
            for place, name in enumerate(FIELDS):
                groups = self.usages(user)._read_group(
                    domain, [name], ["__count", "cost_usd:sum"]
                )
                values = {self.values[key][place] for key in known}
                self.assertEqual({group[0] for group in groups if group[0]}, values)
                self.assertEqual(sum(group[1] for group in groups), len(rows))
                self.assertEqual(sum(group[2] for group in groups), len(rows))
                answer = self.call(
                    user,
                    "account.ai.usage",
                    "formatted_read_group",
                    domain,
                    [name],
                    ["__count", f"{name}:count_distinct", f"{name}:array_agg"],
                )
                self.assertEqual({g[name] for g in answer if g[name]}, values)

    def test_order_tells_nothing(self):
        usages = self.usages(self.cost_manager)
        domain = [("id", "in", list(self.keys))]
        for name in FIELDS:
            orders = [
                usages.search(domain, order=f"{name} {direction}, id").ids
                for direction in ("asc", "desc")
            ]
            self.assertEqual(orders[0], orders[1])

    def test_export(self):
        for user, rows, known in self.each():
            ids = sorted(self.ids[key] for key in rows)
            data = self.call(
                user, "account.ai.usage", "export_data", ids, [".id", *FIELDS]
            )["datas"]
            values = [
                dict(zip(("id", *FIELDS), (int(row[0]), *row[1:]), strict=True))
                for row in data
            ]
            for told in self.told(values):
                self.assertEqual(told, known)

    def test_the_file_of_costs(self):
        scope = Scope(
            (self.company.id, self.other_company.id),
            datetime(2026, 10, 1),
            datetime(2026, 11, 1),
        )
        for user, rows, known in self.each():
            found, _place = read_detail(self.usages(user).env, scope, None, 100)
            found = [dict(zip(COLUMNS, row, strict=True)) for row in found]
            self.assertEqual({row["key"] for row in found}, {f"call-{k}" for k in rows})
            for row in found:
                key = row["key"].removeprefix("call-")
                model, res_id, _run = self.values[key] if key in known else [None] * 3
                self.assertEqual(row["document_model"], model)
                self.assertEqual(row["document_id"], res_id)

    def test_the_most_expensive_calls_of_the_dashboard(self):
        names = {key: move.display_name for key, move in self.moves.items()}
        names[OTHER] = self.partner.display_name
        for user, rows, known in self.each():
            dashboard = self.as_user(user, "account.ai.dashboard")
            most_expensive = dashboard._most_expensive(list(self.ids.values()))
            told = {self.keys[each["id"]]: each["document"] for each in most_expensive}
            self.assertEqual(set(told), rows)
            self.assertEqual({key for key in told if told[key]}, known - {DELETED})
            for key, document in told.items():
                self.assertIn(document, ("", names.get(key)))

    def test_the_document_is_opened_by_who_may_read_it(self):
        for user, rows, known in self.each():
            for key in rows:
                usage = self.usages(user).browse(self.ids[key])
                if key in known - {DELETED}:
                    action = usage.action_open_document()
                    self.assertEqual(action["res_id"], self.values[key][1])
                    continue
                with self.assertRaises(UserError) as refused:
                    usage.action_open_document()
                self.assertNotIsInstance(refused.exception, AccessError)

    def test_a_rule_that_hides_all_invoices_hides_all(self):
        self.env["ir.rule"].create(
            {
                "name": "Nothing",
                "model_id": self.env.ref("account.model_account_move").id,
                "domain_force": "[(0, '=', 1)]",
            }
        )
        usages = self.usages(self.manager).search([("id", "in", list(self.keys))])
        self.assertEqual(len(usages), 5)
        self.assertEqual(set(usages.mapped("res_id")), {0})

    def test_the_file_names_partners_that_one_may_read(self):
        rows = [self.ids[SHOWN], self.ids[HIDDEN]]
        hidden = self.moves[HIDDEN].partner_id
        for usage_id, key in zip(rows, (SHOWN, HIDDEN), strict=True):
            self.env.cr.execute(
                "UPDATE account_ai_usage SET partner_id = %s WHERE id = %s",
                (self.moves[key].partner_id.id, usage_id),
            )
        self.env["ir.rule"].create(
            {
                "name": "A rule of a customer's own",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": f"[('id', '!=', {hidden.id})]",
            }
        )
        scope = Scope(self.company.ids, datetime(2026, 10, 1), datetime(2026, 11, 1))
        found, _place = read_detail(self.usages(self.manager).env, scope, None, 100)
        partners = [dict(zip(COLUMNS, row, strict=True))["partner"] for row in found]
        self.assertIn(self.moves[SHOWN].partner_id.name, partners)
        self.assertNotIn(hidden.name, partners)

    def test_domains_in_memory(self):
        usages = self.usages(self.manager).browse(self.ids[key] for key in self.ids)
        usages = usages._filtered_access("read")
        found = usages.filtered_domain([("res_id", "=", self.moves[HIDDEN].id)])
        self.assertFalse(found)

    def test_the_program_itself_reads_all(self):
        usages = self.env["account.ai.usage"].browse(self.ids.values())
        for usage in usages:
            values = (usage.res_model, usage.res_id, usage.run_uuid)
            self.assertEqual(values, self.values[self.keys[usage.id]])

    def test_many_rows_take_one_query(self):
        usages = self.usages(self.manager)
        usages.search_read([], ["res_id"])
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            usages.search_fetch([("id", "in", list(self.keys))], list(FIELDS))

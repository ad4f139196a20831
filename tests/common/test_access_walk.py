"""Access to everything that the addon adds: its models, fields, methods and routes, as
each group, from another company, from the portal and without a session.

What is expected is in ``access_table``; what is missing there fails.
"""

import re
import uuid
from datetime import timedelta

from odoo import Command, fields, http, models
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..costs.usage_rows import insert_usage
from . import access_table as table
from .common import TIME_ZONE, AccountAiHttpCase

ADDON = "odoo.addons.account_ai"
NARROWING = (
    *("account_ai_decided_fields", "account_ai_access_by_invoice", "mail_thread"),
)
"""Modules whose overrides of Odoo's own methods only refuse."""
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
PASSWORD = "password-of-a-walk"
_VALUES = {
    "account.ai.alert": {"kind": "redis_lost", "state": "delivered"},
    "account.ai.budget": {"name": "Walk", "amount": 5},
    "account.ai.document.reference": {"document_type_code": "801", "folio": "1"},
    "account.ai.model": {"model": "claude-walk-1", "name": "Walk"},
    "account.ai.rate": {"name": "walk", "source": "x", "value": 1},
    "account.ai.rule.setting": {"code": "RUT_DV", "severity": "warning", "reason": "x"},
    "account.ai.finding": {"code": "RUT_DV", "severity": "error", "origin": "rule"},
    "account.ai.posting": {"origin": "form"},
}
"""What a row of the model needs beyond the first values that fit."""


@tagged("post_install", "-at_install")
class TestAccessWalk(AccountAiHttpCase):
    maxDiff = None

    uses_simulator = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: cls._user(role, groups, cls.company)
            for role, groups in table.ROLES.items()
        }
        everything = "account.group_account_manager,account_ai.group_manager"
        cls.elsewhere = cls._user("elsewhere", everything, cls.other_company)
        cls.move = cls.create_move()
        cls.env.flush_all()

    @classmethod
    def _user(cls, role, groups, company):
        return new_test_user(
            cls.env,
            login=f"walk_{role}",
            password=PASSWORD,
            groups=groups,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
            tz=TIME_ZONE,
        )

    # === What there is === #

    def own_models(self):
        """Return the names of the addon's models that have rows."""
        return [
            name
            for name in sorted(self.env)
            if name.startswith("account.ai.") and not self.env[name]._abstract
        ]

    def public_methods(self):
        """Return the methods of the addon that a client may call, by model."""
        found = {}
        for name in sorted(self.env):
            model = self.env[name]
            if model._abstract and not name.startswith("account.ai."):
                continue
            names = {
                each
                for cls in type(model).mro()
                if cls.__module__.startswith(ADDON)
                and not cls.__module__.endswith(NARROWING)
                for each in vars(cls)
                if not each.startswith("_") and callable(getattr(cls, each, None))
            }
            callable_ = {each for each in names if self._is_public(model, each)}
            if callable_:
                found[name] = callable_
        return found

    @staticmethod
    def _is_public(model, name):
        try:
            return bool(get_public_method(model, name))
        except AccessError:
            return False

    def allowed(self, name, role):
        """Return the letters of what a role may do with a model."""
        letters = table.MODELS[name]
        return {
            letter for held in table.HOLDS[role] for letter in letters.get(held, "")
        }

    def row_of(self, name):
        """Return a row of the model that belongs to the company."""
        model = self.env[name]
        if name == "account.move":
            return self.move
        if name == "validate.account.move":
            return model.create({"move_ids": [Command.set(self.move.ids)]})
        if name in ("account.ai.usage", "account.ai.usage.rollup"):
            insert_usage(
                self.env.cr, company_id=self.company.id, user_id=self.env.user.id
            )
            self.env["account.ai.usage.rollup"]._roll_up(100)
            return model.search([("company_id", "=", self.company.id)], limit=1)
        if not model._auto:
            # Views: a row of what they are made of, under an id that may be any.
            return model.search([], limit=1) or model.browse(1)
        values = dict(_VALUES.get(name, {}))
        filled = {field for field in values if field in model._fields}
        for field in model._fields.values():
            if (
                field.store
                and not field.related
                and field.name not in filled
                and field.name not in models.MAGIC_COLUMNS
                and (field.required or field.name in ("company_id", "move_id"))
                and (field.name == "company_id" or not field.default)
                and not (field.compute and field.name != "company_id")
            ):
                values[field.name] = self._value_of(field)
        return model.create(values)

    def _value_of(self, field):
        if field.type == "many2one":
            if field.comodel_name == "res.company":
                return self.company.id
            if field.comodel_name == "res.users":
                return self.env.user.id
            if field.comodel_name == "account.move":
                return self.move.id
            if field.comodel_name.startswith("account.ai."):
                return self.row_of(field.comodel_name).id
            return self.env[field.comodel_name].search([], limit=1).id
        if field.type == "selection":
            return field.get_values(self.env)[0]
        return {
            "char": str(uuid.uuid4()),
            "text": "x",
            "date": "2026-11-20",
            "datetime": "2026-11-20 12:00:00",
            "boolean": False,
            "json": {},
        }.get(field.type, 1)

    # === Models === #

    def test_every_model_is_in_the_table(self):
        self.assertEqual(set(self.own_models()), set(table.MODELS))
        shared = {
            name
            for name in self.own_models()
            if not {"company_id", "budget_id", "posting_id", "queueing_id"}
            & set(self.env[name]._fields)
            and not self.env[name].is_transient()
        }
        self.assertEqual(shared, table.SHARED)

    def test_rights_are_those_of_the_table(self):
        for name in self.own_models():
            for role, user in self.users.items():
                model = self.env[name].with_user(user)
                found = {
                    letter
                    for letter, operation in OPERATIONS.items()
                    if model.has_access(operation)
                }
                with self.subTest(f"{name} {role}"):
                    self.assertEqual(found, self.allowed(name, role))

    def test_what_is_shared_is_changed_by_the_system_only(self):
        for name in table.SHARED:
            changing = {
                role
                for role, letters in table.MODELS[name].items()
                if set(letters) - {"r"}
            }
            self.assertLessEqual(changing, {"system"}, name)

    def test_clients_are_refused_what_is_not_in_the_table(self):
        """Through ``call_kw``, on an existing row."""
        for name in self.own_models():
            row = self.row_of(name)
            self.env.invalidate_all()
            # A view may have no row: copying an empty recordset gives no access either.
            error = AccessError if row.exists() else (AccessError, MissingError)
            for role, user in self.users.items():
                refused = set(OPERATIONS) - self.allowed(name, role)
                for method, args in self._attempts(row, refused):
                    with self.subTest(f"{name} {role} {method}"):
                        self._assert_refused(error, user, name, method, *args)

    @staticmethod
    def _attempts(row, letters):
        """Return calls that need these rights."""
        domain = [("id", "=", row.id)]
        attempts = {
            "r": [
                ("read", (row.ids, ["id"])),
                ("search", (domain,)),
                ("search_read", (domain, ["id"])),
                ("search_count", (domain,)),
                ("name_search", ("x",)),
                ("formatted_read_group", (domain, [], ["__count"])),
                ("web_search_read", (domain, {"id": {}})),
            ],
            "w": [("write", (row.ids, {}))],
            "c": [("create", ({},)), ("copy", (row.ids,))],
            "d": [("unlink", (row.ids,))],
        }
        return [each for letter in sorted(letters) for each in attempts[letter]]

    def _assert_refused(self, error, user, name, method, *args, **kwargs):
        """Check that a call is refused. Without the savepoint of ``assertRaises``: what
        is refused changes nothing, and there are thousands of calls."""
        try:
            self._call_kw(user, name, method, *args, **kwargs)
        except error:
            return
        self.fail(f"{name}.{method} is open to {user.login}")

    def _call_kw(self, user, name, method, *args, **kwargs):
        context = {"allowed_company_ids": user.company_ids.ids}
        return call_kw(self.env(user=user, context=context)[name], method, args, kwargs)

    def test_another_company_finds_nothing(self):
        """What is of a company; and dialogs, whosever they are."""
        for name in self.own_models():
            if name in table.SHARED or not self.env[name]._auto:
                continue
            row = self.row_of(name)
            self.env.invalidate_all()
            model = self.env[name].with_user(self.elsewhere)
            if not model.has_access("read"):
                continue
            domain = [("id", "=", row.id)]
            with self.subTest(name):
                found = self._call_kw(self.elsewhere, name, "search", domain)
                self.assertFalse(found)
            for method, args in self._attempts(row, {"w", "d"}):
                with self.subTest(f"{name} {method}"):
                    self._assert_refused(
                        AccessError, self.elsewhere, name, method, *args
                    )
            with self.subTest(f"{name} read"):
                self._assert_refused(
                    AccessError, self.elsewhere, name, "read", row.ids, ["id"]
                )

    def test_nothing_is_moved_into_another_company(self):
        """Odoo looks at the company before it writes, not after."""
        for name in self.own_models():
            field = self.env[name]._fields.get("company_id")
            if not field or field.related or self.env[name].is_transient():
                continue
            for role, user in self.users.items():
                if role == "system" or "w" not in self.allowed(name, role):
                    continue
                row = self.row_of(name)
                self.env.invalidate_all()
                for company in (self.other_company.id, False):
                    if field.required and not company:
                        continue
                    with (
                        self.subTest(f"{name} {role} {company}"),
                        self.assertRaises(UserError),
                    ):
                        self._call_kw(
                            user,
                            name,
                            "write",
                            row.ids,
                            {"company_id": company},
                            context={"tracking_disable": True},
                        )
                        self.env.flush_all()

    def test_every_dialog_is_its_creators(self):
        for name in self.own_models():
            if not self.env[name].is_transient():
                continue
            rules = self.env["ir.rule"].search([("model_id.model", "=", name)])
            own = rules.filtered(
                lambda rule: (
                    not rule.groups
                    and '("create_uid", "=", user.id)' in rule.domain_force
                )
            )
            with self.subTest(name):
                self.assertTrue(own)
                self.assertTrue(
                    own.perm_read and own.perm_write and own.perm_unlink, own
                )

    # === Fields === #

    def test_fields_on_odoos_models_are_in_the_table(self):
        found = {}
        for name in self.env:
            if name.startswith("account.ai.") or name == "res.config.settings":
                continue
            for field in self.env[name]._fields.values():
                if field._module == "account_ai":
                    groups = found.setdefault(name, {})
                    groups.setdefault(field.groups, set()).add(field.name)
        self.assertEqual(found, table.FIELDS)

    def test_fields_that_are_worked_out_as_the_system_are_in_the_table(self):
        found = {
            name: {
                field.name
                for field in self.env[name]._fields.values()
                if field._module == "account_ai" and field.compute_sudo
            }
            for name in self.env
            if name != "res.config.settings" and not self.env[name]._abstract
        }
        found = {name: names for name, names in found.items() if names}
        self.assertEqual(found, table.SYSTEM_FIELDS)

    def test_settings_of_the_database_are_the_systems(self):
        """Whatever is kept as a parameter, or shown of one."""
        settings = self.env["res.config.settings"]
        for name, field in settings._fields.items():
            if field._module != "account_ai" or field.related:
                continue
            if getattr(field, "config_parameter", None) or field.inverse:
                self.assertEqual(field.groups, "base.group_system", name)
        for role, user in self.users.items():
            with self.subTest(role):
                self.assertEqual(
                    settings.with_user(user).has_access("create"), role == "system"
                )

    def test_nobody_reads_fields_of_odoos_models_that_are_not_theirs(self):
        """By name, in a search, in groups: as each role, on what it may read."""
        for name, by_groups in table.FIELDS.items():
            for groups, names in by_groups.items():
                if not groups:
                    continue
                for role, user in self.users.items():
                    model = self.env[name].with_user(user)
                    if user.has_groups(groups) or not model.has_access("read"):
                        continue
                    self._assert_closed_fields(name, role, user, names)

    def _assert_closed_fields(self, name, role, user, names):
        for field in names:
            self.assertNotIn(
                field, self._call_kw(user, name, "fields_get", [field]), role
            )
            kind = self.env[name]._fields[field]
            some = 1 if kind.relational else self._value_of(kind)
            attempts = [
                ("search_read", ([], [field]), {"limit": 1}),
                ("search", ([(field, "in", [some])],), {}),
            ]
            for method, args, kwargs in attempts:
                with self.subTest(f"{name}.{field} {role} {method}"):
                    self._assert_refused(UserError, user, name, method, *args, **kwargs)

    # === Methods === #

    def test_public_methods_are_in_the_table(self):
        expected = {name: set(methods) for name, methods in table.METHODS.items()}
        self.assertEqual(self.public_methods(), expected)

    def test_methods_refuse_whom_the_table_does_not_name(self):
        arguments = {
            "dispose": ("confirmed",),
            "get_drill_down": ({}, "spent"),
            "get_figures": ({},),
            "name_create": ("claude-walk-2",),
        }
        for name, methods in table.METHODS.items():
            row = None
            for method, roles in methods.items():
                if roles in (table.ANYBODY, table.OF_ODOO):
                    continue
                if row is None and not self.env[name]._abstract:
                    row = self.row_of(name)
                    self.env.invalidate_all()
                is_of_model = getattr(
                    getattr(type(self.env[name]), method), "_api_model", False
                )
                args = () if is_of_model else (row.ids,)
                args += arguments.get(method, ())
                for role, user in self.users.items():
                    if not set(table.HOLDS[role]).isdisjoint(roles):
                        continue
                    with self.subTest(f"{name}.{method} {role}"):
                        self._assert_refused(AccessError, user, name, method, *args)

    # === /json/2 === #

    def _key_of(self, user):
        keys = self.env["res.users.apikeys"].with_user(user).sudo()
        in_an_hour = fields.Datetime.now() + timedelta(hours=1)
        return keys._generate(None, "walk", in_an_hour)

    def _json2(self, key, name, method, /, **values):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.url_open(
            f"/json/2/{name}/{method}", headers=headers, json=values, method="POST"
        )

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_access")
    def test_json2_refuses_what_is_not_in_the_table(self):
        keys = {
            role: self._key_of(user)
            for role, user in self.users.items()
            if role != "public"
        }
        self.env.flush_all()
        for name in self.own_models():
            with self.subTest(f"{name} without a key"):
                answer = self._json2(None, name, "search_read", domain=[])
                self.assertIn(answer.status_code, (401, 403))
            for role, key in keys.items():
                allowed = self.allowed(name, role)
                if "r" not in allowed:
                    with self.subTest(f"{name} {role} read"):
                        answer = self._json2(
                            key, name, "search_read", domain=[], limit=1
                        )
                        self.assertEqual(answer.status_code, 403)
                if "c" not in allowed and (role in table.OUTSIDERS or "r" in allowed):
                    with self.subTest(f"{name} {role} create"):
                        answer = self._json2(key, name, "create", vals_list=[{}])
                        self.assertEqual(answer.status_code, 403)

    @mute_logger("odoo.http")
    def test_json2_calls_no_method_of_outsiders(self):
        keys = [self._key_of(self.users[role]) for role in ("portal", "nobody")]
        self.env.flush_all()
        for name, methods in table.METHODS.items():
            for method, roles in methods.items():
                if roles in (table.ANYBODY, table.OF_ODOO):
                    continue
                is_of_model = getattr(
                    getattr(type(self.env[name]), method), "_api_model", False
                )
                values = {} if is_of_model else {"ids": [1]}
                values |= {
                    "dispose": {"kind": "confirmed"},
                    "get_drill_down": {"filters": {}, "figure": "spent"},
                    "name_create": {"name": "claude-walk-3"},
                }.get(method, {})
                for key in (None, *keys):
                    with self.subTest(f"{name}.{method}"):
                        answer = self._json2(key, name, method, **values)
                        self.assertIn(answer.status_code, (401, 403, 404))

    # === Routes === #

    def routes(self):
        """Return what the addon's controllers answer to, with its settings."""
        rules = self.env["ir.http"]._generate_routing_rules(
            ["web", "account_ai"], converters={}
        )
        return {
            url: endpoint.routing
            for url, endpoint in rules
            if endpoint.func.__module__.startswith(ADDON)
        }

    def test_routes_are_in_the_table_and_need_a_session(self):
        routes = self.routes()
        self.assertEqual(set(routes), set(table.ROUTES))
        for url, routing in routes.items():
            self.assertEqual(routing["auth"], "user", url)

    @mute_logger("odoo.http")
    def test_routes_refuse_whom_the_table_does_not_name(self):
        export = self.env["account.ai.cost.export"].create({})
        self.env.flush_all()
        for url, routing in self.routes().items():
            path = re.sub(r"<[^>]*>", str(export.id), url)
            for role in (None, *self.users):
                if role == "public":
                    continue
                held = table.HOLDS.get(role, ())
                if not set(held).isdisjoint(table.ROUTES[url]):
                    continue
                self.authenticate(*([f"walk_{role}", PASSWORD] if role else [None] * 2))
                for method in routing["methods"]:
                    data = None
                    if method == "POST":
                        data = {
                            "move_id": self.move.id,
                            "run_uuid": "0b54ab3c-5c9e-4d1a-9d6c-3a3b1d6c1f11",
                            "csrf_token": http.Request.csrf_token(self),
                        }
                    with self.subTest(f"{method} {path} {role}"):
                        answer = self.url_open(
                            path, data=data, method=method, allow_redirects=False
                        )
                        self.assertIn(answer.status_code, (302, 303, 400, 403, 404))
        self.assertFalse(
            self.env["account.ai.validation"].search([("move_id", "=", self.move.id)])
        )

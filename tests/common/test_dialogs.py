"""Who may use a dialog, and what it decides about: never what a client or another user
wrote into it."""

from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from ..posting.posting_case import PostingCase
from .common import TIME_ZONE

EXTENDED = (
    "account.debit.note",
    "account.move.reversal",
    "res.config.settings",
    "validate.account.move",
)
"""Dialogs of Odoo that the addon continues from, or in which it stores values."""


@tagged("post_install", "-at_install")
class TestDialogs(PostingCase):
    uses_simulator = False
    uses_other_accounting = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._create_user("clerk", "account.group_account_invoice")
        cls.colleague = cls._create_user(
            "colleague",
            "account.group_account_manager,account_ai.group_manager",
        )
        cls.system = cls._create_user(
            "system",
            "account.group_account_manager,account_ai.group_manager,base.group_system",
        )
        cls.owner = cls._create_user(
            "owner",
            "account.group_account_manager,account_ai.group_manager,base.group_system",
        )

    @classmethod
    def _create_user(cls, login, groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
            tz=TIME_ZONE,
        )

    def as_user(self, model, user, company=None):
        """Return an empty recordset of ``model`` in ``user``'s environment."""
        context = {"allowed_company_ids": (company or user.company_ids).ids}
        return self.env(user=user, context=context)[model]

    def call(self, user, model, method, *args, **kwargs):
        """Call a method as a client does."""
        return call_kw(self.as_user(model, user), method, args, kwargs)

    # === One open dialog of each kind === #

    def _posted(self):
        move = self.good()
        move.with_context(disable_abnormal_invoice_detection=True).action_post()
        return move

    def _posting(self):
        self.policy("block")
        action = self.press_confirm(self.wrong(), self.owner)
        return self.dialog_of(action, self.owner)

    def _queueing(self):
        self.env["account.ai.budget"].create(
            {"name": "All", "company_id": self.company.id, "amount": 10}
        )
        self.env.flush_all()
        self.env["account.ai.budget"]._cron_check()
        action = self.good().with_user(self.owner).action_account_ai_queue()
        dialogs = self.as_user("account.ai.queueing", self.owner)
        return dialogs.browse(action["res_id"])

    def _opened(self, model):
        """Return the record of ``model`` in a dialog that ``owner`` has opened."""
        create = self.as_user(model, self.owner).create
        if model in ("account.ai.posting", "account.ai.posting.line"):
            dialog = self._posting()
            return dialog if model == dialog._name else dialog.line_ids[:1]
        if model in ("account.ai.queueing", "account.ai.queueing.budget"):
            dialog = self._queueing()
            return dialog if model == dialog._name else dialog.budget_ids[:1]
        if model == "validate.account.move":
            return create({"move_ids": [Command.set(self.wrong().ids)]})
        if model in ("account.move.reversal", "account.debit.note"):
            move = self._posted()
            dialogs = self.as_user(model, self.owner).with_context(
                active_model="account.move", active_ids=move.ids
            )
            return dialogs.create(
                {"reason": "Del dueño", "journal_id": move.journal_id.id}
            )
        return create({})

    def _dialogs(self):
        """Return the names of all transient models that are ours or that we extend."""
        own = {
            name
            for name in self.env
            if self.env[name].is_transient() and name.startswith("account.ai.")
        }
        return sorted(own.union(EXTENDED))

    # === Whose it is === #

    def test_nobody_else_finds_or_touches_a_dialog(self):
        """Not even a system administrator, whatever the way."""
        for model in self._dialogs():
            with self.subTest(model):
                row = self._opened(model)
                self.assertTrue(row, model)
                self.synchronize()
                self.assertEqual(row.search_count([("id", "=", row.id)]), 1)
                self.assertEqual(len(row.read(["id"])), 1)
                for user in (self.clerk, self.colleague, self.system):
                    self._assert_closed(row, user)

    def _assert_closed(self, row, user):
        self.synchronize()
        field = next(
            name
            for name, each in row._fields.items()
            if each.store and each.type in ("char", "boolean", "text", "integer")
        )
        model, ids = row._name, row.ids
        if self.as_user(model, user).has_access("read"):
            found = self.call(user, model, "search", [("id", "=", row.id)])
            self.assertFalse(found)
            groups = self.call(
                user,
                model,
                "formatted_read_group",
                [("id", "=", row.id)],
                [],
                ["__count"],
            )
            self.assertEqual(groups[0]["__count"], 0)
        attempts = [
            ("read", (["display_name"],)),
            ("write", ({field: False},)),
            ("unlink", ()),
            *(
                (name, ())
                for cls in type(row).mro()
                if cls.__module__.startswith("odoo.addons.account_ai")
                for name in vars(cls)
                if name.startswith("action_") or name == "validate_move"
            ),
        ]
        for method, args in attempts:
            with self.subTest(user=user.login, method=method):
                self.env.invalidate_all()
                with self.assertRaises(AccessError):
                    self.call(user, model, method, ids, *args)

    def test_nobody_posts_under_another_name(self):
        """Another invoice cannot be put into a dialog that a reviewer has open."""
        dialog = self._posting()
        dialog.reason = "El SII confirmó el RUT por escrito."
        other = self.wrong()
        self.synchronize()

        for values in (
            {"move_ids": [Command.set(other.ids)]},
            {"reason": "Otra"},
            {"digest": "0"},
        ):
            with self.assertRaises(AccessError):
                self.call(self.clerk, "account.ai.posting", "write", dialog.ids, values)
        with self.assertRaises(AccessError):
            self.call(
                self.clerk,
                "account.move",
                "write",
                other.ids,
                {"account_ai_validation_id": dialog.id},
            )
        dialog.action_override()
        self.assertEqual(other.state, "draft")
        self.assertFalse(self.records_of(other))

    def test_nobody_slips_rows_into_the_dialog_of_another(self):
        dialog, queueing = self._posting(), self._queueing()
        for user in (self.clerk, self.colleague, self.system, self.owner):
            for model, values in (
                (
                    "account.ai.posting.line",
                    {"posting_id": dialog.id, "move_id": dialog.move_ids.id},
                ),
                ("account.ai.queueing.budget", {"queueing_id": queueing.id}),
            ):
                with (
                    self.subTest(f"{model} {user.login}"),
                    self.assertRaises(AccessError),
                ):
                    self.call(user, model, "create", values)

    def test_odoos_dialog_of_another_does_not_go_on_with_ours(self):
        """Odoo's confirmation, in between: what it posts is its creator's alone."""
        self.policy("warn")
        confirmation = self._opened("validate.account.move")
        action = confirmation.validate_move()
        dialog = self.dialog_of(action, self.owner)
        with self.assertRaises(AccessError):
            self.call(
                self.clerk,
                "validate.account.move",
                "write",
                confirmation.ids,
                {"force_post": True, "move_ids": [Command.set(self.wrong().ids)]},
            )
        with self.assertRaises(AccessError):
            self.call(
                self.clerk, "validate.account.move", "validate_move", confirmation.ids
            )
        dialog.action_confirm()
        self.assertEqual(dialog.move_ids.state, "posted")

    def test_a_note_is_made_by_who_opened_its_dialog(self):
        for model, method in (
            ("account.move.reversal", "refund_moves"),
            ("account.move.reversal", "modify_moves"),
            ("account.debit.note", "create_debit"),
        ):
            with self.subTest(f"{model} {method}"):
                row = self._opened(model)
                self.synchronize()
                with self.assertRaises(AccessError):
                    self.call(self.clerk, model, "write", row.ids, {"reason": "Ajena"})
                with self.assertRaises(AccessError):
                    self.call(self.clerk, model, method, row.ids)
                getattr(row, method)()
                note = self.env["account.move"].search([], order="id desc", limit=1)
                self.assertEqual(note.create_uid, self.owner)

    # === What it decides about === #

    def test_what_the_posting_dialog_decides_is_not_written(self):
        """Not by its own creator either: what it is about, what was shown, and what it
        goes on with."""
        dialog = self._posting()
        other = self.wrong()
        forged = {
            "move_ids": [Command.set(other.ids)],
            "digest": "0",
            "origin": "list",
            "confirmation_id": False,
            "line_ids": [Command.clear()],
            "blocked_count": 0,
            "other_count": 1,
        }
        for name, value in forged.items():
            with self.subTest(name), self.assertRaises(AccessError):
                self.call(
                    self.owner,
                    "account.ai.posting",
                    "write",
                    dialog.ids,
                    {name: value, "reason": "Con motivo"},
                )
        line = dialog.line_ids[:1]
        with self.assertRaises(AccessError):
            self.call(self.owner, line._name, "write", line.ids, {"move_id": other.id})
        for user in (self.clerk, self.reviewer, self.manager, self.owner):
            with self.assertRaises(AccessError):
                self.call(
                    user,
                    "account.ai.posting",
                    "create",
                    {"origin": "form", "move_ids": [Command.set(other.ids)]},
                )
        self.call(
            self.owner, "account.ai.posting", "write", dialog.ids, {"reason": "Sí"}
        )
        self.assertEqual(dialog.reason, "Sí")

    def test_what_the_queueing_dialog_shows_is_not_written(self):
        queueing = self._queueing()
        for user in (self.accountant, self.owner):
            with self.assertRaises(AccessError):
                self.call(
                    user,
                    "account.ai.queueing",
                    "create",
                    {"move_ids": [Command.set(self.good().ids)]},
                )
        with self.assertRaises(AccessError):
            queueing.write({"worst_usd": 0, "fit": "yes"})

    def test_an_invoice_that_may_not_be_read_is_not_asked_about(self):
        """Rules run as superuser: the dialog would show data of other companies."""
        elsewhere = self.create_move(
            partner=self.wrong_partner, company=self.other_company
        )
        self.other_company.account_ai_posting_policy = "block"
        self.synchronize()
        before = elsewhere.message_ids
        for method, context in (
            ("action_post", {"disable_abnormal_invoice_detection": False}),
            ("action_post", {"account_ai_automatic": True}),
            ("action_validate_moves_with_confirmation", {}),
        ):
            for user in (self.clerk, self.reviewer, self.manager):
                with (
                    self.subTest(f"{user.login} {method}"),
                    self.assertRaises(AccessError),
                ):
                    self.call(
                        user, "account.move", method, elsewhere.ids, context=context
                    )
        self.assertEqual(elsewhere.message_ids, before)
        self.assertFalse(
            self.env["account.ai.posting"].search([("move_ids", "in", elsewhere.ids)])
        )

    def test_what_changed_since_is_shown_before_the_others_are_posted(self):
        self.policy("block")
        moves = self.good() + self.wrong()
        action = moves.with_user(
            self.accountant
        ).action_validate_moves_with_confirmation()
        dialog = self.dialog_of(action)
        moves[0].partner_id = self.doubtful_partner
        self.synchronize()

        shown = self.dialog_of(dialog.action_post_others())

        self.assertEqual(moves.mapped("state"), ["draft", "draft"])
        self.assertIn(moves[0], shown.line_ids.move_id)
        shown.action_post_others()
        self.assertEqual(moves.mapped("state"), ["posted", "draft"])

    def test_no_dialog_is_about_another_company(self):
        other = self.other_company
        for model in (
            "account.ai.accrual",
            "account.ai.company.settings",
            "account.ai.consent",
        ):
            with self.subTest(model), self.assertRaises(AccessError):
                self.call(self.manager, model, "create", {"company_id": other.id})
            row = self.as_user(model, self.manager).create({})
            self.call(self.manager, model, "write", row.ids, {"company_id": other.id})
            self.synchronize()
            with self.subTest(model), self.assertRaises(AccessError):
                self.call(self.manager, model, "read", row.ids, ["id"])

    def test_the_costs_of_another_company_are_not_exported(self):
        exports = self.as_user("account.ai.cost.export", self.manager)
        export = exports.create({"company_id": self.other_company.id})
        with self.assertRaises(AccessError):
            export.action_export()

    def test_no_dialog_tells_of_another_company_before_it_is_kept(self):
        self.other_company._account_ai_grant_consent()
        self.other_company.account_ai_model = "claude-3-haiku-20240307"
        for model, names in (
            (
                "account.ai.consent",
                ["has_consent", "retention_days", "mask_persons", "endpoint"],
            ),
            ("account.ai.company.settings", ["has_consent", "model_notice"]),
        ):
            with self.subTest(model):
                try:
                    told = self.call(
                        self.manager,
                        model,
                        "onchange",
                        [],
                        {"company_id": self.other_company.id},
                        ["company_id"],
                        {name: {} for name in names},
                    )
                except AccessError:
                    continue
                self.assertFalse(any(told.get("value", {}).values()), told)

    def test_settings_of_a_second_company_begin_with_its_own(self):
        """Values that nobody changed in the dialog stay as they are, whichever company
        is active."""
        self.manager.company_ids += self.other_company
        self.other_company.account_ai_posting_policy = "require"
        self.other_company.account_ai_language = "en"
        both = self.company + self.other_company
        dialogs = self.as_user("account.ai.company.settings", self.manager, both)

        dialogs.create(
            {"company_id": self.other_company.id, "retention_days": 90}
        ).action_apply()

        self.assertEqual(self.other_company.account_ai_retention_days, 90)
        self.assertEqual(self.other_company.account_ai_posting_policy, "require")
        self.assertEqual(self.other_company.account_ai_language, "en")
        self.assertEqual(self.company.account_ai_retention_days, 365)

    def test_an_accrual_is_of_a_company_that_is_switched_on(self):
        self.manager.company_ids += self.other_company
        both = self.company + self.other_company
        dialogs = self.as_user("account.ai.accrual", self.manager, both)
        dialog = dialogs.create({"company_id": self.other_company.id})
        alone = dialog.with_context(allowed_company_ids=self.company.ids)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            alone.action_propose()


@tagged("post_install", "-at_install")
class TestSharedData(PostingCase):
    """What has no company holds for all of them: it is the system administrator's."""

    uses_simulator = False

    def test_a_companys_administrator_does_not_change_the_rulebook(self):
        rates = self.env["account.ai.rate"]
        vat = rates.search([("name", "=", "vat_rate"), ("in_force", "=", True)])
        new = {"name": "tax_99", "value": 1, "source": "x"}
        for user in (self.accountant, self.reviewer, self.manager):
            theirs = vat.with_user(user)
            self.assertEqual(theirs.value, 19)
            for attempt in (
                lambda theirs=theirs: theirs.write({"value": 1}),
                lambda theirs=theirs: theirs.create(new),
                lambda theirs=theirs: theirs.unlink(),
                lambda theirs=theirs: theirs.message_post(body=vat.name),
            ):
                with self.assertRaises(AccessError):
                    attempt()
        system = new_test_user(self.env, "system_only", groups="base.group_system")
        theirs = vat.with_user(system)
        theirs.valid_to = date(2026, 12, 31)
        rates.with_user(system).create(new).unlink()
        self.assertEqual(vat.valid_to, date(2026, 12, 31))

    def test_only_who_may_change_it_is_offered_to(self):
        rates = self.env["account.ai.rate"]
        for user, offered in (
            (self.manager, False),
            (self.env.ref("base.user_admin"), True),
        ):
            views = rates.with_user(user).get_views([(False, "list"), (False, "form")])
            for view in views["views"].values():
                with self.subTest(user=user.login):
                    self.assertEqual('create="False"' not in view["arch"], offered)

    def test_a_companys_administrator_has_no_budget_of_all(self):
        budgets = self.env["account.ai.budget"]
        for_all = budgets.create({"name": "All", "company_id": False, "amount": 100})
        own = budgets.create({"name": "Own", "amount": 10})
        theirs = for_all.with_user(self.manager)
        for attempt in (
            lambda: theirs.write({"amount": 1000}),
            lambda: theirs.unlink(),
            lambda: theirs.create({"name": "x", "company_id": False, "amount": 1}),
            lambda: own.with_user(self.manager).write({"company_id": False}),
            lambda: own.with_user(self.manager).write(
                {"company_id": self.other_company.id}
            ),
            # Nor without the note in the chatter, which looks at the budget again.
            lambda: (
                own.with_user(self.manager)
                .with_context(tracking_disable=True)
                .write({"company_id": False})
            ),
            lambda: (
                own.with_user(self.manager)
                .with_context(tracking_disable=True)
                .write({"company_id": self.other_company.id})
            ),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertEqual(own.company_id, self.company)
        self.assertEqual(for_all.amount, 100)

    def test_an_alert_of_all_companies_has_no_successor_to_take(self):
        alert = self.env["account.ai.alert"].create(
            {
                "key": "redis",
                "kind": "redis_lost",
                "title_source": "x",
                "message_source": "x",
                "state": "raised",
                "raised_at": "2026-11-20 10:00:00",
            }
        )
        with self.assertRaises(UserError):
            alert.with_user(self.manager).action_use_successor()

    def test_parameters_of_the_database_are_not_a_companys(self):
        settings = self.env["res.config.settings"]
        with self.assertRaises(AccessError):
            settings.with_user(self.manager).create({})
        for method in (
            "set_values",
            "execute",
            "action_account_ai_remove_key",
            "action_account_ai_remove_admin_key",
            "action_account_ai_remove_redis",
            "action_account_ai_test_connection",
            "action_account_ai_test_redis",
            "action_account_ai_consent",
            "action_account_ai_withdraw",
            "action_account_ai_use_successor",
        ):
            # Without a record too: a method may be called on none.
            for ids in ([], settings.create({}).ids):
                if method == "execute" and not ids:
                    continue
                with self.subTest(f"{method} {ids}"), self.assertRaises(AccessError):
                    call_kw(settings.with_user(self.manager), method, [ids], {})

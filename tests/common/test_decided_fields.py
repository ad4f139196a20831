"""Nobody can enter what the product computes or decides, in any way."""

import json
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.services.claude.operations import LIMITED

from .common import AccountAiCase, AccountAiHttpCase

PEOPLE_ENTER = {
    "account.ai.accrual": {
        *("company_id", "month", "journal_id", "expense_account_id"),
        *("liability_account_id", "reverse", "reversal_date", "confirm_duplicate"),
    },
    "account.ai.budget": {
        *("name", "active", "company_id", "scope", "user_id", "group_id", "operation"),
        *("period", "tz", "amount", "currency_kind", "limit_type", "thresholds"),
    },
    "account.ai.company.settings": {
        *("company_id", "mask_persons", "language", "model_id", "fallback_model_id"),
        *("effort", "retention_days", "posting_policy", "posting_rules_only"),
        *(f"limit_{each.name}" for each in LIMITED),
        *("limit_company", "limit_queue", "deadline_seconds", "max_input_tokens"),
        "max_call_usd",
    },
    "account.ai.consent": {"company_id"},
    "account.ai.cost.export": {
        *("company_id", "date_from", "date_to", "content", "with_simulated"),
        "dialect",
    },
    "account.ai.document.reference": {
        *("move_id", "sequence", "document_type_id", "document_type_code", "folio"),
        *("date", "code", "reason", "is_global"),
    },
    "account.ai.folio.range": {
        *("company_id", "document_type_id", "first", "last", "authorised_on"),
    },
    "account.ai.model": {
        *("model", "name", "active", "has_own_prices", "own_input", "own_output"),
        *("own_cache_write_5m", "own_cache_write_1h", "own_cache_read"),
        *("own_batch_discount", "own_long_prompt_tokens", "own_long_input"),
        "own_long_output",
    },
    "account.ai.posting": {"reason"},
    "account.ai.rate": {
        *("name", "value", "unit", "text", "label", "other_names", "valid_from"),
        *("valid_to", "source", "secondary_source", "verified_on"),
    },
    "account.ai.rule.setting": {"active", "company_id", "code", "severity", "reason"},
    "account.bank.statement.line": {
        *("account_ai_reference_ids", "account_ai_no_debit_reduction"),
        "account_ai_sii_received_at",
    },
    "account.journal": {"account_ai_posting_policy"},
    "account.move": {
        *("account_ai_reference_ids", "account_ai_no_debit_reduction"),
        "account_ai_sii_received_at",
    },
    "project.project": {"account_ai_contract_amount"},
    "res.company": {
        *("account_ai_mask_persons", "account_ai_language", "account_ai_model"),
        *("account_ai_model_id", "account_ai_fallback_model", "account_ai_effort"),
        *("account_ai_fallback_model_id", "account_ai_retention_days"),
        *("account_ai_posting_policy", "account_ai_posting_rules_only"),
        *(each.limit_field for each in LIMITED),
        *("account_ai_limit_company", "account_ai_limit_queue"),
        *("account_ai_deadline_seconds", "account_ai_max_input_tokens"),
        "account_ai_max_call_usd",
    },
    "res.config.settings": {
        *("account_ai_api_key", "account_ai_base_url", "account_ai_admin_key"),
        *("account_ai_reconciliation_workspace", "account_ai_reconciliation_percent"),
        *("account_ai_reconciliation_usd", "account_ai_redis_url"),
        *("account_ai_usage_detail_days", "account_ai_breaker_failures"),
        *("account_ai_breaker_seconds", "account_ai_breaker_successes"),
        *("account_ai_retry_attempts", "account_ai_retry_wait"),
        *("account_ai_mask_persons", "account_ai_language", "account_ai_model_id"),
        *("account_ai_fallback_model_id", "account_ai_effort"),
        *("account_ai_retention_days", "account_ai_posting_policy"),
        "account_ai_posting_rules_only",
        *(each.limit_field for each in LIMITED),
        *("account_ai_limit_company", "account_ai_limit_queue"),
        *("account_ai_deadline_seconds", "account_ai_max_input_tokens"),
        "account_ai_max_call_usd",
    },
}
"""The fields that people may enter, by model. Whatever else the addon adds is computed
or decided, and its definition says readonly: whoever adds a field to this list says
that its value is a person's to choose."""

GROUPS = {
    "portal": "base.group_portal",
    "employee": "base.group_user",
    "invoicing": "account.group_account_invoice",
    "accounting": "account.group_account_manager",
    "user": "account.group_account_invoice,account_ai.group_user",
    "reviewer": "account.group_account_invoice,account_ai.group_reviewer",
    "override": "account.group_account_invoice,account_ai.group_override",
    "manager": "account.group_account_manager,account_ai.group_manager",
    "system": "base.group_system",
    "everything": "base.group_system,account.group_account_manager,"
    "account.group_account_basic,project.group_project_manager,"
    "account_ai.group_manager,account_ai.group_override",
}


def sample(field):
    """Return a value of the type of ``field``, other than an empty one."""
    if field.type in ("one2many", "many2many"):
        return [Command.set([1])]
    return {
        "boolean": True,
        "integer": 7,
        "float": 7.0,
        "monetary": 7.0,
        "many2one": 1,
        "many2one_reference": 1,
        "date": "2020-01-01",
        "datetime": "2020-01-01 00:00:00",
        "json": {"a": 1},
        "selection": "send",
    }.get(field.type, "x")


class DecidedFieldsMixin:
    """A user with all rights, and the fields of the addon."""

    uses_simulator = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.powerful = cls._user_with(GROUPS["everything"], "everything")

    @classmethod
    def _user_with(cls, groups, login):
        return new_test_user(
            cls.env,
            login=f"{login}_of_the_walk",
            password=f"{login}_of_the_walk",
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def addon_fields(self):
        """Yield the model and the field of each one that the addon has defined."""
        for name in sorted(self.env.registry):
            model = self.env[name]
            if model._abstract:
                continue
            for field in model._fields.values():
                if "account_ai" in field._modules:
                    yield model, field

    def decided(self):
        """Yield those that are no person's to enter, by the list of this file."""
        for model, field in self.addon_fields():
            # What is inherited from an invoice goes to the invoice.
            if field.inherited or field.name in PEOPLE_ENTER.get(model._name, ()):
                continue
            yield model, field


@tagged("post_install", "-at_install")
class TestWalk(DecidedFieldsMixin, AccountAiCase):
    """Every field of every model, as each group."""

    uses_accounting = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: cls._user_with(groups, name)
            for name, groups in GROUPS.items()
            if name != "everything"
        }
        cls.users["everything"] = cls.powerful

    def test_the_definition_says_what_people_may_enter(self):
        entered = {}
        for model, field in self.addon_fields():
            if not field.readonly:
                entered.setdefault(model._name, set()).add(field.name)
        self.assertEqual(entered, PEOPLE_ENTER)

    def test_the_walk_sees_verdicts_consent_and_decisions(self):
        seen = {(model._name, field.name) for model, field in self.decided()}
        self.assertLessEqual(
            {
                ("account.move", "account_ai_verdict"),
                ("account.move", "account_ai_validation_id"),
                ("account.move", "account_ai_accrual_month"),
                ("account.ai.validation", "verdict"),
                ("account.ai.finding", "severity"),
                ("account.ai.disposition", "user_id"),
                ("account.ai.posting.record", "decision"),
                ("account.ai.posting", "move_ids"),
                ("account.ai.posting.line", "posting_id"),
                ("account.ai.rule.setting", "user_id"),
                ("account.ai.budget", "generation"),
                ("account.ai.document.reference", "company_id"),
                ("project.project", "account_ai_contract_currency_id"),
                ("res.company", "account_ai_enabled"),
                ("res.company", "account_ai_consent_version"),
                ("res.config.settings", "account_ai_consent_user_id"),
            },
            seen,
        )
        self.assertGreater(len(seen), 350)

    def test_nobody_creates_or_writes_what_is_decided(self):
        open_fields = []
        for group, user in self.users.items():
            for model, names in self.decided_by_model():
                # What is refused has written nothing: one savepoint for all.
                with self.env.cr.savepoint() as savepoint:
                    for name in names:
                        if self.is_open(model.with_user(user), name):
                            open_fields.append((group, model._name, name))
                            savepoint.rollback()
        self.assertFalse(open_fields)

    def decided_by_model(self):
        """Return pairs of a model and the names of its fields that nobody enters."""
        names = {}
        for model, field in self.decided():
            names.setdefault(model, []).append(field.name)
        return list(names.items())

    def is_open(self, records, name):
        """Return whether creating or writing gets further than the field's refusal."""
        values = {name: sample(records._fields[name])}
        for way in (
            lambda: records.create([values]),
            lambda: records.browse(1).write(values),
        ):
            try:
                way()
            except AccessError as error:
                # In the ledger nothing may be written, whatever the field.
                if name in str(error) or "Claude" in str(error):
                    continue
            except Exception:  # of any kind: it was not refused
                return True
            return True
        return False

    def test_no_default_sets_what_is_decided(self):
        """Not from a context, and not under sudo either."""
        open_fields = []
        for model, names in self.decided_by_model():
            given = {f"default_{name}": sample(model._fields[name]) for name in names}
            for records in (model.with_user(self.powerful), model):
                own = records.default_get(names)
                found = records.with_context(**given).default_get(names)
                open_fields += [
                    (model._name, name)
                    for name in names
                    if found.get(name) != own.get(name)
                    # The present time is an own default.
                    and not (name == "decided_on" and found[name].year != 2020)
                ]
        self.assertFalse(open_fields)

    def test_the_message_names_the_field_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("es_CL")
        label = self.env["ir.model.fields"]._get("account.move", "account_ai_verdict")
        label.with_context(lang="es_CL").field_description = "Veredicto de la IA"
        moves = self.env["account.move"].with_user(self.powerful)
        with self.assertRaises(AccessError) as caught:
            moves.with_context(lang="es_CL").browse(1).write(
                {"account_ai_verdict": "send"}
            )
        message = str(caught.exception)
        self.assertIn("Veredicto de la IA", message)
        self.assertIn("account_ai_verdict", message)
        self.assertIn("nadie", message)


@tagged("post_install", "-at_install")
class TestWaysIn(DecidedFieldsMixin, AccountAiCase):
    """The ways to write a record that are not called ``create`` or ``write``."""

    def setUp(self):
        super().setUp()
        self.move = self.create_move()
        self.as_powerful = self.move.with_user(self.powerful)

    def validated(self):
        """Return an invoice that the product has judged."""
        validation = self.env["account.ai.validation"].create(
            {
                "run_uuid": "5f0c",
                "move_id": self.move.id,
                "company_id": self.company.id,
                "trigger": "user",
                "state": "done",
                "verdict": "reject",
            }
        )
        self.move.write(
            {
                "account_ai_validation_id": validation.id,
                "account_ai_verdict": "reject",
                "account_ai_accrual_month": "2026-10-01",
            }
        )
        self.env.flush_all()
        return self.move

    def test_an_existing_record_is_not_written(self):
        move = self.validated().with_user(self.powerful)
        for values in (
            {"account_ai_verdict": "send"},
            {"account_ai_verdict": False},
            {"account_ai_verdict": "reject"},
            {"ref": "x", "account_ai_validation_id": False},
            {"account_ai_is_stale": False},
        ):
            with self.assertRaises(AccessError):
                move.write(values)
            with self.assertRaises(AccessError):
                move.web_save(values, {})
        with self.assertRaises(AccessError):
            move.account_ai_verdict = "send"
        validation = move.account_ai_validation_id.with_user(self.powerful)
        with self.assertRaises(AccessError):
            validation.write({"verdict": "send"})
        self.assertEqual(self.move.account_ai_verdict, "reject")

    def test_a_copy_has_nothing_that_was_decided(self):
        move = self.validated()
        for copy in (move.copy(), move.with_user(self.powerful).copy()):
            self.assertFalse(copy.account_ai_verdict)
            self.assertFalse(copy.account_ai_validation_id)
            self.assertFalse(copy.account_ai_accrual_month)
        with self.assertRaises(AccessError):
            move.with_user(self.powerful).copy({"account_ai_verdict": "send"})
        for model, field in self.decided():
            if not model._auto or model._transient:
                continue
            records = model.search([], limit=1)
            for values in records.copy_data():
                self.assertNotIn(field.name, values, model._name)

    def test_a_default_in_the_context_is_passed_over(self):
        moves = self.env["account.move"].with_user(self.powerful)
        moves = moves.with_context(
            default_account_ai_verdict="send",
            default_account_ai_validation_id=1,
            default_account_ai_accrual_month="2026-10-01",
            default_move_type="out_invoice",
        )
        move = moves.create({"partner_id": self.partner.id})
        self.assertEqual(move.move_type, "out_invoice")
        self.assertFalse(move.account_ai_verdict)
        self.assertFalse(move.account_ai_validation_id)
        self.assertFalse(move.account_ai_accrual_month)

    def test_a_default_that_somebody_keeps_is_passed_over(self):
        defaults = self.env["ir.default"].with_user(self.powerful)
        defaults.set("account.move", "account_ai_verdict", "send", user_id=True)
        defaults.set("account.move", "ref", "kept", user_id=True)
        moves = self.env["account.move"].with_user(self.powerful)
        move = moves.create({"move_type": "out_invoice"})
        self.assertEqual(move.ref, "kept")
        self.assertFalse(move.account_ai_verdict)

    def test_what_the_product_creates_ignores_the_context_of_who_asks(self):
        move = self.move.with_user(self.accountant).with_context(
            default_verdict="send",
            default_rules_verdict="send",
            default_date_done="2026-01-01 00:00:00",
            default_account_ai_verdict="send",
        )
        move.account_ai_queue()
        self.synchronize()
        validation = self.env["account.ai.validation"].search(
            [("move_id", "=", self.move.id)]
        )
        self.assertTrue(validation)
        self.assertFalse(validation.verdict)
        self.assertFalse(validation.rules_verdict)
        self.assertFalse(validation.date_done)
        self.assertFalse(self.move.account_ai_verdict)

    def test_an_import_decides_nothing(self):
        for model, names, row in (
            ("account.move", ["move_type", "account_ai_verdict"], ["entry", "send"]),
            ("account.ai.finding", ["code"], ["x"]),
        ):
            result = self.env[model].with_user(self.powerful).load(names, [row])
            self.assertFalse(result["ids"])
            self.assertIn(f"({names[-1]})", result["messages"][0]["message"])

    def test_a_name_decides_nothing(self):
        for model in ("account.ai.usage.day", "account.ai.disposition"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.powerful).name_create("2026-10-01")

    def test_an_order_decides_nothing(self):
        findings = self.env["account.ai.finding"].with_user(self.powerful)
        with self.assertRaises(AccessError):
            findings.browse([1, 2]).web_resequence({}, "line_number")

    def test_lines_of_a_parent_decide_nothing(self):
        reference = {"document_type_code": "801", "folio": "7"}
        self.as_powerful.write({"account_ai_reference_ids": [(0, 0, reference)]})
        kept = self.as_powerful.account_ai_reference_ids
        decided = {"company_id": self.other_company.id}
        for command in ((0, 0, {**reference, **decided}), (1, kept.id, decided)):
            with self.assertRaises(AccessError):
                self.as_powerful.write({"account_ai_reference_ids": [command]})
        self.assertEqual(kept.company_id, self.company)

        budgets = self.env["account.ai.budget"].with_user(self.powerful)
        budget = budgets.create({"name": "b", "amount": 5})
        for command in (
            (0, 0, {"generation": 7}),
            (1, 1, {"spent": 0}),
            (2, 1),
            (3, 1),
            (4, 1),
            (5,),
            (6, 0, []),
        ):
            with self.assertRaises(AccessError):
                budget.write({"period_ids": [command]})
            with self.assertRaises(AccessError):
                budgets.create({"name": "b", "amount": 5, "period_ids": [command]})

    def test_a_dialog_is_about_what_it_was_opened_for(self):
        dialogs = self.env["account.ai.posting"].with_user(self.powerful)
        other = self.create_move()
        with self.assertRaises(AccessError):
            dialogs.create({"origin": "form", "move_ids": [Command.set(other.ids)]})
        dialog = dialogs.sudo().create(
            {"origin": "form", "move_ids": [Command.set(self.move.ids)]}
        )
        for values in (
            {"move_ids": [Command.link(other.id)]},
            {"digest": "x"},
            {"line_ids": [Command.create({"move_id": other.id})]},
        ):
            with self.assertRaises(AccessError):
                dialog.sudo(False).write(values)
        dialog.sudo(False).write({"reason": "a person's"})

    def test_a_record_that_contains_an_invoice_does_not_decide_for_it(self):
        """The lines of bank statements hand their values on to an entry."""
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        lines = self.env["account.bank.statement.line"].with_user(self.powerful)
        values = {"journal_id": journal.id, "amount": 7, "date": "2026-10-01"}
        line = lines.create(values)
        with self.assertRaises(AccessError):
            lines.create({**values, "account_ai_verdict": "send"})
        with self.assertRaises(AccessError):
            line.write({"account_ai_verdict": "send"})
        self.assertFalse(line.move_id.account_ai_verdict)

    def test_the_presets_of_an_alias_decide_nothing(self):
        """Who sets up journals writes them, and mails are read under sudo."""
        journal = self.env["account.journal"].search(
            [("type", "=", "purchase"), ("company_id", "=", self.company.id)], limit=1
        )
        # Odoo itself passes over what is preset for bills, not for their refunds.
        presets = {
            "move_type": "in_refund",
            "company_id": self.company.id,
            "journal_id": journal.id,
            "account_ai_verdict": "send",
            "account_ai_no_debit_reduction": True,
        }
        mail = {"from": "somebody@example.com", "subject": "Refund", "body": ""}
        move = self.env["account.move"].sudo().message_new(mail, presets)
        self.assertEqual(move.move_type, "in_refund")
        self.assertTrue(move.account_ai_no_debit_reduction)
        self.assertFalse(move.account_ai_verdict)

    def test_who_decided_is_who_writes(self):
        settings = self.env["account.ai.rule.setting"].with_user(self.manager)
        codes = [code for code, _label in settings._selection_code()]
        code = next(code for code in codes if settings._lighter(code))
        values = {
            "code": code,
            "severity": settings._lighter(code),
            "reason": "Too many",
        }
        long_ago = fields.Datetime.now() - timedelta(days=9)
        for decided in ({"user_id": self.reviewer.id}, {"decided_on": long_ago}):
            with self.assertRaises(AccessError):
                settings.create({**values, **decided})
        setting = settings.with_context(default_user_id=self.reviewer.id).create(values)
        self.assertEqual(setting.user_id, self.manager)
        self.assertTrue(setting.decided_on)
        with self.assertRaises(AccessError):
            setting.write({"user_id": self.reviewer.id})
        setting.sudo().decided_on = long_ago
        setting.with_user(self.powerful).reason = "Still too many"
        self.assertEqual(setting.user_id, self.powerful)
        self.assertGreater(setting.decided_on, long_ago)
        with self.assertRaises(AccessError):
            self.env["account.ai.disposition"].with_user(self.powerful).create(
                {"kind": "confirmed", "reason": "agreed", "note": "x"}
            )

    def test_nothing_is_handed_to_a_company_of_others(self):
        settings = self.env["account.ai.rule.setting"].with_user(self.manager)
        code = next(
            code
            for code, _label in settings._selection_code()
            if settings._lighter(code)
        )
        setting = settings.create(
            {"code": code, "severity": settings._lighter(code), "reason": "Too many"}
        )
        folios = self.env["account.ai.folio.range"].with_user(self.manager)
        folio_range = folios.create(
            {
                "document_type_id": self.document_type("33").id,
                "first": 1,
                "last": 9,
                "authorised_on": "2026-10-01",
            }
        )
        for record in (setting, folio_range):
            with self.assertRaises(AccessError):
                record.company_id = self.other_company

    def test_what_people_enter_can_be_stored(self):
        """A text out of another program may have characters that no database takes."""
        settings = self.env["account.ai.rule.setting"].with_user(self.manager)
        setting = settings.create(
            {
                "company_id": self.company.id,
                "code": "RUT_DV",
                "reason": "Noi\0se \ud800",
            }
        )
        self.assertEqual(setting.reason, "Noi\ufffdse \ufffd")
        setting.reason = "Still\0"
        self.env.flush_all()
        self.assertEqual(setting.reason, "Still\ufffd")

    def test_people_go_on_entering_what_is_theirs(self):
        self.as_powerful.write(
            {
                "account_ai_no_debit_reduction": True,
                "account_ai_sii_received_at": "2026-10-01 12:00:00",
            }
        )
        self.company.with_user(self.powerful).account_ai_retention_days = 30
        budget = (
            self.env["account.ai.budget"]
            .with_user(self.manager)
            .create({"name": "b", "amount": 5})
        )
        generation = budget.generation
        budget.period = "day"
        self.assertEqual(budget.generation, generation + 1)
        project = self.env["project.project"].with_user(self.powerful)
        project = project.create({"name": "p", "account_ai_contract_amount": 100})
        self.assertEqual(
            project.account_ai_contract_currency_id, self.company.currency_id
        )
        with self.assertRaises(AccessError):
            project.account_ai_contract_currency_id = self.env.ref("base.USD")


@tagged("post_install", "-at_install")
class TestRemoteCalls(DecidedFieldsMixin, AccountAiHttpCase):
    """The same by HTTP, as somebody with all rights."""

    def setUp(self):
        super().setUp()
        self.move = self.create_move()

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_json_2(self):
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.powerful)
            ._generate("rpc", "walk", fields.Datetime.now() + timedelta(days=1))
        )
        decided = {"account_ai_verdict": "send"}
        for method, body in (
            ("write", {"ids": self.move.ids, "vals": decided}),
            ("create", {"vals_list": [{"move_type": "out_invoice", **decided}]}),
            ("web_save", {"ids": [], "vals": decided, "specification": {}}),
            ("copy", {"ids": self.move.ids, "default": decided}),
        ):
            response = self.url_open(
                f"/json/2/account.move/{method}",
                data=json.dumps(body),
                headers={
                    "Authorization": f"bearer {key}",
                    "Content-Type": "application/json",
                },
            )
            self.assertEqual(response.status_code, 403, method)
            self.assertIn("account_ai_verdict", response.text)
        self.assertFalse(self.move.account_ai_verdict)

    @mute_logger("odoo.http")
    def test_call_kw(self):
        self.authenticate(self.powerful.login, self.powerful.login)
        response = self.url_open(
            "/web/dataset/call_kw",
            data=json.dumps(
                {
                    "params": {
                        "model": "account.move",
                        "method": "write",
                        "args": [self.move.ids, {"account_ai_verdict": "send"}],
                        "kwargs": {"context": {"su": True, "sudo": True}},
                    }
                }
            ),
            headers={"Content-Type": "application/json"},
        )
        error = response.json()["error"]["data"]
        self.assertEqual(error["name"], "odoo.exceptions.AccessError")
        self.assertIn("account_ai_verdict", error["message"])
        self.assertFalse(self.move.account_ai_verdict)

"""What the tests of access share: three invoices, their readers, and the ways to
read."""

from collections.abc import Callable
from typing import Any

from odoo import Command
from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from odoo.addons.account_ai.services.documents.serialization import document_to_data

from ..agents.agents_documents import invoice
from ..validation.validation_case import ValidationCase
from .common import TIME_ZONE

SHOWN, HIDDEN, ELSEWHERE = "shown", "hidden", "elsewhere"
SECRET = "Asesoría reservada"


class AccessCase(ValidationCase):
    """Invoices that a customer's record rule shows or hides, or that another company
    has; each with everything that the addon keeps about an invoice."""

    uses_simulator = False
    uses_other_accounting = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        def user(login, groups, companies=cls.company):
            return new_test_user(
                cls.env,
                login=login,
                groups=f"{groups},base.group_allow_export",
                company_id=companies[0].id,
                company_ids=[Command.set(companies.ids)],
                tz=TIME_ZONE,
            )

        both = cls.company + cls.other_company
        invoicing = "account.group_account_invoice"
        cls.ai_only = user("ai_only", "account_ai.group_reviewer")
        cls.cost_manager = user("cost_manager", "account_ai.group_manager")
        cls.of_both = user("of_both", f"{invoicing},account_ai.group_manager", both)
        cls.sees_sent = user(
            "sees_sent", f"{invoicing},account_ai.group_user,account_ai.group_sent"
        )
        cls.system = user(
            "system", f"{invoicing},account_ai.group_manager,base.group_system"
        )
        for each in (cls.accountant, cls.reviewer, cls.manager, cls.other_accountant):
            each.group_ids += cls.env.ref("base.group_allow_export")
        cls.moves = {
            key: cls._create_shown_by_rule(key) for key in (SHOWN, HIDDEN, ELSEWHERE)
        }
        cls.env["ir.rule"].create(
            {
                "name": "A rule of a customer's own",
                "model_id": cls.env.ref("account.model_account_move").id,
                "domain_force": f"[('ref', '!=', '{HIDDEN}')]",
            }
        )

    @classmethod
    def _create_shown_by_rule(cls, key):
        company = cls.other_company if key == ELSEWHERE else cls.company
        partner = cls.env["res.partner"].create({"name": f"Cliente {key}"})
        journal = cls.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
        )
        return (
            cls.env["account.move"]
            .with_context(allowed_company_ids=company.ids)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "journal_id": journal.id,
                    "ref": key,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": SECRET, "price_unit": 1000, "tax_ids": False}
                        )
                    ],
                }
            )
            .with_env(cls.env)
        )

    @classmethod
    def keep_everything(cls):
        """Store one record of each kind about each invoice; return them by model."""
        records: dict[str, dict[str, Any]] = {}
        for key, move in cls.moves.items():
            for model, record in cls._keep(key, move).items():
                records.setdefault(model, {})[key] = record
        cls.env.flush_all()
        cls.env.invalidate_all()
        return records

    @classmethod
    def _keep(cls, key, move):
        env = cls.env
        of_move = {"move_id": move.id, "company_id": move.company_id.id}
        found = {"code": f"CODE_{key}", "origin": "rule", "severity": "error"}
        validation = env["account.ai.validation"].create(
            {
                **of_move,
                "run_uuid": f"run-{key}",
                "trigger": "user",
                "state": "done",
                "verdict": "review",
                "rules_verdict": "review",
                "facts": SECRET,
                "document_data": document_to_data(invoice(notes=SECRET)),
                "context_data": {"text": SECRET},
                "model_answer": {"text": SECRET, "stop_reason": "end_turn"},
            }
        )
        finding = env["account.ai.finding"].create(
            {
                **found,
                "validation_id": validation.id,
                "company_id": move.company_id.id,
                "evidence": SECRET,
                "facts_fingerprint": key,
            }
        )
        disposition = env["account.ai.disposition"].create(
            {
                **of_move,
                **found,
                "facts_fingerprint": f"other-{key}",
                "kind": "confirmed",
                "user_id": cls.reviewer.id,
            }
        )
        record = env["account.ai.posting.record"].create(
            {
                **of_move,
                "policy": "warn",
                "decision": "confirmed",
                "codes": f"CODE_{key}",
            }
        )
        reference = env["account.ai.document.reference"].create(
            {"move_id": move.id, "document_type_code": "801", "folio": f"OC-{key}"}
        )
        validation._write_verdict_on_move()
        return {
            "account.ai.validation": validation,
            "account.ai.finding": finding,
            "account.ai.disposition": disposition,
            "account.ai.posting.record": record,
            "account.ai.document.reference": reference,
            "account.ai.review": env["account.ai.review"].browse(move.id),
        }

    def as_user(self, user, model):
        """Return an empty recordset of ``model`` as the user has it over RPC."""
        records = self.env[model].with_user(user)
        return records.with_context(allowed_company_ids=user.company_ids.ids)

    def call(self, user, model, method, *args, **kwargs):
        """Call a method as the web client does; ``None`` when access is refused."""
        self.env.flush_all()
        self.env.invalidate_all()
        kwargs.setdefault("context", {"allowed_company_ids": user.company_ids.ids})
        try:
            return call_kw(self.env[model].with_user(user), method, args, kwargs)
        except AccessError:
            return None


Way = Callable[[AccessCase, Any, str, list[int]], set[int]]


def _found(answer) -> set[int]:
    return {values["id"] for values in answer or ()}


def _one_by_one(method: str, *args) -> Way:
    """Ask for each record by its id; those count that are answered."""

    def way(case, user, model, ids):
        return {
            record_id
            for record_id in ids
            if case.call(user, model, method, [record_id], *args)
        }

    return way


def _by_value(field: str) -> Way:
    """Ask for each record by what the field holds."""

    def way(case, user, model, ids):
        found = set()
        for record_id in ids:
            value = case.env[model].browse(record_id)[field]
            value = getattr(value, "id", value)
            domain = [("id", "in", ids), (field, "=", value)]
            found |= set(case.call(user, model, "search", domain) or ())
        return found

    return way


def _by_groups(method: str) -> Way:
    """Ask for each record by what a group of its own counts."""

    def way(case, user, model, ids):
        found = set()
        for record_id in ids:
            domain = [("id", "=", record_id)]
            answer = case.call(user, model, method, domain, ["company_id"], ["__count"])
            groups = answer["groups"] if isinstance(answer, dict) else answer
            if sum(group["__count"] for group in groups or ()):
                found.add(record_id)
        return found

    return way


def _by_name(method: str) -> Way:
    def way(case, user, model, ids):
        args = [{"display_name": {}}] if method == "web_name_search" else []
        found = case.call(
            user, model, method, "", *args, domain=[("id", "in", ids)], limit=1000
        )
        return {
            each["id"] if isinstance(each, dict) else each[0] for each in found or ()
        }

    return way


def _named_by_sudo(case, user, model, ids):
    """A many2one field of another model shows its name, whoever looks."""
    case.env.invalidate_all()
    records = case.as_user(user, model).sudo().browse(ids)
    return {
        record.id
        for record in records
        if record.display_name != f"{record._name},{record.id}"
    }


WAYS: dict[str, Way] = {
    "search": lambda case, user, model, ids: set(
        case.call(user, model, "search", [("id", "in", ids)]) or ()
    ),
    "search_count": lambda case, user, model, ids: {
        each
        for each in ids
        if case.call(user, model, "search_count", [("id", "=", each)])
    },
    "search_read": lambda case, user, model, ids: _found(
        case.call(user, model, "search_read", [("id", "in", ids)], ["move_id"])
    ),
    "web_search_read": lambda case, user, model, ids: _found(
        (case.call(user, model, "web_search_read", [("id", "in", ids)], {}) or {}).get(
            "records"
        )
    ),
    "search by value": _by_value("move_id"),
    "formatted_read_group": _by_groups("formatted_read_group"),
    "web_read_group": _by_groups("web_read_group"),
    "name_search": _by_name("name_search"),
    "web_name_search": _by_name("web_name_search"),
    "read": _one_by_one("read", ["move_id"]),
    "read of the id alone": _one_by_one("read", ["id"]),
    "read of the name": _one_by_one("read", ["display_name"]),
    "web_read": _one_by_one("web_read", {"move_id": {}}),
    "export_data": _one_by_one("export_data", [".id", "move_id/.id"]),
    "name shown elsewhere": _named_by_sudo,
}
"""Each returns the ids, of those that it is given, that the user gets to know."""

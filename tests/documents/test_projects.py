"""The contract of a project against what the books bill of it."""

from datetime import date

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..common.common import AccountAiCase
from ..validation.validation_case import ValidationMixin

DAY = date(2026, 3, 2)
CONTRACT = 1_000_000


class ProjectCase(ValidationMixin, AccountAiCase):
    uses_simulator = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.create_account("PSC-26")
        cls.project = cls.create_project(cls.account)

    @classmethod
    def create_account(cls, code, **values):
        plan = cls.env.ref("analytic.analytic_plan_projects")
        return cls.env["account.analytic.account"].create(
            {"name": code, "code": code, "plan_id": plan.id, **values}
        )

    @classmethod
    def create_project(cls, account, **values):
        return cls.env["project.project"].create(
            {
                "name": "Planta Santa Cruz",
                "account_id": account.id,
                "company_id": cls.company.id,
                "partner_id": cls.partner.id,
                "account_ai_contract_amount": CONTRACT,
                **values,
            }
        )

    def invoice(self, price, share=100, account=None, post=False, **values):
        """Return a document whose only line charges a share of it to an account."""
        account = account or self.account
        move = self.create_move(
            [
                {
                    "name": "Mantención de bombas de agua",
                    "price_unit": price,
                    "analytic_distribution": {str(account.id): share},
                }
            ],
            invoice_date=DAY,
            **values,
        )
        if post:
            move.action_post()
        return move

    def evidence(self, move, user=None):
        """Return what the rule says of a document, empty when it does not fire."""
        self.synchronize()
        user = user or self.accountant
        env = self.env(user=user, context={"allowed_company_ids": user.company_ids.ids})
        reading = env["account.ai.document.reader"]._read_with_places(
            env["account.move"].browse(move.id)
        )[move.id]
        return [
            finding.evidence
            for finding in env["account.ai.validation"]
            ._judge_by_rules([reading])[0]
            .findings
            if finding.code == "PROJECT_OVERBILLING"
        ]


@tagged("post_install", "-at_install")
class TestContract(ProjectCase):
    """Found in Odoo, as a user who validates and has no rights on projects."""

    def test_more_than_the_contract(self):
        self.invoice(900_000, post=True)
        self.assertEqual(
            self.evidence(self.invoice(100_001)), ["900.000 + 100.001 > 1.000.000"]
        )

    def test_up_to_the_contract(self):
        self.invoice(900_000, post=True)
        self.assertEqual(self.evidence(self.invoice(100_000)), [])

    def test_drafts_and_cancelled_ones_do_not_count(self):
        self.invoice(900_000)
        self.invoice(900_000, post=True).button_draft()
        self.invoice(900_000).button_cancel()
        self.assertEqual(self.evidence(self.invoice(1_000_000)), [])

    def test_a_credit_note_gives_back(self):
        first = self.invoice(900_000, post=True)
        second = self.invoice(150_000)
        self.assertTrue(self.evidence(second))
        self.invoice(
            50_000,
            move_type="out_refund",
            code="61",
            reversed_entry_id=first.id,
            post=True,
        )
        self.assertEqual(self.evidence(second), [])
        second.invoice_line_ids.price_unit = 150_001
        self.assertEqual(self.evidence(second), ["850.000 + 150.001 > 1.000.000"])

    def test_a_credit_note_is_not_judged(self):
        self.invoice(1_500_000, post=True)
        note = self.invoice(100_000, move_type="out_refund", code="61")
        self.assertEqual(self.evidence(note), [])

    def test_shares_count(self):
        """A quarter of what was posted, and half of what is judged."""
        self.invoice(2_000_000, share=25, post=True)
        self.assertEqual(self.evidence(self.invoice(1_000_000, share=50)), [])
        self.assertEqual(
            self.evidence(self.invoice(1_000_002, share=50)),
            ["500.000 + 500.001 > 1.000.000"],
        )

    def test_shares_of_a_peso_are_rounded(self):
        self.assertEqual(self.evidence(self.invoice(3_000_000, share=33.33333334)), [])

    def test_lines_count_apart(self):
        """Only what the lines charge to the project, together with another plan."""
        move = self.invoice(400_000)
        other = self.create_account("OTRO")
        move.invoice_line_ids = [
            Command.create(
                {
                    "name": "Otro trabajo",
                    "price_unit": 5_000_000,
                    "analytic_distribution": {str(other.id): 100},
                }
            ),
            Command.create(
                {
                    "name": "Repuestos",
                    "price_unit": 600_000,
                    "analytic_distribution": {f"{self.account.id},{other.id}": 100},
                }
            ),
        ]
        self.assertEqual(self.evidence(move), [])
        move.invoice_line_ids[0].price_unit += 1
        self.assertEqual(self.evidence(move), ["0 + 1.000.001 > 1.000.000"])

    def test_each_of_several_projects(self):
        """A document for two projects is judged for each with its part."""
        account = self.create_account("PSC-27")
        self.create_project(account, account_ai_contract_amount=300_000)
        move = self.invoice(1_000_000, share=60)
        line = move.invoice_line_ids
        line.analytic_distribution = {str(self.account.id): 60, str(account.id): 40}
        self.assertEqual(self.evidence(move), ["0 + 400.000 > 300.000"])

    def test_a_posted_document_does_not_count_twice(self):
        move = self.invoice(1_000_000, post=True)
        self.assertEqual(self.evidence(move), [])
        self.invoice(1, post=True)
        self.assertEqual(self.evidence(move), ["1 + 1.000.000 > 1.000.000"])

    def test_bills_are_none_of_the_contract(self):
        self.invoice(900_000, post=True)
        bill = self.invoice(
            500_000, move_type="in_invoice", l10n_latam_document_number="4711"
        )
        self.assertEqual(self.evidence(bill), [])
        bill.action_post()
        self.assertEqual(self.evidence(self.invoice(100_000)), [])

    def test_the_net_amount_is_judged(self):
        """VAT is not part of a contract."""
        move = self.invoice(CONTRACT)
        self.assertEqual(move.amount_total, 1_190_000)
        self.assertEqual(self.evidence(move), [])

    def test_another_currency_is_converted(self):
        """An invoice in dollars bills the pesos that the books have of it."""
        dollars = self.env.ref("base.USD")
        dollars.active = True
        dollars.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": dollars.id,
                "company_id": self.company.id,
                "name": DAY,
                "inverse_company_rate": 950,
            }
        )
        self.invoice(1_000, currency_id=dollars.id, post=True)
        self.assertEqual(self.evidence(self.invoice(50_000)), [])
        self.assertEqual(
            self.evidence(self.invoice(1_000, currency_id=dollars.id)),
            ["950.000 + 950.000 > 1.000.000"],
        )

    # === SILENT === #

    def test_without_a_contract_nothing_is_said(self):
        self.project.account_ai_contract_amount = False
        self.invoice(900_000, post=True)
        self.assertEqual(self.evidence(self.invoice(9_000_000)), [])

    def test_a_contract_in_another_currency(self):
        """Entered in a company of dollars, for a project of all companies."""
        self.other_company.currency_id = self.env.ref("base.USD")
        project = self.create_project(
            self.create_account("USD"),
            company_id=False,
            account_ai_contract_amount=False,
        )
        project.with_company(self.other_company).account_ai_contract_amount = 1_000
        self.assertEqual(project.account_ai_contract_currency_id.name, "USD")
        move = self.invoice(9_000_000, account=project.account_id)
        self.assertEqual(self.evidence(move), [])
        project.account_ai_contract_currency_id = self.env.ref("base.CLP")
        self.assertTrue(self.evidence(move))

    def test_the_project_of_another_company(self):
        """What that company bills does not count either."""
        self.env["account.chart.template"].try_loading(
            "cl", company=self.other_company, install_demo=False
        )
        shared = self.create_account("AMBAS")
        project = self.create_project(shared, company_id=False)
        self.assertEqual(project.company_id, self.env["res.company"])
        theirs = self.invoice(900_000, account=shared, company=self.other_company)
        theirs.action_post()
        both = new_test_user(
            self.env,
            login="both",
            groups="account.group_account_invoice,account_ai.group_user",
            company_id=self.company.id,
            company_ids=[Command.set((self.company | self.other_company).ids)],
        )
        move = self.invoice(150_000, account=shared)
        self.assertEqual(self.evidence(move, both), [])
        self.invoice(900_000, account=shared, post=True)
        self.assertTrue(self.evidence(move, both))
        self.env.cr.execute(
            "UPDATE project_project SET company_id = %s WHERE id = %s",
            (self.other_company.id, project.id),
        )
        self.env.invalidate_all()
        self.assertEqual(self.evidence(move, both), [])

    def test_an_account_of_two_projects(self):
        """What was billed cannot be told apart."""
        self.create_project(self.account)
        self.assertEqual(self.evidence(self.invoice(9_000_000)), [])

    # === ACCESS AND COST === #

    def test_who_may_not_see_contracts_hears_nothing_of_them(self):
        """Neither the amount, nor by a rule what it is."""
        move = self.invoice(9_000_000)
        self.assertTrue(self.evidence(move, self.accountant))
        employee = new_test_user(
            self.env,
            login="employee",
            groups="project.group_project_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        project = self.project.with_user(employee)
        with self.assertRaises(AccessError):
            project.read(["account_ai_contract_amount"])
        self.assertNotIn("account_ai_contract_amount", project.fields_get())
        arch = project.get_view(self.env.ref("project.edit_project").id)["arch"]
        self.assertNotIn('name="account_ai', arch)
        theirs = project.create({"name": "Campamento"})
        theirs.name = "Campamento Norte"
        self.assertFalse(theirs.sudo().account_ai_contract_amount)

    def test_invoices_that_the_user_may_not_read_do_not_count(self):
        self.invoice(900_000, post=True)
        move = self.invoice(150_000)
        self.assertTrue(self.evidence(move))
        for rule in self.env["ir.rule"].search(
            [("model_id.model", "in", ("account.move", "account.move.line"))]
        ):
            rule.active = not rule.groups
        for model, field in (("move", "id"), ("move_line", "move_id")):
            self.env["ir.rule"].create(
                {
                    "name": "only one document",
                    "model_id": self.env.ref(f"account.model_account_{model}").id,
                    "domain_force": f"[('{field}', '=', {move.id})]",
                }
            )
        self.assertEqual(self.evidence(move), [])

    def test_project_that_the_user_may_not_read(self):
        self.project.privacy_visibility = "followers"
        self.assertEqual(self.evidence(self.invoice(9_000_000)), [])

    def test_two_queries_for_all_documents(self):
        """Projects with their contracts, and what was billed."""
        moves = self.env["account.move"]
        for number in range(5):
            account = self.create_account(f"P-{number}")
            self.create_project(account)
            self.invoice(100_000, account=account, post=True)
            moves += self.invoice(100_000, account=account)
        plain = self.create_move(invoice_date=DAY)
        base = self.queries(plain)
        self.assertEqual(self.queries(moves[0]), base + 2)
        self.assertEqual(self.queries(moves), base + 2)
        self.env["project.project"].search([]).account_ai_contract_amount = False
        self.assertEqual(self.queries(moves), base + 1)

    def queries(self, moves):
        reader = self.env["account.ai.document.reader"]
        reader._read_with_places(moves)
        self.synchronize()
        before = self.env.cr.sql_log_count
        reader._read_with_places(moves)
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestProjectForm(ProjectCase):
    """What a project shows of its contract."""

    def test_what_was_billed(self):
        invoice = self.invoice(2_000_000, share=25, post=True)
        self.invoice(100_000)
        self.assertEqual(self.project.account_ai_billed_amount, 500_000)
        values = {
            "invoice_date": DAY,
            "l10n_latam_document_type_id": self.document_type("61").id,
        }
        note = invoice._reverse_moves([values])
        note.action_post()
        self.project.invalidate_recordset()
        self.assertEqual(self.project.account_ai_billed_amount, 0)

    def test_currency(self):
        """The company's; without one, that in which the amount was entered."""
        clp = self.env.ref("base.CLP")
        self.assertEqual(self.project.account_ai_contract_currency_id, clp)
        project = self.create_project(self.create_account("X"), company_id=False)
        self.assertEqual(project.account_ai_contract_currency_id, clp)
        self.other_company.currency_id = self.env.ref("base.USD")
        theirs = project.with_company(self.other_company)
        theirs.account_ai_contract_amount = 2_000_000
        self.assertEqual(theirs.account_ai_contract_currency_id, clp)
        self.assertEqual(theirs.account_ai_billed_amount, 0)

    def test_only_for_chilean_companies(self):
        form = self.env.ref("project.edit_project")
        self.assertTrue(self.project.account_ai_has_contracts)
        self.other_company.account_fiscal_country_id = self.env.ref("base.pe")
        project = self.create_project(
            self.create_account("PE"), company_id=self.other_company.id
        )
        self.assertFalse(project.account_ai_has_contracts)
        with Form(self.project, view=form) as shown:
            shown.account_ai_contract_amount = 5
        with Form(project, view=form) as hidden, self.assertRaises(AssertionError):
            hidden.account_ai_contract_amount = 5

    def test_an_amount_below_zero(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.project.account_ai_contract_amount = -1
            self.env.flush_all()

    def test_a_copy_has_no_contract(self):
        self.assertFalse(self.project.copy().account_ai_contract_amount)

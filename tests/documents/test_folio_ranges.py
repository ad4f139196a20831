"""Authorised folios: what the rules get, and whom they warn."""

from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, tagged

from odoo.addons.account_ai.services.documents.context import FolioRange

from ..common.common import AccountAiCase
from ..validation.validation_case import ValidationMixin


@tagged("post_install", "-at_install")
class TestFolioRanges(ValidationMixin, AccountAiCase):
    uses_simulator = False

    def create_range(self, first=1, last=100, code="33", user=None, **values):
        ranges = self.env(user=user or self.manager)["account.ai.folio.range"]
        return ranges.create(
            {
                "company_id": self.company.id,
                "document_type_id": self.document_type(code).id,
                "first": first,
                "last": last,
                "authorised_on": date(2026, 1, 31),
                **values,
            }
        )

    def codes_of(self, move):
        """Return the codes of what the rules find in a document."""
        self.synchronize()
        env = self.env(user=self.accountant)
        move = env["account.move"].browse(move.id)
        readings = env["account.ai.document.reader"]._read_with_places(move)
        judged = env["account.ai.validation"]._judge_by_rules([readings[move.id]])[0]
        return {finding.code for finding in judged.findings}

    def context_of(self, move):
        self.synchronize()
        reader = self.env["account.ai.document.reader"]
        return reader._read_with_places(move)[move.id].context

    # === RANGES === #

    def test_folios_with_tax_credit_expire_after_six_months(self):
        self.assertEqual(self.create_range().expires_on, date(2026, 7, 31))
        self.assertEqual(
            self.create_range(
                authorised_on="2026-08-31", first=200, last=300
            ).expires_on,
            date(2027, 2, 28),
        )
        self.assertFalse(self.create_range(code="34").expires_on)

    def test_ranges_do_not_overlap(self):
        self.create_range(1, 100)
        self.create_range(1, 100, code="34")
        with self.assertRaises(ValidationError):
            self.create_range(100, 200)

    def test_rules_get_the_ranges_of_the_company(self):
        move = self.create_move()
        self.assertIsNone(self.context_of(move).folio_ranges, "nobody keeps them")
        self.create_range(1, 100)
        self.create_range(5, 9, code="34")
        self.assertEqual(
            self.context_of(move).folio_ranges,
            (
                FolioRange("33", 1, 100, date(2026, 1, 31)),
                FolioRange("34", 5, 9, date(2026, 1, 31)),
            ),
        )
        note = self.create_move(move_type="out_refund", code="61")
        self.assertIsNone(self.context_of(note).folio_ranges, "not those of this type")
        bill = self.create_move(move_type="in_invoice", invoice_date="2026-03-02")
        self.assertIsNone(self.context_of(bill).folio_ranges, "not our folios")

    def test_change_is_seen_at_once(self):
        folios = self.create_range(1, 100)
        move = self.create_move()
        self.assertEqual(self.context_of(move).folio_ranges[0].last, 100)
        folios.last = 50
        self.assertEqual(self.context_of(move).folio_ranges[0].last, 50)
        folios.unlink()
        self.assertIsNone(self.context_of(move).folio_ranges)

    def test_folio_outside_of_the_range_is_found(self):
        move = self.create_move(invoice_date=date(2026, 3, 2))
        move.action_post()
        self.assertNotIn("FOLIO_OUT_OF_RANGE", self.codes_of(move))
        folios = self.create_range(500, 600)
        self.assertIn("FOLIO_OUT_OF_RANGE", self.codes_of(move))
        folios.write({"first": 1})
        self.assertNotIn("FOLIO_OUT_OF_RANGE", self.codes_of(move))

    def test_enterprise_keeps_its_own(self):
        """Where l10n_cl_edi is, its ranges count, and the menu is gone."""
        self.create_range()
        menu = self.env.ref("account_ai.menu_account_ai_folio_ranges")
        menus = self.env["ir.ui.menu"]
        self.assertNotIn(menu.id, menus._load_menus_blacklist())
        ranges = type(self.env["account.ai.folio.range"])
        with patch.object(ranges, "_is_kept_here", lambda model: False):
            self.assertIn(menu.id, menus._load_menus_blacklist())
            self.env.cr.execute(
                """
                CREATE TABLE l10n_cl_dte_caf (
                    company_id int, l10n_latam_document_type_id int,
                    start_nb int, final_nb int, issued_date date)
                """
            )
            self.env.cr.execute(
                "INSERT INTO l10n_cl_dte_caf VALUES (%s, %s, 7, 70, '2026-02-01')",
                (self.company.id, self.document_type("33").id),
            )
            self.assertEqual(
                self.context_of(self.create_move()).folio_ranges,
                (FolioRange("33", 7, 70, date(2026, 2, 1)),),
            )

    # === WARNINGS === #

    def warn(self, day):
        with freeze_time(f"{day} 12:00:00"):
            self.env["account.ai.folio.range"]._cron_warn()

    def test_managers_are_told_once_before_folios_expire(self):
        folios = self.create_range()
        self.warn("2026-07-15")
        self.assertFalse(folios.activity_ids)
        for day in ("2026-07-16", "2026-07-17"):
            self.warn(day)
            activities = folios.activity_ids
            self.assertIn(self.manager, activities.user_id)
            self.assertNotIn(self.accountant, activities.user_id)
            self.assertEqual(len(activities), len(activities.user_id), "one each")

    def test_managers_are_told_once_before_folios_run_out(self):
        folios = self.create_range(1, 10, code="34")
        moves = self.create_move(code="34", invoice_date="2026-03-02")
        moves.l10n_latam_document_number = "8"
        moves.action_post()
        self.assertEqual(folios.remaining, 2)
        self.warn("2026-03-03")
        self.assertFalse(folios.activity_ids)
        last = self.create_move(code="34", invoice_date="2026-03-02")
        last.action_post()
        folios.invalidate_recordset()
        self.assertEqual(folios.remaining, 1)
        for day in ("2026-03-03", "2026-03-04"):
            self.warn(day)
            activities = folios.activity_ids
            self.assertIn(self.manager, activities.user_id)
            self.assertEqual(len(activities), len(activities.user_id))

    def test_nobody_is_told_when_there_are_others(self):
        folios = self.create_range()
        self.create_range(101, 200, authorised_on="2026-06-30")
        self.warn("2026-07-20")
        self.assertFalse(folios.activity_ids)

    # === ACCESS === #

    def test_only_administrators_change_them(self):
        folios = self.create_range()
        self.assertEqual(folios.with_user(self.accountant).first, 1)
        with self.assertRaises(AccessError):
            folios.with_user(self.reviewer).last = 7
        with self.assertRaises(AccessError):
            self.create_range(500, 600, user=self.accountant)
        with self.assertRaises(AccessError):
            folios.with_user(self.other_accountant).read(["first"])
        with self.assertRaises(AccessError):
            folios.with_user(self.plain_accountant).read(["first"])

"""Settings, consent, and what a neutralized or uninstalled database keeps."""

import os
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import file_open

from odoo.addons.account_ai import uninstall_hook
from odoo.addons.account_ai.models.gateway.account_ai_gateway import (
    API_KEY_PARAMETER,
    BASE_URL_PARAMETER,
)

from .common import TEST_KEY, AccountAiCase

NEW_KEY = "sk-ant-new-0002"


@tagged("post_install", "-at_install")
class TestSettings(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def parameter(self, name):
        return self.env["ir.config_parameter"].get_param(name)

    def test_the_key_goes_in_and_never_comes_out(self):
        with Form(self.env["res.config.settings"]) as form:
            self.assertFalse(form.account_ai_api_key)
            self.assertEqual(form.account_ai_key_source, "database")
            form.account_ai_api_key = f"  {NEW_KEY}\n"
        settings = form.record
        settings.execute()
        self.assertEqual(self.parameter(API_KEY_PARAMETER), NEW_KEY)

        settings.invalidate_recordset()
        fields = {name: {} for name in settings._fields if "account_ai" in name}
        for values in (settings.web_read(fields), settings.read(list(fields))):
            self.assertNotIn(NEW_KEY, str(values))
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT row_to_json(s)::text FROM res_config_settings s WHERE id = %s",
            [settings.id],
        )
        self.assertNotIn(NEW_KEY, self.env.cr.fetchone()[0])

    def test_saving_without_a_new_key_keeps_the_old_one(self):
        with Form(self.env["res.config.settings"]) as form:
            form.account_ai_mask_persons = False
        form.record.execute()
        self.assertEqual(self.parameter(API_KEY_PARAMETER), TEST_KEY)
        self.assertFalse(self.company.account_ai_mask_persons)

    def test_a_key_can_be_removed(self):
        settings = self.env["res.config.settings"].create({})
        settings.action_account_ai_remove_key()
        self.assertFalse(self.parameter(API_KEY_PARAMETER))
        self.env.invalidate_all()
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.account_ai_key_source, "none")

    def test_the_page_says_when_the_environment_wins(self):
        environment = {
            "ACCOUNT_AI_API_KEY": "sk-ant-server",
            "ACCOUNT_AI_BASE_URL": "http://127.0.0.1:9",
        }
        with patch.dict(os.environ, environment):
            settings = self.env["res.config.settings"].create({})
            self.assertEqual(settings.account_ai_key_source, "environment")
            self.assertTrue(settings.account_ai_base_url_from_environment)
            self.assertEqual(
                settings.account_ai_base_url_placeholder, "http://127.0.0.1:9"
            )
            self.assertNotIn("sk-ant-server", str(settings.read()))

    def test_the_key_is_not_sent_in_the_clear(self):
        settings = self.env["res.config.settings"].create(
            {"account_ai_base_url": "http://proxy.example"}
        )
        with self.assertRaises(UserError):
            settings.execute()

    def test_the_address_is_kept_without_its_last_slash(self):
        settings = self.env["res.config.settings"].create(
            {"account_ai_base_url": " https://proxy.example/claude/ "}
        )
        settings.execute()
        self.assertEqual(
            self.parameter(BASE_URL_PARAMETER), "https://proxy.example/claude"
        )

    def test_the_button_says_what_is_wrong(self):
        settings = self.env["res.config.settings"].create({})
        action = settings.action_account_ai_test_connection()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("connection", action["params"]["message"])

    def test_settings_are_for_system_administrators(self):
        settings = self.env["res.config.settings"].create({})
        for user in (self.accountant, self.manager):
            as_user = settings.with_user(user)
            with self.assertRaises(AccessError):
                as_user.action_account_ai_test_connection()
            with self.assertRaises(AccessError):
                as_user.action_account_ai_remove_key()
        self.assertTrue(self.parameter(API_KEY_PARAMETER))

    def test_facts_are_kept_for_a_day_at_least(self):
        settings = self.env["account.ai.company.settings"].with_user(self.manager)
        with self.assertRaises(UserError):
            settings.create({"retention_days": 0}).action_apply()

    def test_an_administrator_of_the_addon_decides_for_the_company(self):
        settings = self.env["account.ai.company.settings"].with_user(self.manager)
        with Form(settings) as form:
            self.assertTrue(form.mask_persons)
            self.assertEqual(form.model_placeholder, "claude-haiku-5-5")
            form.mask_persons = False
            form.language = "en"
            form.model_id = self.env["account.ai.model"].search(
                [("model", "=", "claude-sonnet-5-5")]
            )
            form.effort = "medium"
            form.retention_days = 90
        form.record.action_apply()
        self.assertFalse(self.company.account_ai_mask_persons)
        self.assertEqual(self.company.account_ai_language, "en")
        self.assertEqual(self.company.account_ai_model, "claude-sonnet-5-5")
        self.assertEqual(self.company.account_ai_effort, "medium")
        self.assertEqual(self.company.account_ai_retention_days, 90)

    def test_others_do_not_decide_for_the_company(self):
        settings = self.env["account.ai.company.settings"]
        with self.assertRaises(AccessError):
            settings.with_user(self.reviewer).create({})
        with self.assertRaises(AccessError):
            elsewhere = settings.create({"company_id": self.other_company.id})
            elsewhere.with_user(self.manager).action_apply()


@tagged("post_install", "-at_install")
class TestConsent(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def setUp(self):
        super().setUp()
        self.company._account_ai_withdraw_consent()

    def test_who_when_and_which_text_is_recorded(self):
        consents = self.env["account.ai.consent"].with_user(self.manager)
        consents.create({"company_id": self.company.id}).action_confirm()
        self.assertTrue(self.company._account_ai_has_consent())
        self.assertEqual(self.company.account_ai_consent_user_id, self.manager)
        self.assertTrue(self.company.account_ai_consent_date)
        self.assertTrue(self.company.account_ai_consent_version)

    def test_it_can_be_switched_off(self):
        consents = self.env["account.ai.consent"].with_user(self.manager)
        consent = consents.create({"company_id": self.company.id})
        consent.action_confirm()
        consent.action_withdraw()
        self.assertFalse(self.company._account_ai_has_consent())
        self.assertEqual(self.company.account_ai_consent_user_id, self.manager)

    def test_a_new_text_asks_again(self):
        self.company._account_ai_grant_consent()
        module = "odoo.addons.account_ai.models.common.res_company"
        with patch(f"{module}.CONSENT_VERSION", "2027-01"):
            self.assertFalse(self.company._account_ai_has_consent())

    def test_the_dialog_shows_what_holds_for_the_company(self):
        self.company.account_ai_retention_days = 45
        consents = self.env["account.ai.consent"].with_user(self.manager)
        with Form(consents.with_context(default_company_id=self.company.id)) as form:
            self.assertEqual(form.retention_days, 45)
            self.assertTrue(form.simulated)
            self.assertIn("http://127.0.0.1", form.endpoint)

    def test_consent_is_not_given_by_writing_a_field(self):
        admin = self.env.ref("base.user_admin")
        self.assertTrue(admin.has_group("base.group_system"))
        company = self.company.with_user(admin).with_company(self.company)
        with self.assertRaises(UserError):
            company.write({"account_ai_enabled": True})
        with self.assertRaises(UserError):
            company.create({"name": "New", "account_ai_enabled": True})
        self.assertFalse(self.company.account_ai_enabled)

    def test_users_and_strangers_cannot_consent(self):
        with self.assertRaises(AccessError):
            self.company.with_user(self.reviewer)._account_ai_grant_consent()
        with self.assertRaises(AccessError):
            self.other_company.with_user(self.manager)._account_ai_grant_consent()
        with self.assertRaises(AccessError):
            self.env["account.ai.consent"].with_user(self.accountant).create({})

    def test_only_chilean_companies_can_consent(self):
        company = self.env["res.company"].create(
            {"name": "Lima SAC", "country_id": self.env.ref("base.pe").id}
        )
        self.assertFalse(company._account_ai_is_available())
        with self.assertRaises(UserError):
            company._account_ai_grant_consent()

    def test_settings_page_switches_it_on_and_off(self):
        settings = self.env["res.config.settings"].create({})
        self.assertFalse(settings.account_ai_has_consent)
        action = settings.action_account_ai_consent()
        dialog = self.env[action["res_model"]].with_context(**action["context"])
        dialog.create({}).action_confirm()
        self.assertTrue(self.company._account_ai_has_consent())
        settings.action_account_ai_withdraw()
        self.assertFalse(self.company._account_ai_has_consent())


@tagged("post_install", "-at_install")
class TestNeutralize(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def test_a_neutralized_copy_sends_nothing(self):
        with file_open("account_ai/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertFalse(self.env["account.ai.gateway"]._api_key())
        self.assertFalse(self.company._account_ai_has_consent())

    def test_uninstalling_removes_the_parameters(self):
        uninstall_hook(self.env)
        kept = self.env["ir.config_parameter"].search([("key", "like", "account_ai")])
        self.assertFalse(kept)

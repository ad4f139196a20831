"""The catalogue of models: what the API tells, and what companies choose from it."""

import re
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, Form, tagged

from odoo.addons.account_ai.services.claude.http.client import ClaudeClient

from .models_case import HAIKU, OLD_SONNET, OPUS, SONNET, ModelsCase


@tagged("post_install", "-at_install")
class TestCatalogue(ModelsCase):
    uses_accounting = False

    def test_the_default_models_are_there_before_the_api_was_asked(self):
        self.assertTrue(self.model(HAIKU))
        self.assertFalse(self.model(HAIKU).synchronized_at)

    def test_everything_that_the_api_tells_is_kept(self):
        self.read_catalogue()
        haiku = self.model(HAIKU)
        self.assertEqual(haiku.name, "Claude Haiku 5.5")
        self.assertEqual((haiku.family, haiku.lifecycle), ("haiku", "active"))
        self.assertEqual(haiku.released_at, datetime(2026, 10, 7))
        self.assertEqual(haiku.max_input_tokens, 1_000_000)
        self.assertEqual(haiku.max_output_tokens, 128_000)
        self.assertIn("structured outputs", haiku.capability_names)
        self.assertTrue(haiku.synchronized_at)
        sonnet = self.model(OLD_SONNET)
        self.assertEqual(f"{sonnet.retires_on}T00:00:00Z", self.in_days(10))

    def test_retired_models_are_told_too(self):
        self.read_catalogue()
        self.assertEqual(self.model("claude-3-haiku-20240307").lifecycle, "retired")

    def test_reading_it_twice_changes_nothing(self):
        self.read_catalogue()
        before = {each.model: each.message_ids for each in self.models.search([])}
        self.read_catalogue()
        after = {each.model: each.message_ids for each in self.models.search([])}
        self.assertEqual(before, after)

    def test_a_model_that_vanished_is_kept_and_retired(self):
        self.read_catalogue()
        # Before its release, the API does not know it.
        self.simulator.control.settings(clock="2026-10-01T00:00:00Z")
        self.read_catalogue()
        haiku = self.model(HAIKU)
        self.assertEqual(haiku.lifecycle, "retired")
        self.assertTrue(haiku.gone_at)
        self.simulator.control.settings(clock="2026-11-20T12:00:00Z")
        self.read_catalogue()
        self.assertEqual((haiku.lifecycle, haiku.gone_at), ("active", False))

    def test_a_model_that_was_never_listed_is_left_alone(self):
        own = self.models.create({"model": "corp-fast", "name": "Own"})
        self.read_catalogue()
        self.assertEqual(own.lifecycle, "active")

    def test_an_alias_lives_as_long_as_its_model(self):
        alias = self.models.create({"model": "claude-sonnet-4-5", "name": "Alias"})
        self.read_catalogue()
        self.assertEqual(alias.lifecycle, "deprecated")
        self.assertEqual(f"{alias.retires_on}T00:00:00Z", self.in_days(10))

    def test_an_answer_that_is_not_claudes_changes_nothing(self):
        self.read_catalogue()
        for kind in ("html", "empty_body", "overloaded", "authentication"):
            with self.subTest(kind):
                self.simulator.control.fault(kind, match={"endpoint": "models"})
                self.read_catalogue()
                self.assertEqual(self.model(HAIKU).lifecycle, "active")

    def test_a_list_of_another_program_changes_nothing(self):
        self.read_catalogue()
        listed = [{"id": "gpt-4o", "object": "model"}]
        with patch.object(ClaudeClient, "models", lambda *a: listed):
            self.read_catalogue()
        self.assertEqual(self.model(HAIKU).lifecycle, "active")
        self.assertFalse(self.model("gpt-4o"))

    def read_list(self, listed):
        with patch.object(ClaudeClient, "models", lambda *a: listed):
            self.read_catalogue()

    def test_what_can_be_used_of_a_malformed_list_is_used(self):
        self.read_catalogue()
        before = self.model(HAIKU).read(["name", "retires_at", "max_input_tokens"])
        odd = {
            "type": "model",
            "id": HAIKU,
            "display_name": 5,
            "line": ["haiku"],
            "lifecycle": {"stage": "retired"},
            "created_at": "yesterday",
            "retires_at": 2**70,
            "max_input_tokens": "many",
            "max_tokens": 2**40,
            "capabilities": "all",
        }
        entries = [
            *(None, "claude", 5, [], {}, {"type": "model"}, {"id": "claude-x"}),
            *({"type": "model", "id": None}, {"type": "model", "id": 5}),
            *({"type": "model", "id": ""}, {"type": "model", "id": "a\x00b"}),
            {"type": "model", "id": "x" * 5000},
            odd,
            {"type": "model", "id": HAIKU, "lifecycle": "retired"},
            {
                "type": "model",
                "id": "claude-new-1",
                "display_name": "New\x00 \ud800 model",
                "retires_at": "0001-01-01T00:00:00+14:00",
                "capabilities": {"effort": "yes", "a\x00": True, "batch": {}},
            },
        ]
        with self.assertLogs("odoo.addons.account_ai.services.claude.http.catalogue"):
            self.read_list(entries)
        self.assertEqual(self.model(HAIKU).lifecycle, "active")
        self.assertEqual(
            self.model(HAIKU).read(["name", "retires_at", "max_input_tokens"]), before
        )
        new = self.model("claude-new-1")
        self.assertEqual((new.name, new.lifecycle), ("New  model", "active"))
        self.assertEqual(self.model(SONNET).lifecycle, "active", "may be among them")
        self.company.account_ai_model = "claude-new-1"
        self.company.account_ai_effort = "high"
        self.assertEqual(self.settings.effort, "high")

    def test_lists_that_mean_nothing_change_nothing(self):
        self.read_catalogue()
        for listed in ([], [None], [{"type": "model"}], ["x"] * 3, [{"id": HAIKU}]):
            with self.subTest(listed):
                self.read_list(listed)
                self.assertEqual(self.model(HAIKU).lifecycle, "active")

    def test_a_huge_list_is_read_in_part(self):
        self.read_catalogue()
        known = self.models.search_count([])
        listed = [{"type": "model", "id": f"m-{number}"} for number in range(2000)]
        with self.assertLogs("odoo.addons.account_ai.services.claude.http.catalogue"):
            self.read_list(listed)
        self.assertLessEqual(self.models.search_count([]), known + 500)
        self.assertEqual(self.model(HAIKU).lifecycle, "active")

    def test_pages_without_an_end(self):
        self.read_catalogue()
        for data in ([{"type": "model", "id": "a"}], [None], [{"id": 5}]):
            page = {"data": data, "has_more": True}
            with (
                self.subTest(data),
                patch.object(ClaudeClient, "get", lambda *a, page=page, **_: page),
            ):
                self.read_catalogue()
                self.assertEqual(self.model(HAIKU).lifecycle, "active")

    def test_it_is_read_in_pages(self):
        pages = []
        real = ClaudeClient.get

        def small_page(client, path, query, **options):
            pages.append(query)
            return real(client, path, {**query, "limit": "3"}, **options)

        with patch.object(ClaudeClient, "get", small_page):
            self.read_catalogue()
        self.assertEqual(len(pages), 3)
        self.assertEqual(len(self.models.search([("synchronized_at", "!=", False)])), 7)

    def test_the_network_is_not_waited_for_in_a_transaction(self):
        order = []
        told = [{"type": "model", "id": HAIKU, "display_name": "Haiku"}]

        def commit(*_args, **_kwargs):
            order.append("commit")

        def ask(*_args):
            order.append("network")
            return told

        with (
            patch.object(type(self.env["ir.cron"]), "_commit_progress", commit),
            patch.object(ClaudeClient, "models", ask),
        ):
            self.models._synchronize()
        self.assertEqual(order[:2], ["commit", "network"])

    def test_the_button_says_what_came_of_it(self):
        models_ = self.models.with_user(self.manager)
        action = models_.action_synchronize()
        self.assertEqual(action["params"]["type"], "success")
        self.assertIn("7", action["params"]["message"])
        self.use_endpoint(self.simulator.base_url, api_key="sk-ant-invalid-1")
        action = models_.action_synchronize()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("key", action["params"]["message"])

    def test_who_may_do_what(self):
        haiku = self.model(HAIKU)
        for user in (self.accountant, self.reviewer, self.plain_accountant):
            with self.assertRaises(AccessError):
                haiku.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                self.models.with_user(user).action_synchronize()
        self.assertTrue(haiku.with_user(self.manager).read(["name"]))
        with self.assertRaises(AccessError):
            haiku.with_user(self.manager).write({"own_input": 1})
        with self.assertRaises(AccessError):
            self.models.with_user(self.manager).name_create("claude-new")
        admin = self.env.ref("base.user_admin")
        haiku.with_user(admin).write({"own_input": 1})
        with self.assertRaises(AccessError):
            haiku.with_user(admin).unlink()

    def test_an_id_is_not_changed(self):
        with self.assertRaises(UserError):
            self.model(HAIKU).model = "claude-haiku-6"

    def test_found_by_name_and_by_id(self):
        self.read_catalogue()
        for text in ("haiku-5-5", "Haiku 5.5"):
            found = [id_ for id_, _name in self.models.name_search(text)]
            self.assertEqual(found, self.model(HAIKU).ids)


@tagged("post_install", "-at_install")
class TestChosenModel(ModelsCase):
    uses_accounting = False

    def test_it_is_picked_from_the_catalogue(self):
        self.company.account_ai_model_id = self.model(SONNET)
        self.assertEqual(self.company.account_ai_model, SONNET)
        self.assertEqual(self.settings.model, SONNET)
        self.company.account_ai_model_id = False
        self.assertEqual(self.settings.model, HAIKU)

    def test_a_typed_id_is_kept_and_is_in_the_catalogue(self):
        self.company.account_ai_model = "claude-haiku-6"
        self.assertEqual(self.company.account_ai_model_id, self.model("claude-haiku-6"))
        self.assertEqual(self.settings.model, "claude-haiku-6")

    def test_what_was_typed_before_there_was_a_catalogue_is_kept(self):
        self.env.cr.execute(
            "UPDATE res_company SET account_ai_model = 'claude-old' WHERE id = %s",
            [self.company.id],
        )
        self.env.invalidate_all()
        self.models._ensure_defaults()
        with Form(self.env["res.config.settings"]) as form:
            self.assertEqual(form.account_ai_model_id.model, "claude-old")
            form.account_ai_mask_persons = False
        form.record.execute()
        self.assertEqual(self.company.account_ai_model, "claude-old")

    def test_an_administrator_of_the_addon_picks_one(self):
        settings = self.env["account.ai.company.settings"].with_user(self.manager)
        with Form(settings) as form:
            self.assertFalse(form.model_id)
            form.model_id = self.model(OPUS)
            form.fallback_model_id = self.model(SONNET)
        form.record.action_apply()
        self.assertEqual(self.company.account_ai_model, OPUS)
        self.assertEqual(self.company.account_ai_fallback_model, SONNET)

    def test_others_see_neither_model_nor_notice(self):
        company = self.company.with_user(self.accountant)
        with self.assertRaises(AccessError):
            company.read(["account_ai_model_id"])

    def test_an_effort_that_the_model_does_not_know_is_left_out(self):
        self.read_catalogue()
        self.company.account_ai_model = "claude-haiku-4-5"
        self.company.account_ai_effort = "high"
        self.assertEqual(self.settings.effort, "")
        self.company.account_ai_model = HAIKU
        self.assertEqual(self.settings.effort, "high")

    def test_settings_cost_one_lookup(self):
        self.synchronize()
        self.assertTrue(self.settings)  # fills the caches
        company = self.company.sudo()
        company.fetch(["account_ai_model", "account_ai_effort", "account_ai_language"])
        with self.assertQueryCount(0):
            self.env["account.ai.model"]._catalogue()

    def test_an_unchanged_catalogue_has_nothing_forgotten(self):
        """Odoo forgets the rights of all users with it: not once a day for a date."""
        self.read_catalogue()
        registry = type(self.env.registry)
        with patch.object(registry, "clear_cache") as forgetting:
            self.read_catalogue()
            forgetting.assert_not_called()
            self.env["account.ai.model"].search([], limit=1).name = "Another"
            forgetting.assert_called()


@tagged("post_install", "-at_install")
class TestNoModelInCode(BaseCase):
    """Models come and go: their ids are in one table."""

    MODEL_ID = re.compile(r"claude-(?:[a-z]+-)?\d")
    TABLE = "services/claude/operations.py"
    SHIPPED = (
        *("controllers", "data", "models", "security", "services", "static/src"),
        *("views", "wizards", "migrations", "benchmarks", "dev"),
    )
    # What the API offers is the simulator's own knowledge; its tests, and the storm,
    # which is one, ask for models by their id. A made-up ledger has names of the past.
    EXCEPTED = (
        *("dev/simulator/catalogue.py", "dev/tests/", "dev/storm/"),
        "benchmarks/ledger_rows.py",
    )

    def found_in(self, root):
        found = set()
        for folder in self.SHIPPED:
            for path in (root / folder).rglob("*"):
                name = path.relative_to(root).as_posix()
                if path.suffix in (".py", ".xml", ".js", ".csv", ".json", ".sql"):
                    text = path.read_text(encoding="utf-8")
                    if not name.startswith(self.EXCEPTED) and self.MODEL_ID.search(
                        text
                    ):
                        found.add(name)
        return found

    def test_no_model_id_outside_of_the_table(self):
        root = Path(__file__).resolve().parents[2]
        self.assertEqual(self.found_in(root), {self.TABLE})

    def test_nothing_shipped_depends_on_a_model_that_retires_soon(self):
        text = (Path(__file__).resolve().parents[2] / self.TABLE).read_text()
        for model in re.findall(r'"(claude-[\w-]+)"', text):
            self.assertNotRegex(model, "-4-|-3-", "a model of the past")

from odoo import Command
from odoo.tests import TransactionCase, new_test_user, tagged

VIEWS = [(False, "form"), (False, "kanban")]
LIST_AND_SEARCH = [
    "account.view_out_invoice_tree",
    "account.view_account_invoice_filter",
]


@tagged("post_install", "-at_install")
class TestViews(TransactionCase):
    """Who sees the addon: its group, in Chilean companies, and nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chilean = cls._create_company("Servicios Andinos SpA", "base.cl")
        cls.foreign = cls._create_company("Andean Services Inc.", "base.us")
        cls.user = new_test_user(
            cls.env,
            login="ai_user",
            groups="account.group_account_invoice,account_ai.group_user",
            company_id=cls.chilean.id,
            company_ids=[Command.set((cls.chilean + cls.foreign).ids)],
        )
        cls.action = cls.env.ref("account_ai.account_move_action_queue")

    @classmethod
    def _create_company(cls, name, country):
        country = cls.env.ref(country)
        return cls.env["res.company"].create({"name": name, "country_id": country.id})

    def _views(self, user, companies):
        list_view, search_view = (self.env.ref(name).id for name in LIST_AND_SEARCH)
        moves = self.env["account.move"].with_user(user)
        return moves.with_context(allowed_company_ids=companies.ids).get_views(
            [*VIEWS, (list_view, "list"), (search_view, "search")], {"toolbar": True}
        )["views"]

    def _assert_shown(self, views, shown):
        for view_type, view in views.items():
            with self.subTest(view_type=view_type):
                self.assertEqual("account_ai_" in view["arch"], shown)
        actions = [entry["id"] for entry in views["list"]["toolbar"].get("action", [])]
        self.assertEqual(self.action.id in actions, shown)

    def _has_menu(self, user):
        menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        return self.env.ref("account_ai.menu_account_ai_root").id in menus

    def test_shown_in_chilean_companies(self):
        self._assert_shown(self._views(self.user, self.chilean), True)
        self.assertTrue(self._has_menu(self.user))

    def test_shown_when_one_of_the_companies_is_chilean(self):
        both = self.foreign + self.chilean
        self._assert_shown(self._views(self.user, both), True)

    def test_hidden_in_other_companies(self):
        """Also when the same views were asked for in a Chilean company before."""
        self._views(self.user, self.chilean)
        self._assert_shown(self._views(self.user, self.foreign), False)

    def test_hidden_from_who_has_no_chilean_company(self):
        foreigner = new_test_user(
            self.env,
            login="ai_foreigner",
            groups="account.group_account_invoice,account_ai.group_user",
            company_id=self.foreign.id,
            company_ids=[Command.set(self.foreign.ids)],
        )
        self._assert_shown(self._views(foreigner, self.foreign), False)
        self.assertFalse(self._has_menu(foreigner))

    def test_hidden_from_who_is_not_in_the_group(self):
        self.user.group_ids -= self.env.ref("account_ai.group_user")
        self._assert_shown(self._views(self.user, self.chilean), False)
        self.assertFalse(self._has_menu(self.user))

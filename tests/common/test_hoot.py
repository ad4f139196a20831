from odoo.tests import HttpCase, tagged

from odoo.addons.web.tests.test_js import unit_test_error_checker


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    """The JavaScript unit tests of the addon, in a browser."""

    def _run_suite(self, preset):
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset={preset}&timeout=15000"
            "&filter=%22%40account_ai%2F%22",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=unit_test_error_checker,
        )

    def test_unit_tests_desktop(self):
        self._run_suite("desktop")

    def test_unit_tests_mobile(self):
        self._run_suite("mobile")

"""A pytest plugin: tests of the addon with Odoo's code and without its database.

It takes the place of pytest-odoo, which opens the database and starts a web server
before the first test, and gives modules their names as that does.
"""

from __future__ import annotations

import pytest
import pytest_odoo

from odoo.tools import config as odoo_config


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Prepare Odoo's code before any test module is imported."""
    odoo_config.parse_config(["--log-level=critical"])
    pytest_odoo.support_subtest()
    pytest_odoo.disable_odoo_test_retry()
    pytest_odoo.monkey_patch_resolve_pkg_root_and_module_name()

"""A real server over a copied database, for what a test's cursor cannot show.

Inside a test all work happens in one transaction that is rolled back. What must hold
when transactions commit, when connections are lost or when a process is killed is
tested here: on processes of their own, over a database that is thrown away.
"""

import os
from contextlib import contextmanager

from dev import databases, odoo, postgresql
from dev.server import OdooServer

TEMPLATE = "ACCOUNT_AI_TEMPLATE_DB"


@contextmanager
def copied_database(purpose):
    """Yield the prepared Odoo and the name of a fresh database with the addon.

    :param purpose: a word for the name; with the process id it is unique
    """
    name = f"account_ai_{purpose}_{os.getpid()}"
    with postgresql.server() as server:
        prepared = odoo.prepare(server)
        databases.copy(prepared, os.environ[TEMPLATE], name)
        try:
            yield prepared, name
        finally:
            databases.drop(prepared, name)


@contextmanager
def running_server(purpose, **options):
    """Yield a running :class:`dev.server.OdooServer` over a fresh database.

    :param purpose: as in :func:`copied_database`
    :param options: those of the server, such as ``workers`` and ``environment``
    """
    with copied_database(purpose) as (prepared, name):
        with OdooServer(prepared, name, **options) as server:
            yield server


def run_in_shell(server, script):
    """Run Python with ``env`` in Odoo's shell and commit; return what it printed.

    :param server: whose database is meant; it may run or not
    :raise dev.errors.SetupError: when the script fails
    """
    return server.odoo.run_script(server.database, script)

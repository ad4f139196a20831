"""A real PostgreSQL server, in a checkout of its own."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from .. import databases, paths, postgresql
from ..errors import SetupError
from ..locking import exclusive_if_free

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout without a server, and no server named by the environment."""
    root = tmp_path_factory.mktemp("checkout")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PG")]:
            patch.delenv(name)
        patch.setattr(paths, "CHECKOUT", root)
        patch.setattr(paths, "STATE", root / ".dev")
        yield root
        postgresql.forget()
        assert not paths.short_folder("postgresql").exists()


@pytest.fixture
def odoo(checkout):
    """What databases need of an Odoo."""
    with postgresql.server() as server:
        yield SimpleNamespace(
            postgresql=server,
            data_folder=checkout / "odoo-data",
            source=SimpleNamespace(identity="try"),
        )


def test_the_server_runs_while_somebody_uses_it(checkout):
    with postgresql.server() as first:
        with postgresql.server() as second:
            assert first == second
            second.execute("CREATE TABLE kept (id integer)")
        assert first.execute("SELECT count(*) FROM kept") == ["0"]
    with pytest.raises(SetupError, match="server running"):
        first.execute("SELECT 1")
    with postgresql.server() as again:
        assert again.execute("SELECT count(*) FROM kept") == ["0"]


def test_it_has_room_for_all_connections_and_listens_to_nobody_else(odoo):
    settings = odoo.postgresql.execute(
        "SELECT current_setting('max_connections'), current_setting('listen_addresses')"
    )
    assert settings == [f"{postgresql.MAX_CONNECTIONS}|"]


def test_a_given_server_is_used_as_it_is(checkout, monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example.com")
    with postgresql.server() as server:
        assert server.environment == {}
        # Nobody holds the lock under which an own server would run.
        with exclusive_if_free(paths.state("postgresql.users.lock")) as unused:
            assert unused


def test_a_copy_has_data_and_attachments_of_its_own(odoo):
    execute = odoo.postgresql.execute
    execute("CREATE DATABASE source")
    execute("CREATE TABLE partner AS SELECT 7 AS id", "source")
    attachments = odoo.data_folder / "filestore"
    (attachments / "source" / "ab").mkdir(parents=True)
    (attachments / "source" / "ab" / "logo").write_text("picture")
    databases.copy(odoo, "source", "target")
    execute("UPDATE partner SET id = 8", "target")
    assert execute("SELECT id FROM partner", "source") == ["7"]
    databases.copy(odoo, "source", "target")
    assert execute("SELECT id FROM partner", "target") == ["7"]
    databases.drop(odoo, "target")
    assert not databases.exists(odoo, "target")
    assert not (attachments / "target").exists()
    assert (attachments / "source" / "ab" / "logo").read_text() == "picture"


def test_old_templates_go_unless_somebody_uses_them(odoo, monkeypatch):
    monkeypatch.setattr(databases, "TEMPLATES_KEPT", 2)
    names = [f"account_ai_addon_{number:012x}" for number in range(5)]
    others = ["account_ai_addon_demo_000000000000", "account_ai_demo"]
    for name in [*names, *others]:
        odoo.postgresql.execute(f"CREATE DATABASE {name}")
    with databases.kept(names[1]):
        databases._forget_old(odoo, names[4])
    left = [name for name in [*names, *others] if databases.exists(odoo, name)]
    assert left == [names[1], *names[3:], *others]


def test_a_template_is_made_once_and_never_half(odoo, monkeypatch):
    made = []

    def initialize(database, modules, *, demo):
        odoo.postgresql.execute(f"CREATE DATABASE {database}")
        made.append(database)
        if len(made) == 1:
            raise SetupError("a module is broken")

    odoo.initialize = initialize
    monkeypatch.setattr(databases.addon_folder, "dependencies", lambda: ["account"])
    with pytest.raises(SetupError, match="broken"):
        databases.dependencies_template(odoo)
    name = databases.dependencies_template(odoo)
    assert databases.dependencies_template(odoo) == name
    assert len(made) == 2
    assert databases.exists(odoo, name)
    assert not databases.exists(odoo, f"{name}_partial")

from __future__ import annotations

import os

import pytest

from .. import addon_folder, paths

MANIFEST = '{"name": "Try", "depends": ["account", "stock"]}'


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small checkout of its own, in which the tools work."""
    root = tmp_path / "any name"
    for folder in ("models", "tests", "static/src", "dev/tests", "docs", ".git"):
        (root / folder).mkdir(parents=True)
    (root / "__init__.py").write_text("from . import models\n")
    (root / "__manifest__.py").write_text(MANIFEST)
    (root / "models/partner.py").write_text("A = 1\n")
    (root / "tests/test_a.py").write_text("")
    (root / "dev/tests/test_b.py").write_text("")
    monkeypatch.setattr(paths, "CHECKOUT", root)
    monkeypatch.setattr(paths, "STATE", root / ".dev")
    return root


def test_only_what_is_shipped_is_in_the_folder(checkout):
    addons = addon_folder.refresh()
    assert [path.name for path in addons.iterdir()] == ["account_ai"]
    names = {path.name for path in (addons / "account_ai").iterdir()}
    assert names == {"__init__.py", "__manifest__.py", "models", "static", "tests"}
    assert (addons / "account_ai/models/partner.py").read_text() == "A = 1\n"


def test_walking_the_folder_ends(checkout):
    addons = addon_folder.refresh()
    walked = [name for name, _, _ in os.walk(addons, followlinks=True)]
    assert len(walked) == 6


def test_the_folder_follows_the_checkout(checkout):
    addons = addon_folder.refresh()
    (checkout / "wizards").mkdir()
    (checkout / "static/src").rmdir()
    (checkout / "static").rmdir()
    addon_folder.refresh()
    names = {path.name for path in (addons / "account_ai").iterdir()}
    assert "wizards" in names
    assert "static" not in names


def test_tests_are_named_by_their_generated_path(checkout):
    addons = addon_folder.refresh()
    assert addon_folder.generated_path("tests/test_a.py::TestA::test_x") == (
        f"{addons}/account_ai/tests/test_a.py::TestA::test_x"
    )
    assert addon_folder.generated_path("dev/tests/test_b.py") == (
        f"{checkout}/.dev/python/dev/tests/test_b.py"
    )


@pytest.mark.parametrize("argument", ["-q", "tests/test_gone.py", "models", "-k=tests"])
def test_other_arguments_stay(checkout, argument):
    assert addon_folder.generated_path(argument) == argument


def test_dependencies_come_from_the_manifest(checkout):
    assert addon_folder.dependencies() == ["account", "l10n_cl", "project", "stock"]


def test_only_what_is_installed_changes_the_digest(checkout):
    before = addon_folder.installed_content()
    (checkout / "static/src/panel.js").write_text("1;")
    (checkout / "tests/test_a.py").write_text("A = 2\n")
    (checkout / "services/claude").mkdir(parents=True)
    (checkout / "services/claude/policy.py").write_text("A = 1\n")
    assert addon_folder.installed_content() == before
    (checkout / "models/partner.py").write_text("A = 2\n")
    with_models = addon_folder.installed_content()
    assert with_models != before
    (checkout / "services/claude/operations.py").write_text("A = 1\n")
    assert addon_folder.installed_content() != with_models

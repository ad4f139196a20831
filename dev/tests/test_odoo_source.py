from __future__ import annotations

import pytest

from .. import debian, odoo_source, paths
from ..errors import SetupError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no Odoo named by the environment."""
    monkeypatch.delenv("ODOO_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return paths.cache()


def _clone(folder):
    (folder / "odoo").mkdir(parents=True)
    (folder / "odoo-bin").write_text("")
    (folder / "odoo/release.py").write_text("version = '19.0'\n")


def _fail(_):
    raise SetupError("out of reach")


def test_a_given_odoo_comes_first(tmp_path, cache, monkeypatch):
    _clone(tmp_path / "mine")
    monkeypatch.setenv("ODOO_HOME", str(tmp_path / "mine"))
    source = odoo_source.prepare()
    assert source.launcher == tmp_path / "mine" / "odoo-bin"
    assert source.addons == (tmp_path / "mine" / "addons",)


def test_a_given_folder_without_odoo_is_refused(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(SetupError, match="ODOO_HOME"):
        odoo_source.prepare()


def test_without_the_package_the_repository_is_cloned_once(cache, monkeypatch):
    clones = []

    def clone(folder):
        clones.append(folder)
        _clone(folder)

    monkeypatch.setattr(odoo_source, "_unpack", _fail)
    monkeypatch.setattr(odoo_source, "_clone", clone)
    assert odoo_source.prepare() == odoo_source.prepare()
    assert len(clones) == 1


def test_an_interrupted_download_is_not_taken_for_odoo(cache, monkeypatch):
    def half(folder):
        _clone(folder)
        raise SetupError("the line broke")

    monkeypatch.setattr(odoo_source, "_unpack", half)
    monkeypatch.setattr(odoo_source, "_clone", _fail)
    with pytest.raises(SetupError, match="(?s)ODOO_HOME.*the line broke.*out of reach"):
        odoo_source.prepare()
    assert [path.name for path in cache.iterdir()] == ["odoo.lock"]


def test_the_clone_is_shallow_and_of_the_right_branch(tmp_path, monkeypatch):
    git = tmp_path / "git"
    git.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\n')
    git.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    odoo_source._clone(tmp_path / "odoo")
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[0] == "clone"
    assert {"--depth=1", "--branch=19.0", odoo_source.REPOSITORY} < set(arguments)


def test_a_machine_without_apt_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="apt-get is not installed"):
        with debian.suite("sid"):
            pass


def test_another_build_of_the_package_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "odoo.deb"
    file.write_bytes(b"another one")
    archive = debian.Archive([], tmp_path)
    monkeypatch.setattr(archive, "_download", lambda names: [file])
    with pytest.raises(SetupError, match="checksum differs"):
        archive.unpack_pinned(odoo_source.PACKAGE, tmp_path / "out")
    assert not (tmp_path / "out").exists()

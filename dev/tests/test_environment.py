from __future__ import annotations

from pathlib import Path

import pytest

from .. import browser, odoo, paths, python_environment
from ..command import run

SECRETS = ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ACCOUNT_AI_API_KEY")
SETTINGS = ("ACCOUNT_AI_REDIS_URL", "https_proxy", "HTTP_PROXY", "PGDATABASE")


@pytest.mark.parametrize("name", [*SECRETS, *SETTINGS])
def test_keys_and_proxies_do_not_reach_the_tests(name, monkeypatch):
    monkeypatch.setenv(name, "secret")
    assert name not in odoo.bare_environment()


def test_a_given_database_server_stays(monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example.com")
    assert odoo.bare_environment()["PGHOST"] == "db.example.com"


def test_other_pins_make_another_environment(tmp_path, monkeypatch):
    python = python_environment.interpreter()
    before = python_environment.key(python)
    pins = tmp_path / "requirements"
    pins.mkdir()
    for file in python_environment.REQUIREMENTS.iterdir():
        (pins / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(python_environment, "REQUIREMENTS", pins)
    assert python_environment.key(python) == before
    (pins / "product.txt").write_text("anthropic==2.11.0\n")
    assert python_environment.key(python) != before


def test_every_direct_requirement_is_pinned():
    for name in python_environment.REQUIREMENT_FILES:
        for line in (python_environment.REQUIREMENTS / name).read_text().splitlines():
            assert line.startswith("#") or "==" in line or line.startswith("setuptools")


def test_the_browser_keeps_to_this_machine(tmp_path, monkeypatch):
    chrome = tmp_path / "bin" / "chromium"
    chrome.parent.mkdir()
    chrome.write_text('#!/bin/sh\nfor argument; do echo "$argument"; done\n')
    chrome.chmod(0o755)
    monkeypatch.setenv("PATH", str(chrome.parent), prepend=":")
    monkeypatch.setattr(browser, "NAMES", ("chromium",))
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    script = browser.prepare()
    assert Path(script).parent == tmp_path / "state" / "bin"
    arguments = run([script, "--headless", "http://127.0.0.1/a b"]).splitlines()
    assert arguments[-2:] == ["--headless", "http://127.0.0.1/a b"]
    assert "--disable-background-networking" in arguments
    assert (
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
        in arguments
    )

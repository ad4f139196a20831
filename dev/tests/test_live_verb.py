"""``make test-live`` costs money: it runs only when it is told to, and with a key."""

from __future__ import annotations

import pytest

from ..__main__ import main


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    for name in ("LIVE", "ACCOUNT_AI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("live", [None, "", "0"])
def test_it_is_skipped_unless_it_is_told_to_run(live, monkeypatch, capsys):
    if live is not None:
        monkeypatch.setenv("LIVE", live)
    assert main(["test-live"]) == 0
    assert "Skipped" in capsys.readouterr().err


def test_without_a_key_it_fails_and_says_so(monkeypatch, capsys):
    monkeypatch.setenv("LIVE", "1")
    assert main(["test-live"]) == 1
    assert "needs a key in ACCOUNT_AI_API_KEY" in capsys.readouterr().err

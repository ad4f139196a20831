from __future__ import annotations

import pytest

from .. import command
from ..errors import SetupError


@pytest.fixture
def pauses(monkeypatch):
    """The seconds that would have been waited."""
    waited = []
    monkeypatch.setattr(command.time, "sleep", waited.append)
    return waited


def _failing_until(tmp_path, attempt):
    """Return a program that succeeds at the given attempt."""
    tries = tmp_path / "tries"
    program = tmp_path / "program"
    program.write_text(
        f"#!/bin/sh\necho x >> {tries}\n"
        f"test $(wc -l < {tries}) -ge {attempt} && echo done && exit 0\n"
        "echo out of reach >&2\nexit 7\n"
    )
    program.chmod(0o755)
    return program, tries


def test_a_download_is_tried_again(tmp_path, pauses):
    program, tries = _failing_until(tmp_path, 3)
    assert command.download([program]) == "done\n"
    assert tries.read_text().count("x") == 3
    assert pauses == sorted(pauses) and len(pauses) == 2


def test_a_download_is_given_up_with_its_words(tmp_path, pauses):
    program, tries = _failing_until(tmp_path, 99)
    with pytest.raises(SetupError, match="(?s)code 7.*out of reach"):
        command.download([program])
    assert tries.read_text().count("x") == command.DOWNLOAD_ATTEMPTS


def test_other_programs_are_run_once(tmp_path, pauses):
    program, tries = _failing_until(tmp_path, 2)
    with pytest.raises(SetupError):
        command.run([program])
    assert tries.read_text().count("x") == 1
    assert pauses == []

from __future__ import annotations

import subprocess
import sys

import pytest

from ..locking import exclusive, exclusive_if_free, shared

pytestmark = pytest.mark.process

HOLD = """
import sys
from pathlib import Path
from dev import locking
with getattr(locking, sys.argv[1])(Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(kind, path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, kind, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_shared_lock_keeps_the_last_one_from_ending(tmp_path):
    path = tmp_path / "lock"
    with _holder("shared", path) as other:
        with shared(path):
            pass
        with exclusive_if_free(path) as last:
            assert not last
        other.communicate("")
    with exclusive_if_free(path) as last:
        assert last


def test_a_lock_is_free_when_its_holder_was_killed(tmp_path):
    path = tmp_path / "lock"
    with _holder("exclusive", path) as other:
        with exclusive_if_free(path) as free:
            assert not free
        other.kill()
        other.wait()
        with exclusive(path):
            pass

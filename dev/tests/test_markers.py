"""Every test gets the marker that says what it needs."""

from __future__ import annotations

import pytest

from ..markers import MARKERS

pytest_plugins = ["pytester"]

SOURCE = """
import pytest

class TransactionCase: pass
class HttpCase(TransactionCase): pass
class RedisMixin: needs = "process"

class TestPlain:
    def test_unit(self): pass

class TestRecords(TransactionCase):
    def test_database(self): pass

class TestPages(HttpCase):
    def test_browser(self): pass

class TestRedis(RedisMixin, TransactionCase):
    def test_process(self): pass

class TestThreads:
    needs = "database"
    def test_database(self): pass

@pytest.fixture
def process(): pass

@pytest.fixture
def url(process): pass

def test_unit(): pass
def test_process(url): pass

@pytest.mark.process
def test_process_itself(): pass
"""


@pytest.fixture
def marked(pytester, monkeypatch):
    """Return a function that tells the markers of the tests in a file."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def markers(file):
        pytester.makepyfile(**{file: SOURCE})
        items, _recorder = pytester.inline_genitems("-p", "dev.markers")
        return [
            (item.name, {mark.name for mark in item.iter_markers()} & set(MARKERS))
            for item in items
        ]

    return markers


def test_a_test_is_marked_by_what_it_needs(marked):
    found = marked("test_things")
    assert len(found) == 8
    for name, markers in found:
        assert markers == {name.split("_")[1]}


def test_unit_tests_that_take_long_are_only_slow(marked):
    for name, markers in marked("test_tours_things"):
        kind = name.split("_")[1]
        assert markers == ({kind, "slow"} - {"unit"}), name


def test_files_of_servers_are_processes_and_slow(marked):
    found = marked("test_process_things")
    assert [markers for _name, markers in found] == [{"process", "slow"}] * 8

"""Every test gets the marker that says what it needs."""

from __future__ import annotations

import textwrap

import pytest

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
    def test_process_by_its_own_marker(): pass
"""


@pytest.fixture
def marked(pytester):
    """Return a function that names the tests which a marker chooses."""

    def names(file, marker):
        pytester.makepyfile(**{file: textwrap.dedent(SOURCE)})
        found, _recorder = pytester.inline_genitems(
            "-p", "dev.markers", "--strict-markers", "-m", marker
        )
        return [item.name for item in found]

    return names


@pytest.mark.parametrize(
    ("marker", "count"), [("unit", 2), ("database", 2), ("browser", 1), ("process", 3)]
)
def test_a_test_is_marked_by_what_it_needs(marked, marker, count):
    found = marked("test_things", marker)
    assert len(found) == count
    assert all(name.startswith(f"test_{marker}") for name in found)


def test_files_of_servers_are_processes(marked):
    assert len(marked("test_process_things", "process")) == 8
    assert marked("test_process_things", "not process") == []

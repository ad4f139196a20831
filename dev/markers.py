"""A pytest plugin: every test is marked by what it needs, so that one can choose.

``unit`` needs neither a database nor another process, ``database`` Odoo's database,
``browser`` its web server (most of these Chromium too), ``process`` servers of its own.
``slow`` stands beside one of these where a class takes half a minute or more, and in
the place of ``unit``, so that the unit tests together take seconds.

A class whose base classes do not say it has an attribute ``needs``, which is one of
these names; Odoo's runner, which has no pytest, ignores it. Tests outside of classes
use pytest's own markers.
"""

from __future__ import annotations

import pytest

MARKERS = {
    "unit": "needs neither a database nor another process, and little time",
    "database": "needs Odoo's database",
    "browser": "needs Odoo's web server, and most often Chromium",
    "process": "starts servers or processes of its own",
    "slow": "takes half a minute or more",
}

PROCESS_FILES = ("test_process_", "test_real_life", "test_storm")
"""Beginnings of the names of files whose tests start servers of their own."""

SIMULATOR_FIXTURE = "process"
"""What the fixtures of the simulator's tests begin with."""

SLOW_FILES = (
    *("test_hoot", "test_process_", "test_real_life", "test_storm"),
    *("test_linear_patterns", "test_redis_failover", "test_rules_mutations"),
    "test_tours",
)


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the markers."""
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test, before ``-m`` chooses."""
    for item in items:
        is_slow = item.path.name.startswith(SLOW_FILES)
        kind = kind_of(item)
        if is_slow:
            item.add_marker("slow")
        if kind != "unit" or not is_slow:
            item.add_marker(kind)


def kind_of(item: pytest.Item) -> str:
    """Return the one marker that says what a test needs."""
    if item.path.name.startswith(PROCESS_FILES) or item.get_closest_marker("process"):
        return "process"
    if SIMULATOR_FIXTURE in getattr(item, "fixturenames", ()):
        return "process"
    test_class = getattr(item, "cls", None)
    if needs := getattr(test_class, "needs", None):
        return needs
    names = {base.__name__ for base in test_class.__mro__} if test_class else set()
    if "HttpCase" in names:
        return "browser"
    if "TransactionCase" in names:
        return "database"
    return "unit"

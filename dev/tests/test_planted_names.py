"""What a document holds is found in a log."""

import logging

import pytest

from .. import planted_names


@pytest.fixture
def found(monkeypatch):
    lines: list[str] = []
    monkeypatch.setattr(planted_names, "_found", lines)
    return lines


def test_a_line_with_a_name_is_found(found):
    logger = logging.getLogger("dev.tests.planted")
    logger.warning("bad query: INSERT ... %s", "Viña Quebrada Honda Ltda.")
    logger.warning("nothing of it")
    assert len(found) == 1 and "Quebrada" in found[0]


def test_a_name_in_an_exception_is_found(found):
    logger = logging.getLogger("dev.tests.planted")
    try:
        raise ValueError("RUT 15.888.999-4")
    except ValueError:
        logger.exception("it failed")
    assert len(found) == 1


def test_a_name_that_was_escaped_is_found():
    assert planted_names.planted_in(r"{'name': 'Vi\xf1a Quebrada Honda'}")
    assert planted_names.planted_in(r'{"name": "Vi\u00f1a Quebrada Honda"}')
    assert not planted_names.planted_in("Otra viña")


def test_logs_of_servers_are_searched(tmp_path):
    log = tmp_path / "server-1.log"
    log.write_text("INFO ok\nERROR key sk-ant-process-test\n")
    assert planted_names.logs_since(0, tmp_path) == [log]
    assert planted_names.logs_since(log.stat().st_mtime + 1, tmp_path) == []
    assert len(planted_names.planted_in_file(log)) == 1
    assert planted_names.logs_since(0, tmp_path / "none") == []


def test_lines_that_a_filter_took_out_are_not_seen(found):
    logger = logging.getLogger("dev.tests.planted.filtered")
    logger.addFilter(lambda record: "Elena" not in record.getMessage())
    logger.warning("Elena Rojas")
    assert found == []

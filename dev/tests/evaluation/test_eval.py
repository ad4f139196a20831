"""The command line of the evaluation: what it prints, writes and returns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dev.eval import main

from .cases import CLEAN, labelled

CASE = labelled("A1", CLEAN)


@pytest.fixture
def cases(tmp_path: Path):
    """Write some cases to a file and return its path as text."""

    def write(*some: dict) -> str:
        path = tmp_path / "cases.json"
        path.write_text(json.dumps({"cases": some}), encoding="utf-8")
        return str(path)

    return write


def test_the_result_is_printed_and_written(cases, tmp_path, capsys):
    out = tmp_path / "out.json"
    assert main(["--cases", cases(CASE), "--out", str(out)]) == 0
    assert "rules alone" in capsys.readouterr().out
    data = json.loads(out.read_text(encoding="utf-8"))
    assert data["cases"][0]["id"] == "A1"
    assert data["cases"][0]["verdict"] == "send"
    assert data["summary"]["exactness"] == 1


def test_a_broken_floor_is_an_error(cases, capsys):
    path = cases({**CASE, "expected_verdict": "reject"})
    assert main(["--cases", path]) == 0
    assert main(["--cases", path, "--floors", "exactness=1"]) == 1
    assert "BROKEN" in capsys.readouterr().out


def test_a_case_that_cannot_be_read_is_an_error_and_the_others_are_judged(
    cases, capsys
):
    strange = {**CASE, "id": "A2", "document": {"wage": 1}}
    assert main(["--cases", cases(strange, CASE)]) == 1
    printed = capsys.readouterr().out
    assert "Case A2: " in printed
    assert "1 (50.0%)" in printed


def test_what_cannot_be_used_is_told_in_one_line(cases, tmp_path, capsys):
    assert main(["--cases", str(tmp_path / "nothing.json")]) == 2
    assert main(["--cases", cases(CASE), "--floors", "beauty=1"]) == 2
    assert "beauty" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([])


@pytest.mark.process
def test_a_model_is_asked_with_the_key_of_the_environment_else_the_simulator(
    cases, capsys, monkeypatch
):
    monkeypatch.delenv("ACCOUNT_AI_API_KEY", raising=False)
    assert main(["--cases", cases(CASE), "--llm", "1"]) == 0
    printed = capsys.readouterr()
    assert "asking the simulator" in printed.err
    assert "SIMULATED" in printed.out

    monkeypatch.setenv("ACCOUNT_AI_API_KEY", "sk-ant-for-tests")
    monkeypatch.setenv("ACCOUNT_AI_BASE_URL", "http://127.0.0.1:9")
    assert main(["--cases", cases(CASE), "--llm", "1"]) == 0
    printed = capsys.readouterr()
    assert "http://127.0.0.1:9" in printed.out
    assert "SIMULATED" not in printed.out
    assert "without an answer of the model: 1" in printed.out


def test_xml_files_are_listed(tmp_path, capsys):
    (tmp_path / "a.xml").write_text("<DTE/>", encoding="utf-8")
    assert main(["--xml", str(tmp_path)]) == 1
    assert "0 of 1 read." in capsys.readouterr().out
